import { type Static, Type } from "@sinclair/typebox";
import { BillingError, invalid } from "../../../src/errors.ts";
import { limits } from "../../../src/limits.ts";
import type { OrphanRow } from "../../../src/ports/stored_rows.ts";
import { OneOf, Ref, Text } from "../../../src/text.ts";
import type { IngestResult } from "../../ingest.ts";
import type { Offer } from "../../orphan_recovery.ts";
import type { Services } from "../../services.ts";
import { existing } from "../documents.ts";
import { instantField } from "../fields.ts";
import { type Context, type Route, route } from "../route.ts";
import { existingOrphan, orphanExample, orphanPath, orphanReasons, showOrphan } from "./orphan_events.ts";
import { bulkExamples } from "./orphan_examples.ts";
import { endAll, tryAll } from "./orphan_outcomes.ts";

const action = {
  action: OneOf(["retry", "assign", "next_invoice", "discard"]),
  subscription_id: Type.Optional(Ref),
  reason: Type.Optional(Text(255)),
};
const RecoverInput = Type.Object(action, { additionalProperties: false });

const BulkInput = Type.Object(
  {
    ...action,
    filter: Type.Optional(
      Type.Object(
        {
          reason: Type.Optional(OneOf(orphanReasons)),
          customer_ref: Type.Optional(Ref),
          event_type: Type.Optional(Ref),
          received_from: Type.Optional(Type.String({ format: "date-time" })),
          received_to: Type.Optional(Type.String({ format: "date-time", description: "Not in it" })),
        },
        { additionalProperties: false },
      ),
    ),
    dry_run: Type.Optional(Type.Boolean({ default: false })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.orphansPerRound, default: 100 })),
  },
  { additionalProperties: false },
);

type Caller = Pick<Context<unknown, unknown, object>, "principal" | "now">;
type Asked = Static<typeof RecoverInput>;

const actions =
  "`retry` offers it again, as received when it was: once the missing customer, subscription or metric is there it " +
  "counts in the period of its own time. This is also tried by itself whenever one of them appears. `assign` does so " +
  "for the subscription named in `subscription_id`, whose customer it becomes where nobody knew the event's. " +
  "`next_invoice` counts it now, in the open period, whatever its own time. `discard` ends it for good; it needs a " +
  "`reason`. An event keeps its identity: sent again by its client it counts once.";

/** Recovery of orphan events, one or many; API.md §3, Orphan event. */
export function orphanRecoveryRoutes(services: Services): Route[] {
  const common = {
    method: "POST",
    service: "admin",
    auth: { scopes: ["orphan_events:write"] },
  } as const;
  return [
    route({
      ...common,
      path: `${orphanPath}/:id/recover`,
      summary: "Recover an orphan event",
      description: actions,
      body: RecoverInput,
      example: {
        request: { action: "retry" },
        answer: { ...orphanExample, state: "recovered", action: "retry", verdict: { status: "applied" } },
      },
      handler: async (ctx) => {
        const orphan = await existingOrphan(services, ctx.principal.companyId, ctx.params.id);
        const offer = await offerOf(services, ctx, ctx.body);
        if (orphan.state !== "open")
          throw new BillingError("RES_002", `The orphan event is ${orphan.state} already`);
        return { payload: await recoverOne(services, ctx, orphan, offer) };
      },
    }),
    route({
      ...common,
      path: `${orphanPath}/recover`,
      summary: "Recover many orphan events, or see what that would cost",
      description:
        `${actions} The oldest open events that match \`filter\` are taken, up to \`limit\`. With \`dry_run\` nothing ` +
        "happens: `amounts` are what they would add to usage, each rated by itself as its customer stands now, before " +
        "discounts, and without regard to spend limits.",
      body: BulkInput,
      example: bulkExamples,
      handler: (ctx) => recoverMany(services, ctx),
    }),
  ];
}

/** How the events are to be offered, or why they are to be discarded. Throws VAL_001 for what does not fit the action. */
async function offerOf(
  services: Services,
  ctx: Caller,
  { action, subscription_id, reason }: Asked,
): Promise<Offer | { readonly note: string }> {
  if (reason !== undefined && action !== "discard") throw invalid("reason", "is for the action 'discard'");
  const takesSubscription = action === "assign" || action === "next_invoice";
  if (subscription_id !== undefined && !takesSubscription)
    throw invalid("subscription_id", "is for the actions 'assign' and 'next_invoice'");
  if (action === "discard") {
    if (reason === undefined) throw invalid("reason", "is required to discard");
    return { note: reason };
  }
  const by = ctx.principal.id;
  if (subscription_id === undefined) {
    if (action === "assign") throw invalid("subscription_id", "is required to assign");
    return { action, by };
  }
  const subscription = await existing(services, ctx, "subscriptions", subscription_id);
  return { action, by, subscriptionId: subscription.id, customerId: String(subscription.body.customer_id) };
}

async function recoverOne(
  services: Services,
  ctx: Caller,
  orphan: OrphanRow,
  offer: Awaited<ReturnType<typeof offerOf>>,
) {
  const { companyId } = ctx.principal;
  if ("note" in offer) {
    const ending = { by: ctx.principal.id, note: offer.note, at: ctx.now };
    const ended = await services.orphans.discard(companyId, orphan.id, ending);
    const after = await existingOrphan(services, companyId, orphan.id);
    if (!ended) throw new BillingError("RES_002", `The orphan event is ${after.state} already`);
    return showOrphan(after);
  }
  const isForeign = await foreignTo(services, companyId, [orphan], offer);
  if (isForeign(orphan)) throw invalid("subscription_id", "belongs to another customer than the event");
  const [verdict] = await services.orphanRecovery.offer(companyId, [orphan], offer);
  const after = await existingOrphan(services, companyId, orphan.id);
  return { ...showOrphan(after), verdict: verdict === undefined ? null : showVerdict(verdict) };
}

/** Tells the events of a known customer that would become another's. */
async function foreignTo(
  services: Services,
  companyId: string,
  orphans: readonly OrphanRow[],
  { customerId }: Offer,
): Promise<(orphan: OrphanRow) => boolean> {
  if (customerId === undefined) return () => false;
  const owners = await services.refs.resolve(companyId, [...new Set(orphans.map((o) => o.customerRef))]);
  return ({ customerRef }) => (owners.get(customerRef)?.id ?? customerId) !== customerId;
}

async function recoverMany(
  services: Services,
  ctx: Caller & Pick<Context<Static<typeof BulkInput>, unknown, object>, "body">,
) {
  const { filter = {}, dry_run = false, limit = 100, ...asked } = ctx.body;
  const { companyId } = ctx.principal;
  const offer = await offerOf(services, ctx, asked);
  const { received_from: from, received_to: to, ...equal } = filter;
  const found = await services.documents.listOrphans(companyId, {
    limit: limit + 1,
    after: null,
    filters: { state: "open", ...equal },
    created: {
      ...(from === undefined ? {} : { gte: instantField("filter.received_from", from) }),
      ...(to === undefined ? {} : { lt: instantField("filter.received_to", to) }),
    },
    first: "oldest",
  });
  const chosen = found.slice(0, limit);
  const outcome =
    "note" in offer
      ? await endAll(services, ctx, chosen, offer.note, dry_run)
      : await tryAll(
          services,
          ctx,
          chosen,
          offer,
          await foreignTo(services, companyId, chosen, offer),
          dry_run,
        );
  return {
    payload: { dry_run, matched: chosen.length, ...outcome, has_more: found.length > chosen.length },
  };
}

function showVerdict({ status, code, msg, reason }: IngestResult) {
  return {
    status,
    ...(code === undefined ? {} : { code, msg }),
    ...(reason === undefined ? {} : { reason }),
  };
}
