import { Type } from "@sinclair/typebox";
import { type CustomerState, findSubscription } from "../../../actors/customer/state.ts";
import { phaseAt } from "../../../actors/customer/subscription_state.ts";
import { usageReport } from "../../../actors/customer/usage_report.ts";
import { BillingError, invalid } from "../../../src/errors.ts";
import { mainTrack } from "../../../src/subscriptions/tracks.ts";
import { OneOf } from "../../../src/text.ts";
import { isTimezone, type PeriodRule, periodAt, periodContaining } from "../../../src/time/calendar.ts";
import { formatInstant, type Instant } from "../../../src/time/instant.ts";
import type { Services } from "../../services.ts";
import { existing, ownerOf } from "../documents.ts";
import { instantField } from "../fields.ts";
import { type Route, route } from "../route.ts";

const Count = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 100, default: 12, description: "Periods to list" }),
);
const InstantText = Type.String({ format: "date-time" });

const PeriodsQuery = Type.Object(
  { from: Type.Optional(InstantText), count: Count },
  { additionalProperties: false },
);

const RuleQuery = Type.Object(
  {
    start: InstantText,
    anchor: Type.Optional(OneOf(["calendar", "anniversary"])),
    interval: Type.Optional(OneOf(["day", "week", "month", "year"])),
    interval_count: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 1 })),
    timezone: Type.Optional(Type.String({ maxLength: 64, default: "UTC", description: "IANA time zone" })),
    count: Count,
  },
  { additionalProperties: false },
);

const example = [
  { period_start: "2026-01-31T00:00:00Z", period_end: "2026-02-28T00:00:00Z", k: 0 },
  { period_start: "2026-02-28T00:00:00Z", period_end: "2026-03-31T00:00:00Z", k: 1 },
];

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
      example: { answer: example },
      handler: async ({ query }) => {
        const timezone = query.timezone ?? "UTC";
        if (!isTimezone(timezone)) throw invalid("timezone", "is not an IANA time zone");
        const rule: PeriodRule = {
          start: instantField("start", query.start),
          anchor: query.anchor ?? "calendar",
          interval: query.interval ?? "month",
          intervalCount: query.interval_count ?? 1,
          timezone,
        };
        return { payload: periodsFrom(rule, 0, query.count ?? 12) };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/subscriptions/:id/periods",
      service: "subscription",
      auth: { scopes: ["subscriptions:read"] },
      summary: "List a subscription's billing periods",
      query: PeriodsQuery,
      example: { answer: example },
      handler: async (ctx) => {
        const { rule } = await live(services, ctx, ctx.params.id);
        const from = ctx.query.from === undefined ? rule.start : instantField("from", ctx.query.from);
        const first = periodContaining(rule, Math.max(from, rule.start))?.k ?? 0;
        return { payload: periodsFrom(rule, first, ctx.query.count ?? 12) };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/subscriptions/:id/usage",
      service: "subscription",
      auth: { scopes: ["usage:read"] },
      summary: "Live usage and charges of the open period",
      handler: async (ctx) => ({ payload: (await live(services, ctx, ctx.params.id)).usage }),
    }),
  ];
}

interface Live {
  readonly rule: PeriodRule;
  readonly usage: ReturnType<typeof usageReport>;
}

/** Reads a subscription from its actor, after everything sent before is applied. */
async function live(services: Services, ctx: Parameters<typeof existing>[1], ref: string): Promise<Live> {
  const document = await existing(services, ctx, "subscriptions", ref);
  const read = (state: CustomerState, { now }: { now: Instant }): Live | null => {
    const subscription = findSubscription(state, document.id);
    if (subscription === undefined) return null;
    const phase = phaseAt(subscription, now);
    const rule = phase.tracks[mainTrack(phase.plan)]?.rule;
    return rule === undefined ? null : { rule, usage: usageReport(subscription, now) };
  };
  const found = (await services.shard.send(ownerOf(ctx, document), { type: "read", read })) as Live | null;
  if (found === null) throw new BillingError("RES_001", "No such subscription");
  return found;
}

function periodsFrom(rule: PeriodRule, first: number, count: number) {
  return Array.from({ length: count }, (_, i) => {
    const { start, end } = periodAt(rule, first + i);
    return { period_start: formatInstant(start), period_end: formatInstant(end), k: first + i };
  });
}
