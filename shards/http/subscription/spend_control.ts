import { type Static, Type } from "@sinclair/typebox";
import { checkUsage } from "../../../actors/customer/check.ts";
import type { SetLimit } from "../../../actors/customer/commands.ts";
import { spendStatus } from "../../../actors/customer/spend_status.ts";
import { findSubscription } from "../../../actors/customer/state.ts";
import { BillingError, invalid } from "../../../src/errors.ts";
import { type Decimal, sign } from "../../../src/money/decimal.ts";
import { DecimalSchema } from "../../../src/money/decimal_schema.ts";
import { decimalOf } from "../../../src/money/json.ts";
import type { Services } from "../../services.ts";
import { keptAnswer } from "../kept_answer.ts";
import { ListQuery, listDocuments } from "../list_documents.ts";
import { type Route, route } from "../route.ts";
import { existing, named } from "../subjects.ts";

const Id = Type.String({ minLength: 1, maxLength: 255 });

const terms = {
  monthly_limit: DecimalSchema({ description: "In major units of the currency" }),
  alert_thresholds: Type.Array(Type.Integer({ minimum: 1, maximum: 1000 }), {
    maxItems: 20,
    uniqueItems: true,
    default: [50, 80, 95],
    description: "Percent of the limit",
  }),
  action_on_exceed: Type.Union([Type.Literal("suspend"), Type.Literal("notify"), Type.Literal("block")]),
  ingest_on_suspend: Type.Union([Type.Literal("accept"), Type.Literal("reject")], { default: "accept" }),
};

const LimitInput = Type.Object(
  {
    customer_id: Id,
    subscription_id: Type.Optional(Id),
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
  { customer_id: Id, subscription_id: Type.Optional(Id) },
  { additionalProperties: false },
);

const CheckInput = Type.Object(
  {
    customer_id: Id,
    subscription_id: Type.Optional(Id),
    event_type: Id,
    properties: Type.Optional(Type.Object({}, { additionalProperties: true })),
  },
  { additionalProperties: false },
);

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
      success: 201,
      handler: async (ctx) => {
        const { companyId } = ctx.principal;
        const customer = await named(services, companyId, ctx.body.customer_id);
        const command: SetLimit = {
          ...termsOf(ctx.body),
          type: "set_limit",
          id: services.ids.next("lim"),
          create: true,
          subscriptionRef: ctx.body.subscription_id ?? null,
          ...(ctx.body.currency === undefined ? {} : { currency: ctx.body.currency }),
        };
        const key = { companyId, customerId: customer.id };
        return { payload: await services.shard.send(key, command, keptAnswer(ctx, 201)) };
      },
    }),
    route({
      method: "GET",
      path,
      service: "subscription",
      auth: { scopes: ["spend:read"] },
      summary: "List spend limits",
      query: ListQuery,
      handler: (ctx) => listDocuments(services, ctx, "spend_limits"),
    }),
    route({
      method: "GET",
      path: `${path}/:id`,
      service: "subscription",
      auth: { scopes: ["spend:read"] },
      summary: "Read a spend limit",
      handler: async (ctx) => ({ payload: await existing(services, ctx, "spend_limits") }),
    }),
    route({
      method: "PATCH",
      path: `${path}/:id`,
      service: "subscription",
      auth: { scopes: ["spend:write"] },
      summary: "Change a spend limit; raising it above the present spend resumes what it suspended",
      body: LimitPatch,
      handler: async (ctx) => {
        const document = await existing(services, ctx, "spend_limits");
        const command: SetLimit = {
          ...termsOf(ctx.body),
          type: "set_limit",
          id: String(document.id),
          create: false,
          subscriptionRef: null,
        };
        const key = { companyId: ctx.principal.companyId, customerId: String(document.customer_id) };
        return { payload: await services.shard.send(key, command, keptAnswer(ctx, 200)) };
      },
    }),
    route({
      method: "DELETE",
      path: `${path}/:id`,
      service: "subscription",
      auth: { scopes: ["spend:write"] },
      summary: "Remove a spend limit; what it suspended resumes",
      handler: async (ctx) => {
        const document = await existing(services, ctx, "spend_limits");
        const key = { companyId: ctx.principal.companyId, customerId: String(document.customer_id) };
        const command = { type: "remove_limit", limitId: String(document.id) } as const;
        return { payload: await services.shard.send(key, command) };
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
      handler: async (ctx) => {
        const { companyId } = ctx.principal;
        const customer = await named(services, companyId, ctx.query.customer_id);
        const ref = ctx.query.subscription_id;
        const read = (state: Parameters<typeof spendStatus>[0], { now }: { now: number }) => {
          const subscription = ref === undefined ? null : findSubscription(state, ref);
          return subscription === undefined ? null : spendStatus(state, now, subscription?.id ?? null);
        };
        const payload = await services.shard.send({ companyId, customerId: customer.id }, { type: "read", read });
        if (payload === null) throw new BillingError("RES_001", "No such subscription", { field: "subscription_id" });
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
      idempotent: false,
      handler: async (ctx) => {
        const { companyId } = ctx.principal;
        const customer = await named(services, companyId, ctx.body.customer_id);
        return { payload: await services.check({ companyId, customerId: customer.id }, requestOf(ctx.body)) };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/spend-control/alerts",
      service: "subscription",
      auth: { scopes: ["spend:read"] },
      summary: "List the alerts that fired",
      query: ListQuery,
      handler: (ctx) => listDocuments(services, ctx, "spend_alerts"),
    }),
  ];
}

function requestOf(body: Static<typeof CheckInput>): Parameters<typeof checkUsage>[1] {
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
  if (amount === null || sign(amount) < 0) throw invalid("monthly_limit", "must be an amount of zero or more");
  return amount;
}
