import { type Static, Type } from "@sinclair/typebox";
import type { StartSubscription } from "../../../actors/customer/commands.ts";
import { Metadata } from "../../../actors/customer/profile.ts";
import { invalid } from "../../../src/errors.ts";
import { idPrefixOf } from "../../../src/ids.ts";
import { Later, refuseLater } from "../../../src/later.ts";
import { OneOf, Ref } from "../../../src/text.ts";
import type { Services } from "../../services.ts";
import { existing, listDocuments, namedCustomer, ownerOf } from "../documents.ts";
import { instantField } from "../fields.ts";
import { keptAnswer } from "../kept_answer.ts";
import { listQuery } from "../list.ts";
import { type Route, route } from "../route.ts";

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
    quantity: Later,
    trial_end: Later,
    coupons: Later,
    overrides: Later,
  },
  { additionalProperties: false },
);
const laterFields = ["quantity", "trial_end", "coupons", "overrides"] as const;

const CancelInput = Type.Object(
  { at: Type.String({ maxLength: 64, description: "`now`, `period_end` or an instant" }) },
  { additionalProperties: false },
);

const SubscriptionList = listQuery({
  customer_id: Type.Optional(Ref),
  plan_id: Type.Optional(Ref),
  status: Type.Optional(OneOf(["scheduled", "active", "suspended", "canceled"])),
});

const example = {
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
  current_period_start: "2026-02-01T00:00:00Z",
  current_period_end: "2026-03-01T00:00:00Z",
  cancel_at: null,
  canceled_at: null,
  metadata: {},
  created_at: "2026-02-01T00:00:00Z",
  updated_at: "2026-02-01T00:00:00Z",
};

/** Subscriptions: create, list, read and cancel; API.md §2–3. */
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
        answer: example,
      },
      success: 201,
      handler: async (ctx) => {
        const key = await namedCustomer(services, ctx, ctx.body.customer_id);
        const command = startCommand(services, key.companyId, ctx.body);
        return { payload: await services.shard.send(key, command, keptAnswer(ctx, 201)) };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/subscriptions",
      service: "subscription",
      auth: { scopes: ["subscriptions:read"] },
      summary: "List subscriptions",
      query: SubscriptionList,
      example: { answer: [example] },
      handler: (ctx) => listDocuments(services, ctx, "subscriptions"),
    }),
    route({
      method: "GET",
      path: "/api/v1/subscriptions/:id",
      service: "subscription",
      auth: { scopes: ["subscriptions:read"] },
      summary: "Read a subscription by its id or external_id",
      example: { answer: example },
      handler: async (ctx) => ({
        payload: (await existing(services, ctx, "subscriptions", ctx.params.id)).body,
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/subscriptions/:id/cancel",
      service: "subscription",
      auth: { scopes: ["subscriptions:write"] },
      summary: "Cancel a subscription now, at the period's end or at an instant",
      description:
        "The last period is invoiced up to the end; what recurs is billed for its part of the period.",
      body: CancelInput,
      example: {
        request: { at: "period_end" },
        answer: { ...example, cancel_at: "2026-03-01T00:00:00Z", canceled_at: "2026-02-10T09:30:00Z" },
      },
      handler: async (ctx) => {
        const document = await existing(services, ctx, "subscriptions", ctx.params.id);
        const command = { type: "cancel_subscription", ref: document.id, at: cancelAt(ctx.body.at) } as const;
        return { payload: await services.shard.send(ownerOf(ctx, document), command, keptAnswer(ctx, 200)) };
      },
    }),
  ];
}

function startCommand(
  services: Services,
  companyId: string,
  input: Static<typeof SubscriptionInput>,
): StartSubscription {
  refuseLater(input, laterFields);
  const plan = services.companies.known(companyId)?.catalog.currentPlan(input.plan_id) ?? null;
  if (plan === null) throw invalid("plan_id", "names no plan");
  if (input.external_id !== undefined && idPrefixOf(input.external_id) !== null) {
    throw invalid("external_id", "must not have the form of an id");
  }
  return {
    type: "start_subscription",
    id: services.ids.next("sub"),
    externalId: input.external_id ?? null,
    planId: plan.id,
    start: input.start === undefined ? null : instantField("start", input.start),
    anchor: input.anchor ?? "calendar",
    metadata: input.metadata ?? {},
  };
}

function cancelAt(at: string): "now" | "period_end" | number {
  return at === "now" || at === "period_end" ? at : instantField("at", at);
}
