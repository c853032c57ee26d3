import { Type } from "@sinclair/typebox";
import type { ReserveBudget } from "../../../actors/customer/reservations/reservation_commands.ts";
import { BillingError, invalid } from "../../../src/errors.ts";
import { limits } from "../../../src/limits.ts";
import { identityDigest, readEvent, UsageEventInput } from "../../../src/metering/usage_event.ts";
import { DecimalText } from "../../../src/money/decimal_schema.ts";
import type { ActorKey } from "../../../src/ports/stored_rows.ts";
import { amountOf } from "../../../src/pricing/amount.ts";
import { Ref } from "../../../src/text.ts";
import { parseInstant } from "../../../src/time/instant.ts";
import type { Services } from "../../services.ts";
import { namedCustomer } from "../documents.ts";
import { keptAnswer } from "../kept_answer.ts";
import { type Route, route } from "../route.ts";

const ReserveInput = Type.Object(
  {
    customer_id: Ref,
    subscription_id: Type.Optional(Ref),
    amount: Type.Optional(DecimalText("positive", "In major units of the customer's currency")),
    event: Type.Optional(
      Type.Object(
        {
          event_type: Ref,
          properties: Type.Optional(Type.Object({}, { additionalProperties: true })),
        },
        { additionalProperties: false, description: "Its cost is held" },
      ),
    ),
    expires_in: Type.Integer({
      minimum: 1,
      maximum: limits.reservationSMax,
      description: "Seconds until what has not been committed is free again",
    }),
  },
  { additionalProperties: false },
);

const { customer_id: _, ...eventFields } = UsageEventInput.properties;
const CommitInput = Type.Object(
  {
    event: Type.Object(
      { ...eventFields, customer_id: Type.Optional(Ref) },
      { additionalProperties: false, description: "As in POST /usage/events" },
    ),
  },
  { additionalProperties: false },
);

const path = "/api/v1/spend-control/reservations";
// Who may send usage may hold budget for it.
const auth = { scopes: ["events:write"] } as const;

const held = {
  id: "rsv_01kc5nkt00r7s9t1v3w5x7y9z001kc5nkt00a3b5c7d9e1f3g5h7",
  customer_id: "cust_01kc5nkt00a3b5c7d9e1f3g5h7",
  subscription_id: "sub_01kc5nkt00c3d5e7f9g1h3j5k7",
  status: "held",
  amount: "0.25",
  currency: "USD",
  created_at: "2026-02-10T09:30:00Z",
  expires_at: "2026-02-10T09:31:00Z",
};

/** Budget held for usage to come; API.md §3, Spend limit. */
export function reservationRoutes(services: Services): Route[] {
  return [reserveRoute(services), commitRoute(services), releaseRoute(services)];
}

function reserveRoute(services: Services): Route {
  return route({
    method: "POST",
    path,
    service: "subscription",
    auth,
    rate: "ingest",
    summary: "Hold budget for usage to come: a hard cap without overshoot",
    description:
      "Either an `amount`, or an `event` whose cost is held. What is held counts against every limit like spend, for " +
      "checks, other reservations and events under a limit that blocks, until it is committed, released or expires.",
    body: ReserveInput,
    example: {
      request: { customer_id: "cust_abc", amount: "0.25", expires_in: 60 },
      answer: { ...held, subscription_id: null },
    },
    success: 201,
    handler: async (ctx) => {
      const { customer_id, subscription_id, amount, event, expires_in } = ctx.body;
      if (amount !== undefined && event !== undefined) throw invalid("amount", "is given beside event");
      if (amount === undefined && event === undefined) throw invalid("amount", "is required, or an event");
      const key = await namedCustomer(services, ctx, customer_id);
      const command: ReserveBudget = {
        type: "reserve_budget",
        reservationId: `${services.ids.next("rsv")}${key.customerId.slice("cust_".length)}`,
        subscriptionRef: subscription_id ?? null,
        hold:
          event === undefined
            ? { amount: amountOf(amount ?? "0") }
            : { event: { eventType: event.event_type, properties: event.properties ?? {} } },
        expiresInMs: expires_in * 1000,
      };
      return { payload: await services.shard.send(key, command, keptAnswer(ctx, 201)) };
    },
  });
}

function commitRoute(services: Services): Route {
  return route({
    method: "POST",
    path: `${path}/:id/commit`,
    service: "subscription",
    auth,
    rate: "ingest",
    summary: "Record the event that budget was held for, and let go of the rest",
    description:
      "In one step; the event's id is then the duplicate key. The event is recorded whatever it costs: what goes " +
      "beyond the hold is told as `excess`. Without a `timestamp` it happens now.",
    body: CommitInput,
    example: {
      request: { event: { event_id: "req_7f3a91", event_type: "storage", properties: { gb: 2.5 } } },
      answer: {
        ...held,
        status: "committed",
        cost: "0.25",
        excess: "0",
        event: { event_id: "req_7f3a91", status: "applied" },
      },
    },
    handler: async (ctx) => {
      const key = customerOf(ctx.principal.companyId, ctx.params.id);
      const named = ctx.body.event.customer_id;
      if (named !== undefined && (await namedCustomer(services, ctx, named)).customerId !== key.customerId)
        throw invalid("event.customer_id", "is not the customer budget is held for");
      const event = readEvent({ ...ctx.body.event, customer_id: key.customerId });
      if ("reason" in event) throw invalid(`event.${event.field}`, event.reason);
      const { companyId, customerId } = key;
      const command = {
        type: "commit_reservation",
        reservationId: ctx.params.id,
        event,
        occurredAt: event.timestamp === undefined ? null : parseInstant(event.timestamp),
        digest: identityDigest(companyId, customerId, event.source ?? "", event.event_id),
      } as const;
      return { payload: await services.shard.send(key, command, keptAnswer(ctx, 200)) };
    },
  });
}

function releaseRoute(services: Services): Route {
  return route({
    method: "POST",
    path: `${path}/:id/release`,
    service: "subscription",
    auth,
    rate: "ingest",
    summary: "Let go of budget that is not needed",
    example: { answer: { ...held, status: "released" } },
    handler: async (ctx) => {
      const key = customerOf(ctx.principal.companyId, ctx.params.id);
      const command = { type: "release_reservation", reservationId: ctx.params.id } as const;
      return { payload: await services.shard.send(key, command, keptAnswer(ctx, 200)) };
    },
  });
}

/** A reservation's id ends with its customer's, so that no table has to be asked. Throws RES_001 for any other id. */
function customerOf(companyId: string, id: string): ActorKey {
  const [, customer] = /^rsv_[0-9a-z]{26}([0-9a-z]{26})$/.exec(id) ?? [];
  if (customer === undefined) throw new BillingError("RES_001", "No such reservation is open");
  return { companyId, customerId: `cust_${customer}` };
}
