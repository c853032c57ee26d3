import { currencyExponent } from "../../src/money/currency.ts";
import { formatDecimal, scaleOf } from "../../src/money/decimal.ts";
import { formatMoney } from "../../src/money/money.ts";
import { subscriptionStatus } from "../../src/subscriptions/status.ts";
import { formatInstant, type Instant } from "../../src/time/instant.ts";
import {
  type CustomerState,
  isSuspended,
  type LimitState,
  periodOf,
  type SubscriptionState,
} from "./state.ts";

/** A subscription in the shape of API.md §3. */
export function subscriptionDocument(state: CustomerState, subscription: SubscriptionState, now: Instant) {
  const suspended = isSuspended(state, subscription.id);
  const open = periodOf(subscription, subscription.openK);
  const { rule, endsAt, canceledAt } = subscription;
  return {
    id: subscription.id,
    ...(subscription.externalId === null ? {} : { external_id: subscription.externalId }),
    customer_id: state.customerId,
    plan_id: subscription.planId,
    plan_key: subscription.planKey,
    plan_version: subscription.planVersion,
    currency: subscription.currency,
    status: subscriptionStatus({ start: rule.start, endedAt: endsAt, suspended }, now),
    suspension_reasons: suspended ? ["spend_limit"] : [],
    start: formatInstant(rule.start),
    anchor: rule.anchor,
    interval: rule.interval,
    interval_count: rule.intervalCount,
    timezone: rule.timezone,
    current_period_start: open === undefined ? null : formatInstant(open.start),
    current_period_end: open === undefined ? null : formatInstant(open.end),
    cancel_at: endsAt === null ? null : formatInstant(endsAt),
    canceled_at: canceledAt === null ? null : formatInstant(canceledAt),
    metadata: subscription.metadata,
    created_at: formatInstant(subscription.createdAt),
    updated_at: formatInstant(subscription.updatedAt),
  };
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
