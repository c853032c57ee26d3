import type { DecisionContext } from "../../../actors/actor.ts";
import { positionsOf } from "../../../actors/customer/ledger/positions.ts";
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
import type { LineItem } from "../../../src/invoicing/invoice.ts";
import type { Document } from "../../../src/ports/documents.ts";
import type { ActorKey } from "../../../src/ports/stored_rows.ts";
import { parseInstant } from "../../../src/time/instant.ts";
import { provePeriods } from "../../proofs.ts";
import type { Services } from "../../services.ts";
import { existing, ownerOf } from "../documents.ts";
import { type Route, route } from "../route.ts";
import { analyticsAgrees, analyticsLegs } from "./proof_analytics.ts";
import { type InLedger, ledgerLeg, legAgrees } from "./proof_ledger.ts";

const line = {
  line_item_id: "li_01hpxk0000e9q4m7t2v5x8z1b3",
  metric_key: "input_tokens",
  actor: { quantity: "17655944", amount: "45.37" },
  events: { quantity: "17655944", amount: "45.37" },
  analytics: { quantity: "17655944", amount: "45.37" },
  ledger: { scope: "invoice", amount: "123.1000000000", expected: "123.1000000000" },
  agrees: true,
};

/** The usage of an invoice's periods as the actor has it, copied so that it stays as it is. */
interface Kept {
  readonly subscription: SubscriptionState;
  readonly periods: readonly PeriodState[];
  readonly seq: number;
  /** In units of the ledger: what the customer's open charges in the invoice's currency come to. */
  readonly accrued: bigint;
}

type Stored = Pick<Document, "id" | "body">;

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
        "the analytics store. `ledger` is what has been accrued, which is kept by customer: of a draft all that is " +
        "unbilled, of an issued invoice what it took of that. A leg that is behind, away or cannot tell reads " +
        "`unavailable` and blocks nothing. A draft whose usage differs from the stored events is held: it is not " +
        "issued before they agree.",
      example: { answer: { agrees: true, lines: [line] } },
      handler: async (ctx) => {
        const document = await existing(services, ctx, "invoices", ctx.params.id);
        const key = ownerOf(ctx, document);
        const kept = await keptOf(services, key, document);
        const asked = kept.periods.map((period) => ({ ...kept, key, period, upTo: kept.seq }));
        const proven = (await provePeriods(services.store, asked)).flat();
        const ledger = await ledgerLeg(services, key, inLedger(document, kept));
        const legOf = await analyticsLegs(services, key, asked);
        const lines = proven.map(({ events, agrees, ...rest }) => {
          const analytics = legOf(rest.line_item_id);
          const all = agrees && legAgrees(ledger) && analyticsAgrees(analytics, rest.actor);
          return { ...rest, events: events ?? "unavailable", analytics, ledger, agrees: all };
        });
        return { payload: { agrees: lines.every(({ agrees }) => agrees), lines } };
      },
    }),
  ];
}

/** What the actor has of a draft, or the store of an issued invoice. */
async function keptOf(services: Services, key: ActorKey, { id, body }: Stored): Promise<Kept> {
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
    if (draft === undefined) return null;
    const accrued = accruedIn(state, subscription.currency);
    return { subscription, periods: periodsOf(subscription, draft), seq: copy.seq, accrued };
  };
  const kept = (await services.shard.send(key, { type: "read", read })) as Kept | null;
  if (kept === null) throw new BillingError("RES_002", "What this invoice was rated from is not kept");
  return kept;
}

function periodsOf(subscription: SubscriptionState, { closes }: DraftState): PeriodState[] {
  return closes.flatMap((close) => (close.recurringOnly ? [] : (anyPeriodOf(subscription, close) ?? [])));
}

function accruedIn(state: CustomerState, currency: string): bigint {
  let sum = 0n;
  for (const position of positionsOf(state).values())
    if (position.kind === "accrued" && position.currency === currency) sum += position.units;
  return sum;
}

function inLedger({ id, body }: Stored, { accrued }: Kept): InLedger {
  const items = body.line_items as LineItem[];
  return { id, isDraft: body.status === "draft", currency: String(body.currency), items, accrued };
}
