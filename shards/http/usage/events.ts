import { Type } from "@sinclair/typebox";
import { BillingError, errorTable } from "../../../src/errors.ts";
import { identityDigest, UsageEventInput } from "../../../src/metering/usage_event.ts";
import { readJson } from "../../../src/money/json.ts";
import { OneOf, Ref } from "../../../src/text.ts";
import { formatInstant } from "../../../src/time/instant.ts";
import type { IngestResult } from "../../ingest.ts";
import type { Services } from "../../services.ts";
import { namedCustomer } from "../documents.ts";
import { jsonResponse } from "../envelope.ts";
import { type Route, rawRoute, route } from "../route.ts";
import { readEvents } from "./read_events.ts";

const EventQuery = Type.Object(
  { customer_id: Ref, source: Type.Optional(Ref) },
  { additionalProperties: false },
);

const eventExample = {
  event_id: "req_7f3a",
  event_type: "api_call",
  customer_id: "cust_abc",
  timestamp: "2026-02-10T09:30:00Z",
  properties: { model: "atlas-1", input_tokens: 812 },
};

/** Usage events in and their verdicts out; API.md §3, Usage event. */
export function usageRoutes(services: Services): Route[] {
  return [ingestRoute(services), verdictRoute(services)];
}

function ingestRoute(services: Services): Route {
  return rawRoute({
    method: "POST",
    path: "/api/v1/usage/events",
    service: "usage",
    auth: { scopes: ["events:write"] },
    rate: "ingest",
    charges: true,
    summary: "Send usage events: one, up to 1,000, or CloudEvents 1.0",
    description:
      "202 means durable, and counted exactly once whatever crashes next. With `?wait=applied` the answer comes once " +
      "the events have been rated, with their final verdicts and the customers' spend.",
    body: Type.Union([
      UsageEventInput,
      Type.Object({ events: Type.Array(UsageEventInput, { maxItems: 1000 }) }),
    ]),
    query: Type.Object({ wait: Type.Optional(OneOf(["applied"])) }),
    mediaType: "application/json",
    success: 202,
    example: {
      request: eventExample,
      answer: {
        success: true,
        error: null,
        payload: { accepted: 1, rejected: 0, results: [{ event_id: "req_7f3a", status: "accepted" }] },
        input: null,
      },
    },
    handler: async (ctx) => {
      const wait = waitOf(ctx.search());
      const { incoming, single } = readEvents(await ctx.bytes(), ctx.headers);
      await ctx.charge(incoming.length);
      const { companyId } = ctx.principal;
      const results = await services.ingestion.ingest(companyId, incoming, wait);
      return answer(services, companyId, results, { wait, single, requestId: ctx.requestId });
    },
  });
}

function verdictRoute(services: Services): Route {
  return route({
    method: "GET",
    path: "/api/v1/usage/events/:event_id",
    service: "usage",
    auth: { scopes: ["usage:read"] },
    summary: "What became of an event",
    query: EventQuery,
    example: {
      answer: {
        ...eventExample,
        status: "applied",
        source: null,
        charge: "0.002436",
        currency: "USD",
        voided_at: null,
      },
    },
    handler: async (ctx) => {
      const key = await namedCustomer(services, ctx, ctx.query.customer_id);
      const source = ctx.query.source ?? "";
      // Answered in the customer's turn: everything accepted before has its verdict.
      await services.shard.send(key, { type: "read", read: () => null });
      const digest = identityDigest(key.companyId, key.customerId, source, ctx.params.event_id);
      const found = await services.documents.usageEvent(key.companyId, key.customerId, digest);
      if (found === null) throw new BillingError("RES_001", "No such event");
      const { event, verdict } = found;
      if (event === null) return { payload: { event_id: ctx.params.event_id, status: verdict } };
      return {
        payload: {
          event_id: event.eventId,
          source: event.source === "" ? null : event.source,
          event_type: event.eventType,
          customer_id: event.customerId,
          subscription_id: event.subscriptionId,
          timestamp: formatInstant(event.occurredAt),
          received_at: formatInstant(event.receivedAt),
          properties: readJson(event.properties),
          status: verdict,
          charge: event.charge,
          currency: event.currency,
          while_suspended: event.whileSuspended,
          voided_at: event.voidedAt === null ? null : formatInstant(event.voidedAt),
        },
      };
    },
  });
}

function waitOf(search: Iterable<readonly [string, string]>): boolean {
  let wait: string | null = null;
  for (const [name, value] of search) {
    if (name !== "wait")
      throw new BillingError("VAL_001", `Validation error: field '${name}' is unknown`, { field: name });
    wait ??= value;
  }
  if (wait === null || wait === "applied") return wait !== null;
  throw new BillingError("VAL_001", "Validation error: field 'wait' must be 'applied'", { field: "wait" });
}

interface Asked {
  readonly wait: boolean;
  readonly single: boolean;
  readonly requestId: string;
}

/** 202 where anything is durable or known; a single rejected event answers with its own error. */
async function answer(
  services: Services,
  companyId: string,
  results: readonly IngestResult[],
  { wait, single, requestId }: Asked,
): Promise<Response> {
  const rejected = results.filter((result) => result.status === "rejected");
  const [only] = results;
  if (rejected.length === results.length) {
    const away = rejected.every((result) => result.code === "DEP_001");
    const code = (single ? only?.code : null) ?? (away ? "DEP_001" : "VAL_001");
    const msg = single && only?.msg !== undefined ? only.msg : `All ${results.length} events were rejected`;
    const field = single ? only?.field : undefined;
    const error = { code, msg, ...(field === undefined ? {} : { field }), request_id: requestId };
    const payload = single ? null : { accepted: 0, rejected: rejected.length, results: results.map(shown) };
    const body = JSON.stringify({ success: false, error, payload, input: null });
    return jsonResponse(
      { status: errorTable[code].status, body },
      requestId,
      away ? { "Retry-After": "1" } : {},
    );
  }
  const spend = wait ? await spendOf(services, companyId, results) : undefined;
  const payload = {
    accepted: results.length - rejected.length,
    rejected: rejected.length,
    results: results.map(shown),
    ...(spend === undefined ? {} : { spend }),
  };
  const body = JSON.stringify({ success: true, error: null, payload, input: null });
  return jsonResponse({ status: 202, body }, requestId);
}

function shown({ customerId: _, field: __, ...result }: IngestResult): unknown {
  return result;
}

/** The spend of every customer the verdicts are about, as committed. */
async function spendOf(services: Services, companyId: string, results: readonly IngestResult[]) {
  const customers = new Set<string>();
  for (const { customerId, status } of results) {
    if (customerId !== undefined && status !== "orphaned") customers.add(customerId);
  }
  return Promise.all([...customers].map((customerId) => services.spendNow.of({ companyId, customerId })));
}
