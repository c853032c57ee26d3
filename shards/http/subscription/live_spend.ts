import { type Static, Type } from "@sinclair/typebox";
import type { DecisionContext } from "../../../actors/actor.ts";
import { checkUsage } from "../../../actors/customer/check.ts";
import { checkEntitlement } from "../../../actors/customer/entitlements.ts";
import { spendStatus } from "../../../actors/customer/spend_status.ts";
import { type CustomerState, findSubscription } from "../../../actors/customer/state.ts";
import { BillingError, invalid } from "../../../src/errors.ts";
import { ONE } from "../../../src/money/decimal.ts";
import { DecimalText } from "../../../src/money/decimal_schema.ts";
import type { ActorKey } from "../../../src/ports/stored_rows.ts";
import { amountOf } from "../../../src/pricing/amount.ts";
import { Ref } from "../../../src/text.ts";
import type { Services } from "../../services.ts";
import { listDocuments, namedCustomer } from "../documents.ts";
import { listQuery } from "../list.ts";
import { type Route, route } from "../route.ts";

const StatusQuery = Type.Object(
  { customer_id: Ref, subscription_id: Type.Optional(Ref) },
  { additionalProperties: false },
);

const CheckInput = Type.Object(
  {
    customer_id: Ref,
    subscription_id: Type.Optional(Ref),
    event_type: Type.Optional(Ref),
    properties: Type.Optional(Type.Object({}, { additionalProperties: true })),
    entitlement: Type.Optional(Ref),
    quantity: Type.Optional(DecimalText("not_negative", "How much more of a limit; 1 when left out")),
  },
  { additionalProperties: false },
);

const AlertList = listQuery({ customer_id: Type.Optional(Ref), limit_id: Type.Optional(Ref) });

const statusExample = {
  limit_id: "lim_01kc5nkt00h2j4k6m8n0p2q4r6",
  subscription_id: null,
  currency: "USD",
  spend: "262.418",
  limit: "500.00",
  remaining: "237.582",
  percent: "52.48",
  window_start: "2026-02-01T00:00:00Z",
  window_end: "2026-03-01T00:00:00Z",
  state: "ok",
  alerts_fired: [50],
};

/** Live spend: status, check, and the alerts that fired; API.md §3, Spend limit. */
export function liveSpendRoutes(services: Services): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/spend-control/status",
      service: "subscription",
      auth: { scopes: ["spend:read"] },
      summary: "Live spend against the tightest limit, as committed",
      query: StatusQuery,
      example: { answer: { ...statusExample, limits: [statusExample] } },
      handler: async (ctx) => {
        const key = await namedCustomer(services, ctx, ctx.query.customer_id);
        const ref = ctx.query.subscription_id;
        const read = (state: Parameters<typeof spendStatus>[0], { now }: { now: number }) => {
          const subscription = ref === undefined ? null : findSubscription(state, ref);
          return subscription === undefined ? null : spendStatus(state, now, subscription?.id ?? null);
        };
        const payload = await services.shard.send(key, { type: "read", read });
        if (payload === null)
          throw new BillingError("RES_001", "No such subscription", { field: "subscription_id" });
        return { payload };
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/spend-control/check",
      service: "subscription",
      auth: { scopes: ["spend:read"] },
      rate: "ingest", // as it is asked before events
      summary: "What an event would cost and whether it may happen, or whether an entitlement allows it",
      description:
        "Answered from memory; changes nothing. Either an `event_type` with its `properties`, or an `entitlement` by " +
        "its key: a switch, or a limit that has room for `quantity` more.",
      body: CheckInput,
      example: {
        request: { customer_id: "cust_abc", event_type: "storage", properties: { gb: 2.5 } },
        answer: { allowed: true, cost: "0.25", remaining: "237.582" },
      },
      idempotent: false,
      handler: async (ctx) => {
        const key = await namedCustomer(services, ctx, ctx.body.customer_id);
        return { payload: await check(services, key, questionOf(ctx.body)) };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/spend-control/alerts",
      service: "subscription",
      auth: { scopes: ["spend:read"] },
      summary: "List the alerts that fired",
      query: AlertList,
      example: {
        answer: [
          {
            id: "ntf_01kc5nkt00v8w0x2y4z6a8b0c2",
            customer_id: "cust_01kc5nkt00a3b5c7d9e1f3g5h7",
            limit_id: "lim_01kc5nkt00h2j4k6m8n0p2q4r6",
            threshold: 50,
            spend: "250.006",
            window_start: "2026-02-01T00:00:00Z",
            window_end: "2026-03-01T00:00:00Z",
            fired_at: "2026-02-14T11:03:20Z",
          },
        ],
      },
      handler: (ctx) => listDocuments(services, ctx, "spend_alerts"),
    }),
  ];
}

type Question = (state: CustomerState, ctx: DecisionContext) => unknown;

/** Answers from memory where the customer is live there and nothing but usage is in flight; else in its turn. */
async function check(services: Services, key: ActorKey, question: Question): Promise<unknown> {
  const state = services.shard.peek(key);
  const company = services.companies.known(key.companyId);
  if (state === undefined || company === null)
    return services.shard.send(key, { type: "read", read: question });
  return question(state, { now: services.shard.nowOf(state), ...company });
}

function questionOf(body: Static<typeof CheckInput>): Question {
  const { entitlement, event_type, properties = {}, quantity } = body;
  const subscriptionRef = body.subscription_id ?? null;
  if (entitlement !== undefined) {
    if (event_type !== undefined) throw invalid("event_type", "is given beside entitlement");
    const more = quantity === undefined ? ONE : amountOf(quantity);
    return (state, { now }) => checkEntitlement(state, entitlement, subscriptionRef, more, now);
  }
  if (event_type === undefined) throw invalid("event_type", "is required, or an entitlement");
  if (quantity !== undefined) throw invalid("quantity", "is for entitlements");
  return (state, ctx) => checkUsage(state, { eventType: event_type, subscriptionRef, properties }, ctx);
}
