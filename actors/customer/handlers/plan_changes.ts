import { BillingError, invalid } from "../../../src/errors.ts";
import { compare, decimal, formatDecimal } from "../../../src/money/decimal.ts";
import type { Instant } from "../../../src/time/instant.ts";
import { accept, type DecisionContext, type Outcome, refuse } from "../../actor.ts";
import type { ChangePlan, Command } from "../commands.ts";
import { subscriptionDocument } from "../documents.ts";
import { advanceFacts } from "../drafting.ts";
import type { Fact } from "../facts.ts";
import { hasUsageFrom, periodEnd, planChangedFact, plannedChange } from "../plan_change.ts";
import { type CustomerState, findSubscription } from "../state.ts";
import { isPaused, phaseAt, type SubscriptionState } from "../subscription_state.ts";
import { resumed } from "./wake.ts";

/**
 * Changes plan or seats: at once, at the period's end or at an instant, by the transition's rule. A new change takes
 * the place of one that waits. Seats that are added count at once, seats given back at the period's end.
 *
 * Refuses RES_001 for an unknown subscription, RES_002 once it is canceled, where the rule forbids the change and
 * where usage is recorded in a period the change would do away with, VAL_001 for what makes no sense.
 */
export function changePlan(state: CustomerState, command: ChangePlan, ctx: DecisionContext): Outcome {
  const subscription = findSubscription(state, command.ref);
  if (subscription === undefined) return refuse(new BillingError("RES_001", "No such subscription"));
  if (subscription.endsAt !== null && subscription.canceledAt !== null)
    return refuse(new BillingError("RES_002", "The subscription is canceled"));
  try {
    const facts = staysOnPlan(subscription, command, ctx)
      ? seatFacts(subscription, command, ctx)
      : planFacts(subscription, command, ctx);
    return accept(facts, (after) => documentOf(after, subscription.id, ctx.now));
  } catch (error) {
    if (error instanceof BillingError) return refuse(error);
    throw error;
  }
}

/** Stops what recurs, from now on until an instant or until it is resumed; usage goes on. Refuses RES_002 unless active. */
export function pauseSubscription(
  state: CustomerState,
  command: Extract<Command, { type: "pause_subscription" }>,
  ctx: DecisionContext,
): Outcome {
  const subscription = findSubscription(state, command.ref);
  if (subscription === undefined) return refuse(new BillingError("RES_001", "No such subscription"));
  if (subscription.ended || !subscription.started)
    return refuse(new BillingError("RES_002", "Only a running subscription can be paused"));
  if (isPaused(subscription, ctx.now))
    return refuse(new BillingError("RES_002", "The subscription is paused already"));
  const { until } = command;
  if (until !== null && until <= ctx.now) return refuse(invalid("until", "must lie in the future"));
  const paused: Fact = {
    type: "subscription_paused",
    at: ctx.now,
    subscription_id: subscription.id,
    from: ctx.now,
    until,
  };
  return accept([paused], (after) => documentOf(after, subscription.id, ctx.now));
}

/** Ends a pause now. Refuses RES_002 unless paused. */
export function resumeSubscription(
  state: CustomerState,
  command: Extract<Command, { type: "resume_subscription" }>,
  ctx: DecisionContext,
): Outcome {
  const subscription = findSubscription(state, command.ref);
  if (subscription === undefined) return refuse(new BillingError("RES_001", "No such subscription"));
  if (!isPaused(subscription, ctx.now))
    return refuse(new BillingError("RES_002", "The subscription is not paused"));
  return accept(resumed(subscription, ctx.now, ctx), (after) => documentOf(after, subscription.id, ctx.now));
}

/** True where only seats change, or where a change that waits is taken back. */
function staysOnPlan(subscription: SubscriptionState, command: ChangePlan, ctx: DecisionContext): boolean {
  const phase = phaseAt(subscription, Math.max(ctx.now, subscription.start));
  const plan = command.planId === null ? null : ctx.catalog.currentPlan(command.planId);
  if (command.planId !== null && plan === null) return false;
  if (command.overrides.length > 0) return false;
  return plan === null || (plan.id === phase.planId && plan.version === phase.planVersion);
}

function planFacts(subscription: SubscriptionState, command: ChangePlan, ctx: DecisionContext): Fact[] {
  const change = plannedChange(subscription, command, ctx);
  if (hasUsageFrom(subscription, change.effective_at))
    throw new BillingError("RES_002", "Usage after that instant is already recorded", { field: "at" });
  if (change.effective_at <= Math.max(ctx.now, subscription.start))
    return [planChangedFact(subscription, change, ctx)];
  return [{ type: "plan_change_scheduled", at: ctx.now, subscription_id: subscription.id, ...change }];
}

function seatFacts(subscription: SubscriptionState, command: ChangePlan, ctx: DecisionContext): Fact[] {
  const { id } = subscription;
  const unscheduled: Fact[] =
    subscription.scheduled === null
      ? []
      : [{ type: "plan_change_unscheduled", at: ctx.now, subscription_id: id }];
  if (command.quantity === null) {
    if (unscheduled.length > 0) return unscheduled;
    throw new BillingError("RES_002", "The subscription is on this plan already", { field: "plan_id" });
  }
  const now = Math.max(ctx.now, subscription.start);
  const phase = phaseAt(subscription, now);
  const present = phase.seats.findLast((change) => change.at <= now)?.quantity ?? "1";
  const at = seatsFrom(subscription, command, compare(command.quantity, decimal(present)) < 0, now);
  const quantity = formatDecimal(command.quantity);
  const fact: Fact = {
    type: "quantity_changed",
    at: ctx.now,
    subscription_id: id,
    effective_at: at,
    quantity,
  };
  if (at > now) return [...unscheduled, fact];
  const seats = [...phase.seats.filter((change) => change.at < at), { at, quantity }];
  const after = subscription.phases.map((p) => (p === phase ? { ...p, seats } : p));
  return [...unscheduled, fact, ...advanceFacts({ ...subscription, phases: after }, now, ctx)];
}

/** Seats that are added count at once, fewer at the period's end; the caller may say otherwise. */
function seatsFrom(
  subscription: SubscriptionState,
  command: ChangePlan,
  fewer: boolean,
  now: Instant,
): Instant {
  const { timing, proration } = command.asked;
  const early = command.at ?? (timing === undefined ? null : timing === "immediate" ? "now" : "period_end");
  const at = early ?? (fewer || proration === "none" ? "period_end" : "now");
  if (at === "now") return now;
  if (at === "period_end") return periodEnd(subscription, now);
  if (at < now) throw invalid("at", "must not lie in the past");
  return at;
}

function documentOf(state: CustomerState, id: string, now: Instant): unknown {
  const subscription = findSubscription(state, id);
  return subscription === undefined ? null : subscriptionDocument(state, subscription, now);
}
