import { Type } from "@sinclair/typebox";
import { findSubscription, periodOf } from "../../../actors/customer/state.ts";
import { usageReport } from "../../../actors/customer/usage_report.ts";
import { BillingError, invalid } from "../../../src/errors.ts";
import { type Anchor, type Interval, isTimezone, type PeriodRule, periodAt, periodContaining } from "../../../src/time/calendar.ts";
import { formatInstant } from "../../../src/time/instant.ts";
import type { Services } from "../../services.ts";
import { instantField } from "../fields.ts";
import { type Route, route } from "../route.ts";
import { existing } from "../subjects.ts";

const Count = Type.Optional(Type.String({ pattern: "^[0-9]{1,3}$", description: "Periods to list, 1 to 100 (12)" }));

const PeriodsQuery = Type.Object(
  { from: Type.Optional(Type.String({ maxLength: 64 })), count: Count },
  { additionalProperties: false },
);

const RuleQuery = Type.Object(
  {
    start: Type.String({ maxLength: 64 }),
    anchor: Type.Optional(Type.Union([Type.Literal("calendar"), Type.Literal("anniversary")])),
    interval: Type.Optional(
      Type.Union([Type.Literal("day"), Type.Literal("week"), Type.Literal("month"), Type.Literal("year")]),
    ),
    interval_count: Type.Optional(Type.String({ pattern: "^[0-9]{1,3}$" })),
    timezone: Type.Optional(Type.String({ maxLength: 64 })),
    count: Count,
  },
  { additionalProperties: false },
);

/** Billing periods and live usage of subscriptions; API.md §3, Subscription. */
export function periodRoutes(services: Services): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/subscriptions/periods",
      service: "subscription",
      auth: { scopes: ["subscriptions:read"] },
      summary: "List the billing periods a rule makes, without a subscription",
      query: RuleQuery,
      handler: async ({ query }) => {
        const timezone = query.timezone ?? "UTC";
        if (!isTimezone(timezone)) throw invalid("timezone", "is not an IANA time zone");
        const rule: PeriodRule = {
          start: instantField("start", query.start),
          anchor: (query.anchor ?? "calendar") satisfies Anchor,
          interval: (query.interval ?? "month") satisfies Interval,
          intervalCount: Number(query.interval_count ?? "1") || 1,
          timezone,
        };
        return { payload: periodsFrom(rule, 0, countOf(query.count)) };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/subscriptions/:id/periods",
      service: "subscription",
      auth: { scopes: ["subscriptions:read"] },
      summary: "List a subscription's billing periods",
      query: PeriodsQuery,
      handler: async (ctx) => {
        const rule = (await live(services, ctx)).rule;
        const from = ctx.query.from === undefined ? rule.start : instantField("from", ctx.query.from);
        const first = periodContaining(rule, Math.max(from, rule.start))?.k ?? 0;
        return { payload: periodsFrom(rule, first, countOf(ctx.query.count)) };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/subscriptions/:id/usage",
      service: "subscription",
      auth: { scopes: ["usage:read"] },
      summary: "Live usage and charges of the open period",
      handler: async (ctx) => ({ payload: (await live(services, ctx)).usage }),
    }),
  ];
}

/** Reads a subscription from its actor, after everything sent before is applied. */
async function live(
  services: Services,
  ctx: Parameters<typeof existing>[1],
): Promise<{ rule: PeriodRule; usage: ReturnType<typeof usageReport> | null }> {
  const document = await existing(services, ctx, "subscriptions");
  const key = { companyId: ctx.principal.companyId, customerId: String(document.customer_id) };
  const id = String(document.id);
  const found = await services.shard.send(key, {
    type: "read",
    read: (state) => {
      const subscription = findSubscription(state, id);
      if (subscription === undefined) return null;
      const open = periodOf(subscription, subscription.openK) ?? subscription.periods.at(-1);
      return { rule: subscription.rule, usage: open === undefined ? null : usageReport(subscription, open) };
    },
  });
  if (found === null) throw new BillingError("RES_001", "No such subscription");
  return found as { rule: PeriodRule; usage: ReturnType<typeof usageReport> | null };
}

function periodsFrom(rule: PeriodRule, first: number, count: number) {
  return Array.from({ length: count }, (_, i) => {
    const { start, end } = periodAt(rule, first + i);
    return { period_start: formatInstant(start), period_end: formatInstant(end), k: first + i };
  });
}

function countOf(text: string | undefined): number {
  const count = Number(text ?? "12");
  if (count < 1 || count > 100) throw invalid("count", "must be from 1 to 100");
  return count;
}
