import { type Static, Type } from "@sinclair/typebox";
import type { SetLimit } from "../../../actors/customer/commands.ts";
import { invalid } from "../../../src/errors.ts";
import { type Decimal, sign } from "../../../src/money/decimal.ts";
import { DecimalText } from "../../../src/money/decimal_schema.ts";
import { decimalOf } from "../../../src/money/json.ts";
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

const LimitList = listQuery({
  customer_id: Type.Optional(Ref),
  subscription_id: Type.Optional(Ref),
  state: Type.Optional(OneOf(["ok", "suspended", "exceeded"])),
});

const limitExample = {
  id: "lim_01kc5nkt00h2j4k6m8n0p2q4r6",
  customer_id: "cust_01kc5nkt00a3b5c7d9e1f3g5h7",
  subscription_id: null,
  monthly_limit: "500.00",
  currency: "USD",
  alert_thresholds: [50, 80, 95],
  action_on_exceed: "suspend",
  ingest_on_suspend: "accept",
  state: "ok",
  created_at: "2026-02-01T00:00:00Z",
  updated_at: "2026-02-01T00:00:00Z",
};

const path = "/api/v1/spend-control/limits";

/** Spend limits: set, list, read, change, remove; API.md §3, Spend limit. */
export function spendLimitRoutes(services: Services): Route[] {
  return [...readRoutes(services), ...writeRoutes(services)];
}

function readRoutes(services: Services): Route[] {
  return [
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
  ];
}

function writeRoutes(services: Services): Route[] {
  return [
    createRoute(services),
    route({
      method: "PATCH",
      path: `${path}/:id`,
      service: "subscription",
      auth: { scopes: ["spend:write"] },
      summary: "Change a spend limit; raising it above the present spend resumes what it suspended",
      body: LimitPatch,
      example: { request: { monthly_limit: "800.00" }, answer: { ...limitExample, monthly_limit: "800.00" } },
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

function createRoute(services: Services): Route {
  return route({
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
  });
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
