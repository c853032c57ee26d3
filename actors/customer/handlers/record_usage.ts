import { BillingError } from "../../../src/errors.ts";
import { type Decimal, formatDecimal, sign, ZERO } from "../../../src/money/decimal.ts";
import { addExact } from "../../../src/money/ratio.ts";
import { exceeds, thresholdsReached } from "../../../src/spend/spend_limit.ts";
import { currentMetricVersions, planMeters } from "../../../src/subscriptions/plan_meters.ts";
import { periodAt, periodContaining } from "../../../src/time/calendar.ts";
import type { Instant } from "../../../src/time/instant.ts";
import { contains } from "../../../src/time/period.ts";
import {
  accept,
  type DecisionContext,
  type OrphanReason,
  type Outcome,
  orphan,
  refuse,
} from "../../actor.ts";
import type { RecordUsage } from "../commands.ts";
import type { Fact } from "../facts.ts";
import { alertFact, exceededFact } from "../limit_facts.ts";
import { spendIn } from "../spend.ts";
import {
  type CustomerState,
  covers,
  findSubscription,
  type LimitState,
  type PeriodState,
  type SubscriptionState,
} from "../state.ts";
import { measure, type Touch } from "../touch.ts";

/** Where an event belongs, what it changes and what that costs; nothing has been decided yet. */
export interface RatedUsage {
  readonly subscription: SubscriptionState;
  readonly period: PeriodState;
  /** True when the period is opened by this very event. */
  readonly opens: boolean;
  readonly touches: readonly Touch[];
  readonly delta: Decimal;
}

/**
 * Records one usage event: finds its subscription and period by the event's own time, rates the difference it
 * makes, tests the limits and fires their alerts.
 *
 * Refuses SPEND_001 where a limit blocks or rejects it; orphans what fits nowhere.
 */
export function recordUsage(state: CustomerState, command: RecordUsage, ctx: DecisionContext): Outcome {
  const rated = rateUsage(state, command, ctx);
  if (typeof rated === "string") return orphan(rated);
  const { subscription, period, delta } = rated;

  const bearing = state.limits.filter((limit) => bears(limit, subscription, command.occurredAt));
  const refusal = bearing.find((limit) => refuses(state, limit, delta));
  if (refusal !== undefined) return refuse(limitReached(refusal));

  const facts: Fact[] = [];
  if (rated.opens) facts.push(opening(subscription, period, ctx.now));
  facts.push({
    type: "usage_recorded",
    at: ctx.now,
    event_id: command.eventId,
    source: command.source,
    event_type: command.eventType,
    subscription_id: subscription.id,
    occurred_at: command.occurredAt,
    properties: command.properties,
    times: command.times,
    charge: delta,
    currency: subscription.currency,
    while_suspended: bearing.some((limit) => limit.exceeded && limit.terms.action === "suspend"),
    touches: rated.touches,
  });
  for (const limit of bearing) crossings(state, limit, delta, ctx.now, facts);
  return accept(facts);
}

/** Finds where an event belongs and what it costs, or why it fits nowhere. Changes nothing. */
export function rateUsage(
  state: CustomerState,
  command: RecordUsage,
  ctx: DecisionContext,
): RatedUsage | OrphanReason {
  if (state.profile === null) return "no_customer";
  const oldest = ctx.settings.max_event_age_days;
  if (oldest !== null && command.occurredAt < ctx.now - oldest * 86_400_000) return "too_old";

  const subscription = subscriptionFor(state, command);
  if (typeof subscription === "string") return subscription;
  const known = subscription.periods.find((p) => contains(p, command.occurredAt));
  const period = known ?? periodAhead(subscription, command.occurredAt, ctx);
  if (period === null) return "period_closed";
  // The open period may still meter a type its metric has since left.
  const isMetered = period.meters.byEventType.has(command.eventType);
  if (!isMetered && ctx.catalog.metricsOfType(command.eventType).length === 0) return "no_metric";
  const order = state.seq + (known === undefined ? 2 : 1);
  const measured = measure(period, { ...meteredPart(command), order });
  if ("error" in measured) return "value_error";
  return { subscription, period, opens: known === undefined, ...measured };
}

function meteredPart(command: RecordUsage) {
  const { eventType, properties, occurredAt, times } = command;
  return { eventType, properties, occurredAt, times };
}

/** The subscription that covers the event's time; of several, the oldest that meters its type. */
function subscriptionFor(state: CustomerState, command: RecordUsage): SubscriptionState | OrphanReason {
  const { subscriptionRef, occurredAt } = command;
  if (subscriptionRef !== null) {
    const named = findSubscription(state, subscriptionRef);
    if (named === undefined) return "no_subscription";
    return coverage(named, occurredAt) ?? named;
  }
  let reason: OrphanReason = "no_subscription";
  let first: SubscriptionState | null = null;
  for (const subscription of state.subscriptions) {
    const miss = coverage(subscription, occurredAt);
    if (miss !== null) reason = miss;
    else if (subscription.periods.some((p) => p.meters.byEventType.has(command.eventType)))
      return subscription;
    else first ??= subscription;
  }
  return first ?? reason;
}

function coverage(subscription: SubscriptionState, at: Instant): OrphanReason | null {
  if (at < subscription.rule.start) return "before_start";
  if (subscription.endsAt !== null && at >= subscription.endsAt) return "after_end";
  return null;
}

/** The period of an instant ahead of the open one, as it would be opened; null where it is closed for good. */
function periodAhead(subscription: SubscriptionState, at: Instant, ctx: DecisionContext): PeriodState | null {
  const found = periodContaining(subscription.rule, at);
  if (found === null || found.k < subscription.openK) return null;
  const plan = ctx.catalog.plan(subscription.planId, subscription.planVersion);
  if (plan === null) return null;
  const metricVersions = currentMetricVersions(ctx.catalog, plan);
  const { start, end } = periodAt(subscription.rule, found.k);
  return {
    k: found.k,
    start,
    end,
    metricVersions,
    meters: planMeters(ctx.catalog, plan, metricVersions),
    lines: [],
    usage: ZERO,
    recurring: ZERO,
    draft: null,
  };
}

function opening(subscription: SubscriptionState, period: PeriodState, at: Instant): Fact {
  return {
    type: "period_opened",
    at,
    subscription_id: subscription.id,
    k: period.k,
    metric_versions: [...period.metricVersions],
  };
}

/** A limit bears on an event of its currency inside its present window; earlier windows never suspend the present. */
function bears(limit: LimitState, subscription: SubscriptionState, occurredAt: Instant): boolean {
  return (
    covers(limit, subscription.id) &&
    limit.terms.currency === subscription.currency &&
    contains(limit.window, occurredAt)
  );
}

function refuses(state: CustomerState, limit: LimitState, delta: Decimal): boolean {
  const { action, onSuspend, monthlyLimit } = limit.terms;
  if (action === "suspend") return limit.exceeded && onSuspend === "reject";
  return (
    action === "block" && sign(delta) > 0 && exceeds(addExact(spendIn(state, limit), delta), monthlyLimit)
  );
}

/** The refusal a limit gives, in words for the caller. */
function limitReached(limit: LimitState): BillingError {
  const { action, currency, monthlyLimit } = limit.terms;
  const amount = `${formatDecimal(monthlyLimit)} ${currency}`;
  const why =
    action === "block"
      ? `it would go beyond the spend limit of ${amount}`
      : `the spend limit of ${amount} is reached and usage is suspended`;
  return new BillingError("SPEND_001", `Refused: ${why}`);
}

function crossings(
  state: CustomerState,
  limit: LimitState,
  delta: Decimal,
  now: Instant,
  facts: Fact[],
): void {
  const spend = addExact(spendIn(state, limit), delta);
  for (const threshold of thresholdsReached(limit.terms, spend, limit.fired)) {
    facts.push(alertFact(limit, threshold, spend, now));
  }
  if (!limit.exceeded && limit.terms.action !== "block" && exceeds(spend, limit.terms.monthlyLimit)) {
    facts.push(exceededFact(limit, spend, now));
  }
}
