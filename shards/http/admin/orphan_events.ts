import { type Static, Type } from "@sinclair/typebox";
import { BillingError, invalid } from "../../../src/errors.ts";
import type { UsageEvent } from "../../../src/metering/usage_event.ts";
import { readJson } from "../../../src/money/json.ts";
import type { OrphanRow } from "../../../src/ports/shard_store.ts";
import { OneOf, Ref, Text } from "../../../src/text.ts";
import { formatInstant } from "../../../src/time/instant.ts";
import type { IngestResult } from "../../ingest.ts";
import type { Services } from "../../services.ts";
import { listQuery, pageAnswer, readPage } from "../list.ts";
import { type Answer, type Context, type Route, route } from "../route.ts";

const reasons = [
  "no_customer",
  "no_subscription",
  "before_start",
  "after_end",
  "no_metric",
  "value_error",
  "period_closed",
  "too_old",
] as const;

const OrphanQuery = listQuery({
  reason: Type.Optional(OneOf(reasons)),
  state: Type.Optional(OneOf(["open", "recovered", "discarded"])),
  customer_ref: Type.Optional(Ref),
  event_type: Type.Optional(Ref),
});

const RecoverInput = Type.Object(
  {
    action: OneOf(["retry", "assign", "next_invoice", "discard"]),
    subscription_id: Type.Optional(Ref),
    reason: Type.Optional(Text(255)),
  },
  { additionalProperties: false },
);

const path = "/api/v1/admin/orphan-events";
const shown = {
  id: "orph_0000000000s4v6x8z1b3d5f7h9",
  event: {
    event_id: "req_7f3a91",
    event_type: "llm_completion",
    customer_id: "acme-eu",
    timestamp: "2026-02-03T14:07:11Z",
    properties: { model: "atlas-large", output_tokens: 812 },
  },
  reason: "no_customer",
  state: "open",
  customer_ref: "acme-eu",
  event_type: "llm_completion",
  received_at: "2026-02-03T14:07:12.021Z",
  updated_at: "2026-02-03T14:07:12.021Z",
};

/** Usage that fits nowhere, until what it lacks is there; API.md §3, Orphan event. */
export function orphanEventRoutes(services: Services): Route[] {
  const common = { service: "admin" } as const;
  const read = { auth: { scopes: ["orphan_events:read"] } } as const;
  return [
    route({
      ...common,
      ...read,
      method: "GET",
      path,
      summary: "List orphan events, newest first",
      description: "`created_at` ranges are over the time the event was received.",
      query: OrphanQuery,
      example: { answer: [shown] },
      handler: async (ctx) => {
        const page = readPage(ctx, "orphan_events");
        const orphans = await services.documents.listOrphans(ctx.principal.companyId, page);
        const placeOf = (orphan: OrphanRow) => ({ createdAt: orphan.receivedAt, id: orphan.id });
        return pageAnswer(ctx, "orphan_events", page, orphans, placeOf, show);
      },
    }),
    route({
      ...common,
      ...read,
      method: "GET",
      path: `${path}/:id`,
      summary: "Read an orphan event",
      example: { answer: shown },
      handler: async ({ principal, params }) => ({
        payload: show(await existing(services, principal.companyId, params.id)),
      }),
    }),
    route({
      ...common,
      method: "POST",
      path: `${path}/:id/recover`,
      auth: { scopes: ["orphan_events:write"] },
      summary: "Recover an orphan event",
      description:
        "`retry` offers it again, as received when it was: once the missing customer, subscription or metric is " +
        "there it counts in the period of its own time. The other actions are not available yet.",
      body: RecoverInput,
      example: {
        request: { action: "retry" },
        answer: { ...shown, state: "recovered", verdict: { status: "applied" } },
      },
      handler: (ctx) => recover(services, ctx),
    }),
  ];
}

async function recover(
  services: Services,
  ctx: Pick<Context<Static<typeof RecoverInput>, unknown, object, "id">, "body" | "principal" | "params">,
): Promise<Answer> {
  const { action, subscription_id } = ctx.body;
  if (action !== "retry") throw invalid("action", `'${action}' is not available yet`);
  if (subscription_id !== undefined) throw invalid("subscription_id", "is for the action 'assign'");
  const { companyId } = ctx.principal;
  const orphan = await existing(services, companyId, ctx.params.id);
  if (orphan.state !== "open")
    throw new BillingError("RES_002", `The orphan event is ${orphan.state} already`);
  const event = readJson(orphan.event) as UsageEvent;
  const [verdict] = await services.ingestion.ingest(companyId, [{ event }], true, orphan.receivedAt);
  if (verdict !== undefined && hasLeft(orphan, verdict)) {
    await services.documents.recoverOrphan(companyId, orphan.id, services.clock.now());
  }
  const after = await existing(services, companyId, orphan.id);
  return { payload: { ...show(after), verdict: verdict === undefined ? null : showVerdict(verdict) } };
}

/** True where the event counts now, or goes on as an orphan of the customer it has found. */
function hasLeft(orphan: OrphanRow, { status, customerId }: IngestResult): boolean {
  if (status === "applied" || status === "duplicate") return true;
  return status === "orphaned" && customerId !== undefined && customerId !== orphan.customerRef;
}

async function existing(services: Services, companyId: string, id: string): Promise<OrphanRow> {
  const orphan = await services.documents.getOrphan(companyId, id);
  if (orphan === null) throw new BillingError("RES_001", "No such orphan event");
  return orphan;
}

function show(orphan: OrphanRow) {
  return {
    id: orphan.id,
    event: readJson(orphan.event),
    reason: orphan.reason,
    state: orphan.state,
    customer_ref: orphan.customerRef,
    event_type: orphan.eventType,
    received_at: formatInstant(orphan.receivedAt),
    updated_at: formatInstant(orphan.updatedAt),
  };
}

function showVerdict({ status, code, msg, reason }: IngestResult) {
  return {
    status,
    ...(code === undefined ? {} : { code, msg }),
    ...(reason === undefined ? {} : { reason }),
  };
}
