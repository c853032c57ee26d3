import { currencyExponent } from "../../src/money/currency.ts";
import { formatDecimal, scaleOf } from "../../src/money/decimal.ts";
import { formatMoney } from "../../src/money/money.ts";
import { subscriptionStatus } from "../../src/subscriptions/status.ts";
import { mainTrack } from "../../src/subscriptions/tracks.ts";
import { formatInstant, type Instant } from "../../src/time/instant.ts";
import { type CustomerState, isSuspended, type LimitState } from "./state.ts";
import { isPaused, openPeriod, phaseAt, type SubscriptionState } from "./subscription_state.ts";

/** A subscription in the shape of API.md §3. */
export function subscriptionDocument(state: CustomerState, subscription: SubscriptionState, now: Instant) {
  const suspended = isSuspended(state, subscription.id);
  const phase = phaseAt(subscription, now);
  const open = openPeriod(subscription, now);
  const { start, anchor, timezone, endsAt, canceledAt, trialEnd, scheduled } = subscription;
  const rule = phase.tracks[mainTrack(phase.plan)]?.rule;
  const paused = isPaused(subscription, now);
  const seats = phase.seats.findLast((change) => change.at <= now) ?? phase.seats[0];
  const facts = { start, endedAt: endsAt, suspended, paused, trialEnd };
  return {
    id: subscription.id,
    ...(subscription.externalId === null ? {} : { external_id: subscription.externalId }),
    customer_id: state.customerId,
    plan_id: phase.planId,
    plan_key: phase.plan.key,
    plan_version: phase.planVersion,
    currency: subscription.currency,
    status: subscriptionStatus(facts, now),
    suspension_reasons: suspended ? ["spend_limit"] : [],
    start: formatInstant(start),
    anchor,
    interval: rule?.interval ?? "month",
    interval_count: rule?.intervalCount ?? 1,
    timezone,
    quantity: seats?.quantity ?? "1",
    trial_end: trialEnd === null ? null : formatInstant(trialEnd),
    coupons: subscription.coupons.map(({ coupon }) => coupon.id),
    overrides: phase.overrides.map(({ price_id, input }) => ({ price: price_id, ...input })),
    current_period_start: open === undefined ? null : formatInstant(open.start),
    current_period_end: open === undefined ? null : formatInstant(open.end),
    scheduled_change:
      scheduled === null
        ? null
        : {
            plan_id: scheduled.plan_id,
            plan_version: scheduled.plan_version,
            quantity: scheduled.quantity,
            effective_at: formatInstant(scheduled.effective_at),
          },
    paused_until: pausedUntil(subscription, now),
    cancel_at: endsAt === null ? null : formatInstant(endsAt),
    canceled_at: canceledAt === null ? null : formatInstant(canceledAt),
    metadata: subscription.metadata,
    created_at: formatInstant(subscription.createdAt),
    updated_at: formatInstant(subscription.updatedAt),
  };
}

function pausedUntil(subscription: SubscriptionState, now: Instant): string | null {
  const until = isPaused(subscription, now) ? (subscription.pauses.at(-1)?.until ?? null) : null;
  return until === null ? null : formatInstant(until);
}

/** A spend limit in the shape of API.md §3. */
export function limitDocument(state: CustomerState, limit: LimitState) {
  const { terms } = limit;
  return {
    id: limit.id,
    customer_id: state.customerId,
    subscription_id: limit.subscriptionId,
    monthly_limit: limitAmount(limit),
    currency: terms.currency,
    alert_thresholds: terms.thresholds,
    action_on_exceed: terms.action,
    ingest_on_suspend: terms.onSuspend,
    state: limitState(limit),
    created_at: formatInstant(limit.createdAt),
    updated_at: formatInstant(limit.updatedAt),
  };
}

/** A limit with its currency's decimals, or all it has where it is finer than that. */
export function limitAmount({ terms }: LimitState): string {
  const { currency, monthlyLimit } = terms;
  const finer = scaleOf(monthlyLimit) > (currencyExponent(currency) ?? 0);
  return finer ? formatDecimal(monthlyLimit) : formatMoney(monthlyLimit, currency);
}

/** `ok` within the limit; beyond it `suspended` or `exceeded`, as its action has it. */
export function limitState(limit: LimitState): "ok" | "suspended" | "exceeded" {
  if (!limit.exceeded) return "ok";
  return limit.terms.action === "suspend" ? "suspended" : "exceeded";
}
