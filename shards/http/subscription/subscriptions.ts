import { type Static, Type } from "@sinclair/typebox";
import type { StartSubscription } from "../../../actors/customer/commands.ts";
import { Metadata } from "../../../actors/customer/profile.ts";
import { invalid } from "../../../src/errors.ts";
import { idPrefixOf } from "../../../src/ids.ts";
import { DecimalText } from "../../../src/money/decimal_schema.ts";
import { amountOf } from "../../../src/pricing/amount.ts";
import type { OverrideRequest } from "../../../src/subscriptions/price_override.ts";
import { OneOf, Ref } from "../../../src/text.ts";
import type { CompanyView } from "../../companies.ts";
import type { Services } from "../../services.ts";
import { existing, listDocuments, namedCustomer } from "../documents.ts";
import { instantField } from "../fields.ts";
import { keptAnswer } from "../kept_answer.ts";
import { listQuery } from "../list.ts";
import { type Route, route } from "../route.ts";

// Each is looked at for every invoice.
const couponsMax = 20;
const overridesMax = 100;

/** Prices of the plan, by id or key, with the fields to have in place of their own. */
export const Overrides = Type.Array(
  Type.Composite([Type.Object({ price: Ref }), Type.Object({}, { additionalProperties: true })]),
  { maxItems: overridesMax },
);

const SubscriptionInput = Type.Object(
  {
    customer_id: Ref,
    plan_id: Ref,
    external_id: Type.Optional(Ref),
    start: Type.Optional(
      Type.String({ format: "date-time", description: "Now when left out; may lie in the past" }),
    ),
    anchor: Type.Optional(OneOf(["calendar", "anniversary"])),
    metadata: Type.Optional(Metadata),
    quantity: Type.Optional(DecimalText("not_negative", "Seats; 1 when left out")),
    trial_end: Type.Optional(
      Type.Union([Type.String({ format: "date-time" }), Type.Null()], {
        description: "In place of the plan's own trial; null for none",
      }),
    ),
    coupons: Type.Optional(Type.Array(Ref, { maxItems: couponsMax })),
    overrides: Type.Optional(Overrides),
  },
  { additionalProperties: false },
);

const statuses = ["scheduled", "trialing", "active", "suspended", "paused", "canceled", "expired"] as const;

const SubscriptionList = listQuery({
  customer_id: Type.Optional(Ref),
  plan_id: Type.Optional(Ref),
  status: Type.Optional(OneOf(statuses)),
});

export const subscriptionExample = {
  id: "sub_01kc5nkt00e1v7d2m8r4q6w9xa",
  external_id: "sub_xyz",
  customer_id: "cust_01kc5nkt00a3b5c7d9e1f3g5h7",
  plan_id: "plan_01kc5nkt00p2q4r6s8t0v2w4x6",
  plan_key: "plan_pro",
  plan_version: 1,
  currency: "USD",
  status: "active",
  suspension_reasons: [],
  start: "2026-02-01T00:00:00Z",
  anchor: "calendar",
  interval: "month",
  interval_count: 1,
  timezone: "UTC",
  quantity: "1",
  trial_end: null,
  coupons: [],
  overrides: [],
  current_period_start: "2026-02-01T00:00:00Z",
  current_period_end: "2026-03-01T00:00:00Z",
  scheduled_change: null,
  paused_until: null,
  cancel_at: null,
  canceled_at: null,
  metadata: {},
  created_at: "2026-02-01T00:00:00Z",
  updated_at: "2026-02-01T00:00:00Z",
};

/** Subscriptions: create, list and read; API.md §2–3. */
export function subscriptionRoutes(services: Services): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/subscriptions",
      service: "subscription",
      auth: { scopes: ["subscriptions:write"] },
      summary: "Start a subscription",
      body: SubscriptionInput,
      example: {
        request: { customer_id: "cust_abc", plan_id: "plan_pro", external_id: "sub_xyz", anchor: "calendar" },
        answer: subscriptionExample,
      },
      success: 201,
      handler: async (ctx) => {
        const key = await namedCustomer(services, ctx, ctx.body.customer_id);
        const company = await services.companies.current(key.companyId);
        const command = startCommand(services, company, ctx.body);
        const payload = await services.shard.send(key, command, keptAnswer(ctx, 201));
        services.orphanRecovery.wake(key.companyId);
        return { payload };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/subscriptions",
      service: "subscription",
      auth: { scopes: ["subscriptions:read"] },
      summary: "List subscriptions",
      query: SubscriptionList,
      example: { answer: [subscriptionExample] },
      handler: (ctx) => listDocuments(services, ctx, "subscriptions"),
    }),
    route({
      method: "GET",
      path: "/api/v1/subscriptions/:id",
      service: "subscription",
      auth: { scopes: ["subscriptions:read"] },
      summary: "Read a subscription by its id or external_id",
      example: { answer: subscriptionExample },
      handler: async (ctx) => ({
        payload: (await existing(services, ctx, "subscriptions", ctx.params.id)).body,
      }),
    }),
  ];
}

function startCommand(
  services: Services,
  company: CompanyView | null,
  input: Static<typeof SubscriptionInput>,
): StartSubscription {
  const plan = company?.catalog.currentPlan(input.plan_id) ?? null;
  if (plan === null) throw invalid("plan_id", "names no plan");
  if (input.external_id !== undefined && idPrefixOf(input.external_id) !== null) {
    throw invalid("external_id", "must not have the form of an id");
  }
  const { quantity, trial_end } = input;
  return {
    type: "start_subscription",
    id: services.ids.next("sub"),
    externalId: input.external_id ?? null,
    planId: plan.id,
    start: input.start === undefined ? null : instantField("start", input.start),
    anchor: input.anchor ?? "calendar",
    metadata: input.metadata ?? {},
    ...(quantity === undefined ? {} : { quantity: amountOf(quantity) }),
    ...(trial_end === undefined
      ? {}
      : { trialEnd: trial_end === null ? null : instantField("trial_end", trial_end) }),
    overrides: (input.overrides ?? []) as OverrideRequest[],
    coupons: input.coupons ?? [],
  };
}
