import { BillingError, invalid } from "../../../src/errors.ts";
import { formatDecimal } from "../../../src/money/decimal.ts";
import { billedCurrency, planIn } from "../../../src/subscriptions/plan_in_currency.ts";
import { readOverrides } from "../../../src/subscriptions/price_override.ts";
import { addLocalDays } from "../../../src/time/calendar.ts";
import type { Instant } from "../../../src/time/instant.ts";
import { accept, type DecisionContext, type Outcome, refuse } from "../../actor.ts";
import type { CancelSubscription, StartSubscription } from "../commands.ts";
import { subscriptionDocument } from "../documents.ts";
import type { Fact, SubscriptionStarted } from "../facts.ts";
import { hasUsageFrom, periodEnd } from "../plan_change.ts";
import { type CustomerState, findSubscription } from "../state.ts";
import type { SubscriptionState } from "../subscription_state.ts";

/**
 * Starts a subscription on the plan's current version, now, in the past or at a coming instant.
 *
 * Refuses RES_001 for an unknown customer, VAL_001 for an unknown plan, coupon or override.
 */
export function startSubscription(
  state: CustomerState,
  command: StartSubscription,
  ctx: DecisionContext,
): Outcome {
  if (state.profile === null) return refuse(noCustomer());
  try {
    const fact = startedFact(state.profile, command, ctx);
    return accept([fact], (after) => documentOf(after, command.id, ctx.now));
  } catch (error) {
    if (error instanceof BillingError) return refuse(error);
    throw error;
  }
}

/** The fact of a start. Throws VAL_001 for an unknown plan, coupon or override, and a trial that ends before the start. */
export function startedFact(
  customer: { readonly currency: string; readonly timezone: string },
  command: StartSubscription,
  ctx: DecisionContext,
): SubscriptionStarted {
  const plan = ctx.catalog.currentPlan(command.planId);
  if (plan === null) throw invalid("plan_id", "no plan has this id or key");
  const first = plan.prices[0];
  if (first === undefined) throw invalid("plan_id", "the plan has no prices");
  const { timezone } = customer;
  const currency = billedCurrency(plan, customer.currency);
  const start = command.start ?? ctx.now;
  const ownTrial = plan.trialDays === 0 ? null : addLocalDays(start, plan.trialDays, timezone);
  const trialEnd = command.trialEnd === undefined ? ownTrial : command.trialEnd;
  if (trialEnd !== null && trialEnd < start) throw invalid("trial_end", "must not lie before the start");
  return {
    type: "subscription_started",
    at: ctx.now,
    subscription_id: command.id,
    external_id: command.externalId,
    plan_id: plan.id,
    plan_version: plan.version,
    start,
    anchor: command.anchor,
    interval: first.interval,
    interval_count: first.intervalCount,
    timezone,
    metadata: command.metadata,
    currency,
    quantity: command.quantity === undefined ? "1" : formatDecimal(command.quantity),
    trial_end: trialEnd,
    overrides: readOverrides(planIn(plan, currency), command.overrides ?? [], "overrides"),
    coupons: (command.coupons ?? []).map((ref, index) => redeemed(ref, `coupons[${index}]`, currency, ctx)),
  };
}

/**
 * Cancels now, at the end of the open period or at an instant. The last period is invoiced up to the end.
 *
 * Refuses RES_001 for an unknown subscription, RES_002 once it is canceled, VAL_001 for an instant before now.
 */
export function cancelSubscription(
  state: CustomerState,
  command: CancelSubscription,
  ctx: DecisionContext,
): Outcome {
  const subscription = findSubscription(state, command.ref);
  if (subscription === undefined) return refuse(new BillingError("RES_001", "No such subscription"));
  if (subscription.canceledAt !== null && (subscription.ended || command.at !== "now")) {
    return refuse(new BillingError("RES_002", "The subscription is already canceled"));
  }
  const endsAt = endOf(subscription, command.at, ctx.now);
  if (endsAt < ctx.now) return refuse(invalid("at", "must not lie in the past"));
  if (hasUsageFrom(subscription, endsAt)) {
    return refuse(
      new BillingError("RES_002", "Usage after that instant is already recorded", { field: "at" }),
    );
  }
  const canceled: Fact = {
    type: "subscription_canceled",
    at: ctx.now,
    subscription_id: subscription.id,
    ends_at: endsAt,
    proration: command.proration ?? "second",
  };
  return accept([canceled], (after) => documentOf(after, subscription.id, ctx.now));
}

/** A coupon as redeemed now. Throws VAL_001 for one that is unknown, expired or in another currency. */
function redeemed(
  ref: string,
  at: string,
  currency: string,
  ctx: DecisionContext,
): { id: string; version: number } {
  const coupon = ctx.catalog.currentCoupon(ref);
  if (coupon === null) throw invalid(at, "names no coupon");
  if (coupon.expiresAt !== null && coupon.expiresAt <= ctx.now) throw invalid(at, "has expired");
  if (coupon.currency !== null && coupon.currency !== currency)
    throw invalid(at, `is in ${coupon.currency}, the subscription in ${currency}`);
  return { id: coupon.id, version: coupon.version };
}

function endOf(subscription: SubscriptionState, at: "now" | "period_end" | Instant, now: Instant): Instant {
  if (at === "now") return now;
  if (at === "period_end")
    return now < subscription.start ? subscription.start : periodEnd(subscription, now);
  return at;
}

function documentOf(state: CustomerState, id: string, now: Instant): unknown {
  const subscription = findSubscription(state, id);
  return subscription === undefined ? null : subscriptionDocument(state, subscription, now);
}

export function noCustomer(): BillingError {
  return new BillingError("RES_001", "No such customer");
}
