import type { DecisionContext } from "../../../actors/actor.ts";
import { attachSettled } from "../../../actors/customer/settled.ts";
import { type CustomerState, findSubscription } from "../../../actors/customer/state.ts";
import {
  anyPeriodOf,
  type DraftState,
  draftOf,
  type PeriodState,
  type SubscriptionState,
} from "../../../actors/customer/subscription_state.ts";
import { tryOut } from "../../../actors/customer/upcoming.ts";
import { BillingError } from "../../../src/errors.ts";
import type { ActorKey } from "../../../src/ports/shard_store.ts";
import { parseInstant } from "../../../src/time/instant.ts";
import { provePeriod } from "../../proofs.ts";
import type { Services } from "../../services.ts";
import { existing, ownerOf } from "../documents.ts";
import { type Route, route } from "../route.ts";

const line = {
  line_item_id: "li_01hpxk0000e9q4m7t2v5x8z1b3",
  metric_key: "input_tokens",
  actor: { quantity: "17655944", amount: "45.37" },
  events: { quantity: "17655944", amount: "45.37" },
  analytics: "unavailable",
  ledger: "unavailable",
  agrees: true,
};

/** The usage of an invoice's periods as the actor has it, copied so that it stays as it is. */
interface Kept {
  readonly subscription: SubscriptionState;
  readonly periods: readonly PeriodState[];
  readonly seq: number;
}

/** The proof of an invoice's usage; API.md §3. */
export function proofRoutes(services: Services): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/invoicing/invoices/:id/proof",
      service: "invoicing",
      auth: { scopes: ["invoices:read"] },
      summary: "Prove an invoice's usage, line by line",
      description:
        "`actor` is what the customer's actor kept; `events` is measured anew from the stored events, `analytics` from " +
        "the analytics store, and `ledger` is what has been accrued. A leg that is behind, away or cannot tell reads " +
        "`unavailable` and blocks nothing. A draft whose usage differs from the stored events is held: it is not " +
        "issued before they agree.",
      example: { answer: { agrees: true, lines: [line] } },
      handler: async (ctx) => {
        const document = await existing(services, ctx, "invoices", ctx.params.id);
        const key = ownerOf(ctx, document);
        const kept = await keptOf(services, key, document);
        const lines = [];
        for (const period of kept.periods) {
          const proven = await provePeriod(services.store, key, kept.subscription, period, kept.seq);
          for (const { events, agrees, ...rest } of proven)
            lines.push({
              ...rest,
              events: events ?? "unavailable",
              analytics: "unavailable",
              ledger: "unavailable",
              agrees,
            });
        }
        return { payload: { agrees: lines.every(({ agrees }) => agrees), lines } };
      },
    }),
  ];
}

/** What the actor has of a draft, or the store of an issued invoice. */
async function keptOf(
  services: Services,
  key: ActorKey,
  { id, body }: { readonly id: string; readonly body: Readonly<Record<string, unknown>> },
): Promise<Kept> {
  const subscriptionId = String(body.subscription_id);
  const at = parseInstant(String(body.period_start)) ?? 0;
  const rows = await services.store.loadSettled([{ ...key, subscriptionId, at }]);
  const bodies = rows.flatMap(({ invoiceId, body }) => (invoiceId === id ? [body] : []));
  const read = (state: CustomerState, ctx: DecisionContext): Kept | null => {
    const copy = tryOut(state, ctx);
    attachSettled(copy, { subscriptionId, at, bodies }, ctx.catalog);
    const subscription = findSubscription(copy, subscriptionId);
    if (subscription === undefined) return null;
    const settled = subscription.settled.find(({ draft }) => draft.id === id);
    const draft = draftOf(subscription, id) ?? settled?.draft;
    return draft === undefined
      ? null
      : { subscription, periods: periodsOf(subscription, draft), seq: copy.seq };
  };
  const kept = (await services.shard.send(key, { type: "read", read })) as Kept | null;
  if (kept === null) throw new BillingError("RES_002", "What this invoice was rated from is not kept");
  return kept;
}

function periodsOf(subscription: SubscriptionState, { closes }: DraftState): PeriodState[] {
  return closes.flatMap((close) => (close.recurringOnly ? [] : (anyPeriodOf(subscription, close) ?? [])));
}
