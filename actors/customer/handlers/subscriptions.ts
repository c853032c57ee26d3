import { BillingError, invalid } from "../../../src/errors.ts";
import { periodContaining } from "../../../src/time/calendar.ts";
import type { Instant } from "../../../src/time/instant.ts";
import { accept, type DecisionContext, type Outcome, refuse } from "../../actor.ts";
import type { Command, StartSubscription } from "../commands.ts";
import { subscriptionDocument } from "../documents.ts";
import type { Fact, SubscriptionStarted } from "../facts.ts";
import { type CustomerState, findSubscription, periodOf, type SubscriptionState } from "../state.ts";

/**
 * Starts a subscription on the plan's current version, now, in the past or at a coming instant.
 *
 * Refuses RES_001 for an unknown customer, VAL_001 for an unknown plan or one in a currency of no use here.
 */
export function startSubscription(
  state: CustomerState,
  command: StartSubscription,
  ctx: DecisionContext,
): Outcome {
  if (state.profile === null) return refuse(noCustomer());
  const plan = ctx.catalog.currentPlan(command.planId);
  if (plan === null) return refuse(invalid("plan_id", "no plan has this id or key"));
  const first = plan.prices[0];
  if (first === undefined) return refuse(invalid("plan_id", "the plan has no prices"));
  const fact: SubscriptionStarted = {
    type: "subscription_started",
    at: ctx.now,
    subscription_id: command.id,
    external_id: command.externalId,
    plan_id: plan.id,
    plan_version: plan.version,
    start: command.start ?? ctx.now,
    anchor: command.anchor,
    interval: first.interval,
    interval_count: first.intervalCount,
    timezone: state.profile.timezone,
    metadata: command.metadata,
  };
  return accept([fact], (after) => documentOf(after, command.id, ctx.now));
}

/**
 * Cancels now, at the end of the open period or at an instant. The last period is invoiced up to the end.
 *
 * Refuses RES_001 for an unknown subscription, RES_002 once it is canceled, VAL_001 for an instant before now.
 */
export function cancelSubscription(
  state: CustomerState,
  command: Extract<Command, { type: "cancel_subscription" }>,
  ctx: DecisionContext,
): Outcome {
  const subscription = findSubscription(state, command.ref);
  if (subscription === undefined) return refuse(new BillingError("RES_001", "No such subscription"));
  if (subscription.endsAt !== null && (subscription.ended || command.at !== "now")) {
    return refuse(new BillingError("RES_002", "The subscription is already canceled"));
  }
  const endsAt = endOf(subscription, command.at, ctx.now);
  if (endsAt < ctx.now) return refuse(invalid("at", "must not lie in the past"));
  if (subscription.periods.some((p) => p.start >= endsAt && p.lines.some((line) => line !== null))) {
    return refuse(
      new BillingError("RES_002", "Usage after that instant is already recorded", { field: "at" }),
    );
  }
  const canceled: Fact = {
    type: "subscription_canceled",
    at: ctx.now,
    subscription_id: subscription.id,
    ends_at: endsAt,
  };
  return accept([canceled], (after) => documentOf(after, subscription.id, ctx.now));
}

function endOf(subscription: SubscriptionState, at: "now" | "period_end" | Instant, now: Instant): Instant {
  if (at === "now") return now;
  if (typeof at === "number") return at;
  const open = periodOf(subscription, subscription.openK);
  if (open !== undefined && open.end > now) return open.end;
  return periodContaining(subscription.rule, now)?.end ?? subscription.rule.start;
}

function documentOf(state: CustomerState, id: string, now: Instant): unknown {
  const subscription = findSubscription(state, id);
  return subscription === undefined ? null : subscriptionDocument(state, subscription, now);
}

export function noCustomer(): BillingError {
  return new BillingError("RES_001", "No such customer");
}
