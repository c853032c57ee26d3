import { Type } from "@sinclair/typebox";
import { BillingError } from "../../../src/errors.ts";
import { readJson } from "../../../src/money/json.ts";
import type { OrphanRow } from "../../../src/ports/stored_rows.ts";
import { OneOf, Ref } from "../../../src/text.ts";
import { formatInstant } from "../../../src/time/instant.ts";
import type { Services } from "../../services.ts";
import { listQuery, pageAnswer, readPage } from "../list.ts";
import { type Route, route } from "../route.ts";

export const orphanReasons = [
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
  reason: Type.Optional(OneOf(orphanReasons)),
  state: Type.Optional(OneOf(["open", "recovered", "discarded"])),
  customer_ref: Type.Optional(Ref),
  event_type: Type.Optional(Ref),
});

export const orphanPath = "/api/v1/admin/orphan-events";
export const orphanExample = {
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
  action: null,
  by: null,
  note: null,
};

/** Usage that fits nowhere, until what it lacks is there: lists; API.md §3, Orphan event. */
export function orphanEventRoutes(services: Services): Route[] {
  const common = { service: "admin" } as const;
  const read = { auth: { scopes: ["orphan_events:read"] } } as const;
  return [
    route({
      ...common,
      ...read,
      method: "GET",
      path: orphanPath,
      summary: "List orphan events, newest first",
      description: "`created_at` ranges are over the time the event was received.",
      query: OrphanQuery,
      example: { answer: [orphanExample] },
      handler: async (ctx) => {
        const page = readPage(ctx, "orphan_events");
        const orphans = await services.documents.listOrphans(ctx.principal.companyId, page);
        const placeOf = (orphan: OrphanRow) => ({ createdAt: orphan.receivedAt, id: orphan.id });
        return pageAnswer(ctx, "orphan_events", page, orphans, placeOf, showOrphan);
      },
    }),
    route({
      ...common,
      ...read,
      method: "GET",
      path: `${orphanPath}/:id`,
      summary: "Read an orphan event",
      example: { answer: orphanExample },
      handler: async ({ principal, params }) => ({
        payload: showOrphan(await existingOrphan(services, principal.companyId, params.id)),
      }),
    }),
  ];
}

/** Throws RES_001 for one that is not there. */
export async function existingOrphan(services: Services, companyId: string, id: string): Promise<OrphanRow> {
  const orphan = await services.documents.getOrphan(companyId, id);
  if (orphan === null) throw new BillingError("RES_001", "No such orphan event");
  return orphan;
}

export function showOrphan(orphan: OrphanRow) {
  return {
    id: orphan.id,
    event: readJson(orphan.event),
    reason: orphan.reason,
    state: orphan.state,
    customer_ref: orphan.customerRef,
    event_type: orphan.eventType,
    received_at: formatInstant(orphan.receivedAt),
    updated_at: formatInstant(orphan.updatedAt),
    action: orphan.action,
    by: orphan.by,
    note: orphan.note,
  };
}
