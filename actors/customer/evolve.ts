import type { Catalog } from "../../src/catalog/catalog.ts";
import { assert, assertNever } from "../../src/errors.ts";
import { apply, newAggregate } from "../../src/metering/aggregate.ts";
import { add, type Decimal, decimal, sub, ZERO } from "../../src/money/decimal.ts";
import { subExact } from "../../src/money/ratio.ts";
import { thresholdsReached } from "../../src/spend/spend_limit.ts";
import { type PlanMeters, planMeters } from "../../src/subscriptions/plan_meters.ts";
import { periodAt } from "../../src/time/calendar.ts";
import { contains } from "../../src/time/period.ts";
import type { Fact, LimitSet, SubscriptionStarted, UsageRecorded } from "./facts.ts";
import { recurringCharges } from "./recurring.ts";
import { addToMonth, spendIn, windowAt } from "./spend.ts";
import {
  type CustomerState,
  findSubscription,
  type PeriodState,
  periodOf,
  type SubscriptionState,
} from "./state.ts";
import { chargeAtZero, findGroup, measure } from "./touch.ts";

/**
 * Applies one fact, in place: the only way a customer's state changes, live and on replay. The catalog is
 * asked for immutable versions only, so the same facts always lead to the same state.
 */
export function evolve(state: CustomerState, fact: Fact, catalog: Catalog): void {
  state.seq++;
  if (fact.at > state.now) state.now = fact.at;
  switch (fact.type) {
    case "usage_recorded":
      return recordUsage(state, fact);
    case "customer_created":
    case "customer_updated":
      state.profile = fact.customer;
      return;
    case "subscription_started":
      state.subscriptions.push(startedSubscription(fact, catalog));
      return;
    case "subscription_activated":
      return change(state, fact, (s) => {
        s.started = true;
      });
    case "subscription_canceled":
      return change(state, fact, (s) => cancel(state, s, fact));
    case "subscription_ended":
      return change(state, fact, (s) => {
        s.ended = true;
      });
    case "period_opened":
      return change(state, fact, (s) => openPeriod(state, s, fact, catalog));
    case "period_closed":
      return change(state, fact, (s) => {
        const period = periodOf(s, fact.k);
        assert(period !== undefined, "a period is open before it closes");
        period.draft = { invoiceId: fact.invoice_id, issueAt: fact.issue_at, createdAt: fact.at };
        s.openK = fact.k + 1;
      });
    case "invoice_issued":
      return change(state, fact, (s) => {
        s.periods = s.periods.filter((p) => p.k !== fact.k);
      });
    case "limit_set":
      return setLimit(state, fact);
    case "limit_removed":
      state.limits = state.limits.filter((l) => l.id !== fact.limit_id);
      return;
    case "limit_window_opened":
      return changeLimit(state, fact, (l) => {
        l.window = { start: fact.start, end: fact.end };
        l.fired = [];
        l.exceeded = false;
      });
    case "alert_fired":
      return changeLimit(state, fact, (l) => {
        l.fired.push(fact.threshold);
      });
    case "limit_exceeded":
      return changeLimit(state, fact, (l) => {
        l.exceeded = true;
      });
    case "limit_cleared":
      return changeLimit(state, fact, (l) => {
        l.exceeded = false;
      });
    default:
      assertNever(fact);
  }
}

function change(
  state: CustomerState,
  fact: { readonly at: number; readonly subscription_id: string },
  apply: (subscription: SubscriptionState) => void,
): void {
  const subscription = findSubscription(state, fact.subscription_id);
  assert(subscription !== undefined, "a fact names a subscription of its customer");
  apply(subscription);
  subscription.updatedAt = fact.at;
}

function changeLimit(
  state: CustomerState,
  fact: { readonly at: number; readonly limit_id: string },
  apply: (limit: CustomerState["limits"][number]) => void,
): void {
  const limit = state.limits.find((l) => l.id === fact.limit_id);
  assert(limit !== undefined, "a fact names a limit of its customer");
  apply(limit);
  limit.updatedAt = fact.at;
}

function startedSubscription(fact: SubscriptionStarted, catalog: Catalog): SubscriptionState {
  const plan = catalog.plan(fact.plan_id, fact.plan_version);
  assert(plan !== null, "a subscription's plan version is in the catalog");
  return {
    id: fact.subscription_id,
    externalId: fact.external_id,
    planId: fact.plan_id,
    planVersion: fact.plan_version,
    planKey: plan.key,
    currency: plan.currency,
    rule: {
      start: fact.start,
      anchor: fact.anchor,
      interval: fact.interval,
      intervalCount: fact.interval_count,
      timezone: fact.timezone,
    },
    metadata: fact.metadata,
    createdAt: fact.at,
    updatedAt: fact.at,
    endsAt: null,
    canceledAt: null,
    started: false,
    openK: 0,
    periods: [],
    months: [],
    ended: false,
  };
}

function openPeriod(
  state: CustomerState,
  subscription: SubscriptionState,
  fact: Extract<Fact, { type: "period_opened" }>,
  catalog: Catalog,
): void {
  const plan = catalog.plan(subscription.planId, subscription.planVersion);
  assert(plan !== null, "a subscription's plan version is in the catalog");
  const meters = planMeters(catalog, plan, fact.metric_versions);
  const { start, end } = periodAt(subscription.rule, fact.k);
  const period: PeriodState = {
    k: fact.k,
    start,
    end,
    metricVersions: fact.metric_versions,
    meters,
    lines: plan.prices.map(() => null),
    usage: usageAtZero(meters),
    recurring: ZERO,
    draft: null,
  };
  period.recurring = recurringCharges(subscription, period);
  subscription.periods = [...subscription.periods, period].sort((a, b) => a.k - b.k);
  const month = { occurred: start, now: fact.at, timezone: zoneOf(state) };
  addToMonth(subscription, month, period.usage, period.recurring);
}

/** What the metered prices of a period owe before any usage. */
function usageAtZero({ plan, metrics }: PlanMeters): Decimal {
  let sum = ZERO;
  for (const [index, price] of plan.prices.entries()) {
    const metric = metrics[index];
    if (metric) sum = add(sum, chargeAtZero(price, metric));
  }
  return sum;
}

/** Ends a subscription at an instant: what recurs is due for the part that remains only. */
function cancel(
  state: CustomerState,
  subscription: SubscriptionState,
  fact: Extract<Fact, { type: "subscription_canceled" }>,
): void {
  subscription.canceledAt = fact.at;
  subscription.endsAt = fact.ends_at;
  for (const period of subscription.periods) {
    if (period.end <= fact.ends_at || period.draft !== null) continue;
    const before = period.recurring;
    period.recurring = recurringCharges(subscription, period);
    const change = subExact(period.recurring, before);
    addToMonth(subscription, { occurred: period.start, now: fact.at, timezone: zoneOf(state) }, ZERO, change);
  }
}

function setLimit(state: CustomerState, fact: LimitSet): void {
  const terms = {
    monthlyLimit: decimal(fact.monthly_limit),
    currency: fact.currency,
    thresholds: fact.alert_thresholds,
    action: fact.action_on_exceed,
    onSuspend: fact.ingest_on_suspend,
  };
  const known = state.limits.find((l) => l.id === fact.limit_id);
  if (known !== undefined) {
    known.terms = terms;
    known.updatedAt = fact.at;
    // Alerts the new terms have not reached yet may fire again.
    const reached = thresholdsReached(terms, spendIn(state, known), []);
    known.fired = known.fired.filter((threshold) => reached.includes(threshold));
    return;
  }
  state.limits.push({
    id: fact.limit_id,
    subscriptionId: fact.subscription_id,
    createdAt: fact.at,
    updatedAt: fact.at,
    terms,
    window: windowAt(state, fact.subscription_id, fact.at),
    fired: [],
    exceeded: false,
  });
}

function recordUsage(state: CustomerState, fact: UsageRecorded): void {
  const subscription = findSubscription(state, fact.subscription_id);
  const period = subscription?.periods.find((p) => contains(p, fact.occurred_at));
  assert(subscription !== undefined && period !== undefined, "usage falls into an open period");
  const touches = fact.touches ?? remeasured(period, fact, state.seq);
  let delta = ZERO;
  for (const touch of touches) {
    const metric = period.meters.metrics[touch.priceIndex];
    const price = period.meters.plan.prices[touch.priceIndex];
    assert(metric, "usage touches metered prices");
    let group = findGroup(period, touch.priceIndex, touch.groupKey);
    if (group === undefined) {
      const charge = price === undefined ? ZERO : chargeAtZero(price, metric);
      group = { key: touch.groupKey, aggregate: newAggregate(metric.aggregation), charge };
      const line = period.lines[touch.priceIndex];
      if (line) line.groups.push(group);
      else period.lines[touch.priceIndex] = { groups: [group] };
    }
    apply(group.aggregate, touch.value, fact.occurred_at, state.seq, fact.times);
    delta = add(delta, sub(touch.charge, group.charge));
    group.charge = touch.charge;
  }
  period.usage = add(period.usage, delta);
  addToMonth(
    subscription,
    { occurred: fact.occurred_at, now: fact.at, timezone: zoneOf(state) },
    delta,
    ZERO,
  );
}

function remeasured(period: PeriodState, fact: UsageRecorded, order: number) {
  const measured = measure(period, {
    eventType: fact.event_type,
    properties: fact.properties,
    occurredAt: fact.occurred_at,
    order,
    times: fact.times,
  });
  assert("touches" in measured, "recorded usage measures as it did");
  return measured.touches;
}

function zoneOf(state: CustomerState): string {
  return state.profile?.timezone ?? "UTC";
}
