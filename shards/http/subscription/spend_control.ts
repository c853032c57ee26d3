import { type Static, Type } from "@sinclair/typebox";
import { type CheckRequest, checkUsage } from "../../../actors/customer/check.ts";
import type { SetLimit } from "../../../actors/customer/commands.ts";
import { spendStatus } from "../../../actors/customer/spend_status.ts";
import { findSubscription } from "../../../actors/customer/state.ts";
import { BillingError, invalid } from "../../../src/errors.ts";
import { type Decimal, sign } from "../../../src/money/decimal.ts";
import { DecimalText } from "../../../src/money/decimal_schema.ts";
import { decimalOf } from "../../../src/money/json.ts";
import type { ActorKey } from "../../../src/ports/shard_store.ts";
import { OneOf, Ref } from "../../../src/text.ts";
import type { Services } from "../../services.ts";
import { existing, listDocuments, namedCustomer, ownerOf } from "../documents.ts";
import { keptAnswer } from "../kept_answer.ts";
import { listQuery } from "../list.ts";
import { type Route, route } from "../route.ts";

const terms = {
  monthly_limit: DecimalText("not_negative", "In major units of the currency"),
  alert_thresholds: Type.Array(Type.Integer({ minimum: 1, maximum: 1000 }), {
    maxItems: 20,
    uniqueItems: true,
    default: [50, 80, 95],
    description: "Percent of the limit",
  }),
  action_on_exceed: OneOf(["suspend", "notify", "block"]),
  ingest_on_suspend: OneOf(["accept", "reject"]),
};

const LimitInput = Type.Object(
  {
    customer_id: Ref,
    subscription_id: Type.Optional(Ref),
    monthly_limit: terms.monthly_limit,
    alert_thresholds: Type.Optional(terms.alert_thresholds),
    action_on_exceed: terms.action_on_exceed,
    currency: Type.Optional(Type.String({ pattern: "^[A-Z]{3}$" })),
    ingest_on_suspend: Type.Optional(terms.ingest_on_suspend),
  },
  { additionalProperties: false },
);

const LimitPatch = Type.Partial(Type.Object(terms), { additionalProperties: false, minProperties: 1 });

const StatusQuery = Type.Object(
  { customer_id: Ref, subscription_id: Type.Optional(Ref) },
  { additionalProperties: false },
);

const CheckInput = Type.Object(
  {
    customer_id: Ref,
    subscription_id: Type.Optional(Ref),
    event_type: Ref,
    properties: Type.Optional(Type.Object({}, { additionalProperties: true })),
  },
  { additionalProperties: false },
);

const LimitList = listQuery({
  customer_id: Type.Optional(Ref),
  subscription_id: Type.Optional(Ref),
  state: Type.Optional(OneOf(["ok", "suspended", "exceeded"])),
});
const AlertList = listQuery({ customer_id: Type.Optional(Ref), limit_id: Type.Optional(Ref) });

const limitExample = {
  id: "lim_01kc5nkt00h2j4k6m8n0p2q4r6",
  customer_id: "cust_01kc5nkt00a3b5c7d9e1f3g5h7",
  subscription_id: null,
  monthly_limit: "500",
  currency: "USD",
  alert_thresholds: [50, 80, 95],
  action_on_exceed: "suspend",
  ingest_on_suspend: "accept",
  state: "ok",
  created_at: "2026-02-01T00:00:00Z",
  updated_at: "2026-02-01T00:00:00Z",
};

const statusExample = {
  limit_id: limitExample.id,
  subscription_id: null,
  currency: "USD",
  spend: "262.418",
  limit: "500",
  remaining: "237.582",
  percent: "52.48",
  window_start: "2026-02-01T00:00:00Z",
  window_end: "2026-03-01T00:00:00Z",
  state: "ok",
  alerts_fired: [50],
};

/** Spend limits, live status, check, and the alerts that fired; API.md §3, Spend limit. */
export function spendControlRoutes(services: Services): Route[] {
  return [...limitRoutes(services), ...liveRoutes(services)];
}

function limitRoutes(services: Services): Route[] {
  const path = "/api/v1/spend-control/limits";
  return [
    route({
      method: "POST",
      path,
      service: "subscription",
      auth: { scopes: ["spend:write"] },
      summary: "Set a spend limit on a customer or one of its subscriptions",
      body: LimitInput,
      example: {
        request: {
          customer_id: "cust_abc",
          monthly_limit: 500.0,
          alert_thresholds: [50, 80, 95],
          action_on_exceed: "suspend",
        },
        answer: limitExample,
      },
      success: 201,
      handler: async (ctx) => {
        const key = await namedCustomer(services, ctx, ctx.body.customer_id);
        const command: SetLimit = {
          ...termsOf(ctx.body),
          type: "set_limit",
          id: services.ids.next("lim"),
          create: true,
          subscriptionRef: ctx.body.subscription_id ?? null,
          ...(ctx.body.currency === undefined ? {} : { currency: ctx.body.currency }),
        };
        return { payload: await services.shard.send(key, command, keptAnswer(ctx, 201)) };
      },
    }),
    route({
      method: "GET",
      path,
      service: "subscription",
      auth: { scopes: ["spend:read"] },
      summary: "List spend limits",
      query: LimitList,
      example: { answer: [limitExample] },
      handler: (ctx) => listDocuments(services, ctx, "spend_limits"),
    }),
    route({
      method: "GET",
      path: `${path}/:id`,
      service: "subscription",
      auth: { scopes: ["spend:read"] },
      summary: "Read a spend limit",
      handler: async (ctx) => ({
        payload: (await existing(services, ctx, "spend_limits", ctx.params.id)).body,
      }),
    }),
    route({
      method: "PATCH",
      path: `${path}/:id`,
      service: "subscription",
      auth: { scopes: ["spend:write"] },
      summary: "Change a spend limit; raising it above the present spend resumes what it suspended",
      body: LimitPatch,
      example: { request: { monthly_limit: "800.00" }, answer: { ...limitExample, monthly_limit: "800" } },
      handler: async (ctx) => {
        const document = await existing(services, ctx, "spend_limits", ctx.params.id);
        const command: SetLimit = {
          ...termsOf(ctx.body),
          type: "set_limit",
          id: document.id,
          create: false,
          subscriptionRef: null,
        };
        return { payload: await services.shard.send(ownerOf(ctx, document), command, keptAnswer(ctx, 200)) };
      },
    }),
    route({
      method: "DELETE",
      path: `${path}/:id`,
      service: "subscription",
      auth: { scopes: ["spend:write"] },
      summary: "Remove a spend limit; what it suspended resumes",
      handler: async (ctx) => {
        const document = await existing(services, ctx, "spend_limits", ctx.params.id);
        const command = { type: "remove_limit", limitId: document.id } as const;
        return { payload: await services.shard.send(ownerOf(ctx, document), command) };
      },
    }),
  ];
}

function liveRoutes(services: Services): Route[] {
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
      summary: "What an event would cost and whether it may happen; changes nothing",
      body: CheckInput,
      example: {
        request: { customer_id: "cust_abc", event_type: "storage", properties: { gb: 2.5 } },
        answer: { allowed: true, cost: "0.25", remaining: "237.582" },
      },
      idempotent: false,
      handler: async (ctx) => {
        const key = await namedCustomer(services, ctx, ctx.body.customer_id);
        return {
          payload: await check(services, key, requestOf(ctx.body)),
        };
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
            customer_id: limitExample.customer_id,
            limit_id: limitExample.id,
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

/** Answers from memory where the customer is live there and nothing but usage is in flight; else in its turn. */
async function check(services: Services, key: ActorKey, request: CheckRequest): Promise<unknown> {
  const state = services.shard.peek(key);
  const company = services.companies.known(key.companyId);
  if (state === undefined || company === null) {
    return services.shard.send(key, { type: "read", read: (live, ctx) => checkUsage(live, request, ctx) });
  }
  return checkUsage(state, request, { now: services.shard.nowOf(state), ...company });
}

function requestOf(body: Static<typeof CheckInput>): CheckRequest {
  return {
    eventType: body.event_type,
    subscriptionRef: body.subscription_id ?? null,
    properties: body.properties ?? {},
  };
}

type Terms = Partial<Pick<Static<typeof LimitInput>, keyof typeof terms>>;

function termsOf(body: Terms): Pick<SetLimit, "monthlyLimit" | "thresholds" | "action" | "onSuspend"> {
  return {
    ...(body.monthly_limit === undefined ? {} : { monthlyLimit: limitAmount(body.monthly_limit) }),
    ...(body.alert_thresholds === undefined ? {} : { thresholds: body.alert_thresholds }),
    ...(body.action_on_exceed === undefined ? {} : { action: body.action_on_exceed }),
    ...(body.ingest_on_suspend === undefined ? {} : { onSuspend: body.ingest_on_suspend }),
  };
}

function limitAmount(value: unknown): Decimal {
  const amount = decimalOf(value);
  if (amount === null || sign(amount) < 0)
    throw invalid("monthly_limit", "must be an amount of zero or more");
  return amount;
}
