import { type Static, Type } from "@sinclair/typebox";
import type { DecisionContext } from "../../../actors/actor.ts";
import type { ChangePlan, Command } from "../../../actors/customer/commands.ts";
import { previewChange } from "../../../actors/customer/preview_change.ts";
import type { CustomerState } from "../../../actors/customer/state.ts";
import { buildCatalog } from "../../../src/catalog/catalog.ts";
import { BillingError, invalid } from "../../../src/errors.ts";
import { DecimalText } from "../../../src/money/decimal_schema.ts";
import { amountOf } from "../../../src/pricing/amount.ts";
import type { OverrideRequest } from "../../../src/subscriptions/price_override.ts";
import { OneOf, Ref } from "../../../src/text.ts";
import type { Services } from "../../services.ts";
import { TriedPlan, triedRows } from "../admin/simulated_plan.ts";
import { existing, ownerOf } from "../documents.ts";
import { instantField } from "../fields.ts";
import { invoiceExample } from "../invoicing/example.ts";
import { keptAnswer } from "../kept_answer.ts";
import { type Answer, type Context, type Route, route } from "../route.ts";
import { storePlan } from "./custom_plan.ts";
import { Overrides, subscriptionExample } from "./subscriptions.ts";

const closed = { additionalProperties: false };
const At = Type.String({ maxLength: 64, description: "`now`, `period_end` or an instant" });
const ProrationField = OneOf(["none", "day", "second"]);

const ChangeInput = Type.Object(
  {
    plan_id: Type.Optional(Ref),
    plan: Type.Optional(TriedPlan),
    quantity: Type.Optional(DecimalText("not_negative", "Seats")),
    at: Type.Optional(At),
    preview: Type.Optional(Type.Boolean({ default: false })),
    overrides: Type.Optional(Overrides),
    timing: Type.Optional(OneOf(["immediate", "period_end"])),
    proration: Type.Optional(ProrationField),
    unused: Type.Optional(OneOf(["credit", "invoice_line", "none"])),
    usage: Type.Optional(OneOf(["bill_now", "carry_over"])),
  },
  closed,
);
type ChangeInput = Static<typeof ChangeInput>;

const CancelInput = Type.Object({ at: At, proration: Type.Optional(ProrationField) }, closed);
const PauseInput = Type.Object({ until: Type.Optional(Type.String({ format: "date-time" })) }, closed);

const previewExample = {
  effective_at: "2026-02-15T00:00:00Z",
  line_items: [
    {
      id: "li_01khf6x400s4v6x8z1b3d5f7h9",
      type: "recurring",
      price_id: "price_01kgb9v400a3b5c7d9e1f3g5h7",
      description: "Scale base fee",
      quantity: "1",
      unit_amount: "99",
      amount: "49.50",
      tax_amount: "0.00",
      period_start: "2026-02-15T00:00:00Z",
      period_end: "2026-03-01T00:00:00Z",
    },
  ],
  credit: "24.50",
  amount_due_now: "25.00",
  next_invoice: { ...invoiceExample, id: null, number: null, status: "draft", issued_at: null, due_at: null },
};

/** What happens to a running subscription: change of plan or seats, pause, resume, cancel; API.md §3, Subscription. */
export function subscriptionChangeRoutes(services: Services): Route[] {
  const common = { method: "POST", service: "subscription" } as const;
  const write = { auth: { scopes: ["subscriptions:write"] } } as const;
  return [
    route({
      ...common,
      ...write,
      path: "/api/v1/subscriptions/:id/change-plan",
      summary: "Change plan or seats, at once, at the period's end or at an instant",
      description:
        "Without further fields the company's rule for the two plans decides, else the default: upgrades at once " +
        "with proration by the second, downgrades at the period's end; seats that are added count at once, fewer " +
        "seats from the next period. `preview` tells what the change would do, by the same code, and changes nothing.",
      body: ChangeInput,
      example: { request: { plan_id: "plan_scale", preview: true }, answer: previewExample },
      handler: (ctx) => change(services, ctx),
    }),
    route({
      ...common,
      ...write,
      path: "/api/v1/subscriptions/:id/pause",
      summary: "Pause: nothing recurs until it is resumed, or until an instant; usage is billed as ever",
      body: PauseInput,
      example: {
        request: { until: "2026-04-01T00:00:00Z" },
        answer: { ...subscriptionExample, status: "paused", paused_until: "2026-04-01T00:00:00Z" },
      },
      handler: (ctx) => {
        const { until } = ctx.body;
        const at = until === undefined ? null : instantField("until", until);
        return send(services, ctx, (ref) => ({ type: "pause_subscription", ref, until: at }));
      },
    }),
    route({
      ...common,
      ...write,
      path: "/api/v1/subscriptions/:id/resume",
      summary: "End a pause now",
      example: { request: {}, answer: subscriptionExample },
      handler: (ctx) => send(services, ctx, (ref) => ({ type: "resume_subscription", ref })),
    }),
    route({
      ...common,
      ...write,
      path: "/api/v1/subscriptions/:id/cancel",
      summary: "Cancel a subscription now, at the period's end or at an instant",
      description:
        "The last period is invoiced up to the end. What recurs is billed for its part of the period, by the " +
        "second unless `proration` says otherwise; what was paid in advance and is not used is given back.",
      body: CancelInput,
      example: {
        request: { at: "period_end" },
        answer: {
          ...subscriptionExample,
          cancel_at: "2026-03-01T00:00:00Z",
          canceled_at: "2026-02-10T09:30:00Z",
        },
      },
      handler: (ctx) => {
        const { at, proration = "second" } = ctx.body;
        const when = instantOr("at", at);
        return send(services, ctx, (ref) => ({ type: "cancel_subscription", ref, at: when, proration }));
      },
    }),
  ];
}

type Caller = Parameters<typeof existing>[1] &
  Parameters<typeof keptAnswer>[0] &
  Parameters<typeof ownerOf>[0];

async function send(
  services: Services,
  ctx: Caller & { readonly params: { readonly id: string } },
  command: (ref: string) => Command,
): Promise<Answer> {
  const document = await existing(services, ctx, "subscriptions", ctx.params.id);
  const payload = await services.shard.send(
    ownerOf(ctx, document),
    command(document.id),
    keptAnswer(ctx, 200),
  );
  services.orphanRecovery.wake(ctx.principal.companyId);
  return { payload };
}

async function change(
  services: Services,
  ctx: Caller & Pick<Context<ChangeInput, unknown, object, "id">, "body" | "params" | "principal">,
): Promise<Answer> {
  const { body } = ctx;
  if (body.plan !== undefined && body.plan_id !== undefined) throw invalid("plan", "is given beside plan_id");
  if (body.plan === undefined && body.plan_id === undefined && body.quantity === undefined)
    throw invalid("plan_id", "is required, or a plan, or a quantity");
  const document = await existing(services, ctx, "subscriptions", ctx.params.id);
  if (body.preview === true) {
    const read = await previewOf(services, ctx, document.id);
    return { payload: await services.shard.send(ownerOf(ctx, document), { type: "read", read }) };
  }
  const planId =
    body.plan === undefined
      ? (body.plan_id ?? null)
      : await storePlan(services, ctx.principal.companyId, body.plan);
  return send(services, ctx, (ref) => commandOf(ref, planId, body));
}

/** An inline plan is looked at beside the company's catalog and stored nowhere. */
async function previewOf(
  services: Services,
  ctx: Pick<Context<ChangeInput, unknown, object, "id">, "body" | "principal">,
  ref: string,
): Promise<(state: CustomerState, decision: DecisionContext) => unknown> {
  const { body } = ctx;
  if (body.plan === undefined)
    return (state, decision) => previewChange(state, commandOf(ref, body.plan_id ?? null, body), decision);
  const company = await services.companies.current(ctx.principal.companyId);
  if (company === null) throw new BillingError("RES_001", "No such company");
  const { rows, planId } = triedRows(body.plan, company.catalog);
  const catalog = buildCatalog([...company.rows, ...rows]);
  return (state, decision) => previewChange(state, commandOf(ref, planId, body), { ...decision, catalog });
}

function commandOf(ref: string, planId: string | null, body: ChangeInput): ChangePlan {
  const { quantity, at, timing, proration, unused, usage } = body;
  return {
    type: "change_plan",
    ref,
    planId,
    quantity: quantity === undefined ? null : amountOf(quantity),
    at: at === undefined ? null : instantOr("at", at),
    overrides: (body.overrides ?? []) as OverrideRequest[],
    asked: {
      ...(timing === undefined ? {} : { timing }),
      ...(proration === undefined ? {} : { proration }),
      ...(unused === undefined ? {} : { unused }),
      ...(usage === undefined ? {} : { usage }),
    },
  };
}

function instantOr(field: string, at: string): "now" | "period_end" | number {
  return at === "now" || at === "period_end" ? at : instantField(field, at);
}
