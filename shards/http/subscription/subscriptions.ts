import { type Static, Type } from "@sinclair/typebox";
import { BillingError, invalid } from "../../../src/errors.ts";
import { parseInstant } from "../../../src/time/instant.ts";
import type { Services } from "../../services.ts";
import { keptAnswer } from "../kept_answer.ts";
import { ListQuery, listDocuments } from "../list_documents.ts";
import { type Route, route } from "../route.ts";
import { existing, named } from "../subjects.ts";

const Id = Type.String({ minLength: 1, maxLength: 255 });

const SubscriptionInput = Type.Object(
  {
    customer_id: Id,
    plan_id: Id,
    external_id: Type.Optional(Id),
    start: Type.Optional(Type.String({ format: "instant", description: "RFC 3339; now when left out" })),
    anchor: Type.Optional(Type.Union([Type.Literal("calendar"), Type.Literal("anniversary")], { default: "calendar" })),
    metadata: Type.Optional(Type.Record(Type.String({ maxLength: 64 }), Type.String({ maxLength: 512 }), { maxProperties: 50 })),
  },
  { additionalProperties: false },
);

const CancelInput = Type.Object(
  { at: Type.String({ description: "`now`, `period_end` or an instant", maxLength: 64 }) },
  { additionalProperties: false },
);

const example = { customer_id: "cust_abc", plan_id: "plan_pro", external_id: "sub_xyz", anchor: "calendar" };

/** Subscriptions: create, list, read and cancel; API.md §2–3. */
export function subscriptionRoutes(services: Services): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/subscriptions",
      service: "subscription",
      auth: { scope: "subscriptions:write" },
      summary: "Start a subscription",
      body: SubscriptionInput,
      example: { request: example },
      success: 201,
      handler: async (ctx) => {
        const { companyId } = ctx.principal;
        const input = ctx.body;
        const customer = await named(services, companyId, input.customer_id);
        const command = startCommand(services, companyId, input);
        const payload = await services.shard.send({ companyId, customerId: customer.id }, command, keptAnswer(ctx, 201));
        return { payload };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/subscriptions",
      service: "subscription",
      auth: { scope: "subscriptions:read" },
      summary: "List subscriptions",
      query: ListQuery,
      handler: (ctx) => listDocuments(services, ctx, "subscriptions"),
    }),
    route({
      method: "GET",
      path: "/api/v1/subscriptions/{id}",
      service: "subscription",
      auth: { scope: "subscriptions:read" },
      summary: "Read a subscription",
      handler: async (ctx) => ({ payload: await existing(services, ctx, "subscriptions") }),
    }),
    route({
      method: "POST",
      path: "/api/v1/subscriptions/{id}/cancel",
      service: "subscription",
      auth: { scope: "subscriptions:write" },
      summary: "Cancel a subscription now, at the period's end or at an instant",
      body: CancelInput,
      example: { request: { at: "period_end" } },
      handler: async (ctx) => {
        const { companyId } = ctx.principal;
        const document = await existing(services, ctx, "subscriptions");
        const command = { type: "cancel_subscription", ref: document.id, at: cancelAt(ctx.body.at) } as const;
        const key = { companyId, customerId: document.customer_id };
        return { payload: await services.shard.send(key, command, keptAnswer(ctx, 200)) };
      },
    }),
  ];
}

function startCommand(services: Services, companyId: string, input: Static<typeof SubscriptionInput>) {
  const catalog = services.companies.known(companyId)?.catalog;
  const plan = catalog?.currentPlan(input.plan_id) ?? null;
  if (plan === null) throw invalid("plan_id", "names no plan");
  return {
    type: "start_subscription" as const,
    id: services.ids.next("sub"),
    externalId: input.external_id ?? null,
    planId: plan.id,
    start: input.start === undefined ? null : instantOf("start", input.start),
    anchor: input.anchor ?? ("calendar" as const),
    metadata: input.metadata ?? {},
  };
}

function cancelAt(at: string): "now" | "period_end" | number {
  return at === "now" || at === "period_end" ? at : instantOf("at", at);
}

function instantOf(field: string, text: string): number {
  const at = parseInstant(text);
  if (at === null) throw invalid(field, "must be an RFC 3339 instant such as 2026-02-01T00:00:00Z");
  return at;
}
