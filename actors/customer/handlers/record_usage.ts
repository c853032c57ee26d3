import { BillingError } from "../../../src/errors.ts";
import { formatDecimal, ZERO } from "../../../src/money/decimal.ts";
import { addExact, compareExact, type Exact, formatExact } from "../../../src/money/ratio.ts";
import { exceeds, thresholdsReached } from "../../../src/spend/spend_limit.ts";
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
import type { Fact, PeriodOpened } from "../facts.ts";
import { alertFact, exceededFact } from "../limit_facts.ts";
import { openingOf, periodFrom } from "../periods.ts";
import { findPlaces, isSettledAfter, type Place } from "../places.ts";
import { heldUnder } from "../reservations/reservation.ts";
import { spendIn } from "../spend.ts";
import { type CustomerState, covers, findSubscription, type LimitState } from "../state.ts";
import { type PeriodState, phaseOf, type SubscriptionState } from "../subscription_state.ts";
import { measure, type Touch } from "../touch.ts";

/** Where an event belongs, what it changes and what that costs; nothing has been decided yet. */
export interface RatedUsage {
  readonly subscription: SubscriptionState;
  /** The periods that this very event opens. */
  readonly opens: readonly PeriodOpened[];
  readonly touches: readonly Touch[];
  readonly delta: Exact;
}

/**
 * Records one usage event: finds its subscription and periods by the event's own time, rates the difference it
 * makes, tests the limits and fires their alerts.
 *
 * Refuses SPEND_001 where a limit blocks or rejects it; orphans what fits nowhere.
 * @param isReserved budget has been held for it: no limit refuses it
 */
export function recordUsage(
  state: CustomerState,
  command: RecordUsage,
  ctx: DecisionContext,
  isReserved = false,
): Outcome {
  const rated = rateUsage(state, command, ctx);
  if (typeof rated === "string") return orphan(rated);
  if ("needs" in rated) return { kind: "needs", ...rated };
  const { subscription, delta } = rated;

  const bearing = state.limits.filter((limit) => bears(limit, subscription, command.occurredAt));
  const refusal = isReserved ? undefined : bearing.find((limit) => refuses(state, limit, delta, ctx.now));
  if (refusal !== undefined) return refuse(limitReached(refusal));

  const facts: Fact[] = [...rated.opens];
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
    charge: formatExact(delta),
    currency: subscription.currency,
    while_suspended: bearing.some((limit) => limit.exceeded && limit.terms.action === "suspend"),
    touches: rated.touches,
  });
  for (const limit of bearing) crossings(state, limit, delta, ctx.now, facts);
  return accept(facts);
}

/** Usage of a settled period can be rated only once that period has been looked up. */
interface Needed {
  readonly needs: { readonly subscriptionId: string; readonly at: Instant };
}

/** Finds where an event belongs and what it costs, or why it fits nowhere. Changes nothing. */
export function rateUsage(
  state: CustomerState,
  command: RecordUsage,
  ctx: DecisionContext,
): RatedUsage | OrphanReason | Needed {
  if (state.profile === null) return "no_customer";
  const oldest = ctx.settings.max_event_age_days;
  if (oldest !== null && command.occurredAt < ctx.now - oldest * 86_400_000) return "too_old";

  const subscription = subscriptionFor(state, command);
  if (typeof subscription === "string") return subscription;
  const opens: PeriodOpened[] = [];
  const periods: PeriodState[] = [];
  let isMetered = false;
  for (const place of findPlaces(subscription, command.occurredAt)) {
    let { period } = place;
    let opening: PeriodOpened | null = null;
    if (place.isSettled && period === undefined) {
      if (!mightMeasure(subscription, place, command.eventType, ctx)) continue;
      const late = ctx.settings.late_usage === "orphan" || subscription.lookedUp.includes(command.occurredAt);
      return late ? "period_closed" : { needs: { subscriptionId: subscription.id, at: command.occurredAt } };
    }
    if (period === undefined) {
      opening = openingOf(state, subscription, place, ctx);
      period = periodFrom(subscription, opening, ctx.catalog);
    }
    if (!period.meters.byEventType.has(command.eventType)) continue;
    isMetered = true;
    if (carriesIntoSettled(subscription, place, period, command))
      return { needs: { subscriptionId: subscription.id, at: command.occurredAt } };
    if (place.isSettled && ctx.settings.late_usage === "orphan") return "period_closed";
    if (opening !== null) opens.push(opening);
    periods.push(period);
  }
  if (!isMetered && ctx.catalog.metricsOfType(command.eventType).length === 0) return "no_metric";
  const order = state.seq + opens.length + 1;
  const touches: Touch[] = [];
  let delta: Exact = ZERO;
  for (const period of periods) {
    const measured = measure(subscription, period, { ...meteredPart(command), order });
    if ("error" in measured) return "value_error";
    touches.push(...measured.touches);
    delta = addExact(delta, measured.delta);
  }
  return { subscription, opens, touches, delta };
}

/** True where an event's value persists into settled periods that have not been looked up. */
function carriesIntoSettled(
  subscription: SubscriptionState,
  place: Place,
  period: PeriodState,
  { eventType, occurredAt }: RecordUsage,
): boolean {
  const { byEventType, metrics } = period.meters;
  for (const index of byEventType.get(eventType) ?? [])
    if (metrics[index]?.carry_over === true)
      return !subscription.lookedUp.includes(occurredAt) && isSettledAfter(subscription, place);
  return false;
}

/** Whether the plan of a settled period measured this type of event, by the metrics of today. */
function mightMeasure(
  subscription: SubscriptionState,
  place: Place,
  eventType: string,
  { catalog }: DecisionContext,
): boolean {
  const { plan, tracks } = phaseOf(subscription, place.phase);
  const own = tracks[place.track]?.prices ?? [];
  const metrics = catalog.metricsOfType(eventType);
  return own.some((index) => metrics.some((metric) => metric.id === plan.prices[index]?.metricId));
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
    else if (state.subscriptions.length === 1 || meters(subscription, command.eventType)) return subscription;
    else first ??= subscription;
  }
  return first ?? reason;
}

function meters({ periods }: SubscriptionState, eventType: string): boolean {
  return periods.some((period) => period.meters.byEventType.has(eventType));
}

function coverage(subscription: SubscriptionState, at: Instant): OrphanReason | null {
  if (at < subscription.start) return "before_start";
  if (subscription.endsAt !== null && at >= subscription.endsAt) return "after_end";
  return null;
}

/** A limit bears on an event of its currency inside its present window; earlier windows never suspend the present. */
function bears(limit: LimitState, subscription: SubscriptionState, occurredAt: Instant): boolean {
  return (
    covers(limit, subscription.id) &&
    limit.terms.currency === subscription.currency &&
    contains(limit.window, occurredAt)
  );
}

/** What is held for others is not there for this event. */
function refuses(state: CustomerState, limit: LimitState, delta: Exact, now: Instant): boolean {
  const { action, onSuspend, monthlyLimit } = limit.terms;
  if (action === "suspend") return limit.exceeded && onSuspend === "reject";
  return (
    action === "block" &&
    compareExact(delta, ZERO) > 0 &&
    exceeds(addExact(addExact(spendIn(state, limit), heldUnder(state, limit, now)), delta), monthlyLimit)
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

function crossings(state: CustomerState, limit: LimitState, delta: Exact, now: Instant, facts: Fact[]): void {
  const spend = addExact(spendIn(state, limit), delta);
  for (const threshold of thresholdsReached(limit.terms, spend, limit.fired)) {
    facts.push(alertFact(limit, threshold, spend, now));
  }
  if (!limit.exceeded && limit.terms.action !== "block" && exceeds(spend, limit.terms.monthlyLimit)) {
    facts.push(exceededFact(limit, spend, now));
  }
}
