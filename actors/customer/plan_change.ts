import type { PlanVersion } from "../../src/catalog/plan.ts";
import { assert, BillingError, invalid } from "../../src/errors.ts";
import { formatDecimal } from "../../src/money/decimal.ts";
import { planIn } from "../../src/subscriptions/plan_in_currency.ts";
import { readOverrides } from "../../src/subscriptions/price_override.ts";
import { mainTrack, sameCadence } from "../../src/subscriptions/tracks.ts";
import { type TransitionRule, transitionRule } from "../../src/subscriptions/transition_rule.ts";
import { periodContaining } from "../../src/time/calendar.ts";
import type { Instant } from "../../src/time/instant.ts";
import type { DecisionContext } from "../actor.ts";
import type { ChangePlan } from "./commands.ts";
import type { Fact } from "./facts.ts";
import type { ScheduledChange } from "./plan_change_facts.ts";
import { phaseAt, type SubscriptionState } from "./subscription_state.ts";

/** The fact of a change that takes effect. Plans of one cadence keep the anchor; a new cadence counts from here. */
export function planChangedFact(
  subscription: SubscriptionState,
  change: ScheduledChange,
  ctx: DecisionContext,
): Fact {
  const { plan_id, plan_version, overrides, quantity, rule, effective_at } = change;
  const next = ctx.catalog.plan(plan_id, plan_version);
  const present = subscription.phases.at(-1);
  assert(next !== null && present !== undefined, "a change names a stored plan");
  return {
    type: "plan_changed",
    at: ctx.now,
    subscription_id: subscription.id,
    keeps_anchor: sameCadence(present.plan, planIn(next, subscription.currency)),
    effective_at,
    plan_id,
    plan_version,
    overrides,
    quantity,
    rule,
  };
}

/**
 * The change a caller asks for, with its rule and instant decided. Throws VAL_001 for an unknown plan, one in other
 * currencies and an instant in the past, RES_002 where the company's rule for the pair does not allow it.
 */
export function plannedChange(
  subscription: SubscriptionState,
  command: ChangePlan,
  ctx: DecisionContext,
): ScheduledChange {
  const now = Math.max(ctx.now, subscription.start);
  const phase = phaseAt(subscription, now);
  const found = ctx.catalog.currentPlan(command.planId ?? phase.planId);
  if (found === null) throw invalid("plan_id", "no plan has this id or key");
  if (!found.prices.some((price) => price.currency === subscription.currency))
    throw invalid("plan_id", `the plan has no prices in ${subscription.currency}`);
  const plan = planIn(found, subscription.currency);
  const seats = phase.seats.findLast((change) => change.at <= now) ?? phase.seats[0];
  const quantity = command.quantity === null ? (seats?.quantity ?? "1") : formatDecimal(command.quantity);
  const stored = ctx.catalog.transition(phase.planId, plan.id);
  const rule = transitionRule(phase.plan, plan, quantity, stored, command.asked);
  if (!rule.allowed) {
    throw new BillingError("RES_002", `A change from '${phase.plan.key}' to '${plan.key}' is not allowed`, {
      field: "plan_id",
    });
  }
  const overrides = readOverrides(plan, command.overrides, "overrides");
  const { id: plan_id, version: plan_version } = plan;
  const effective_at = effectiveAt(subscription, command.at, rule, now);
  return { plan_id, plan_version, overrides, quantity, rule, effective_at };
}

/** When the period ends that a subscription shows as its own. */
export function periodEnd(subscription: SubscriptionState, now: Instant): Instant {
  const phase = phaseAt(subscription, now);
  const rule = phase.tracks[mainTrack(phase.plan)]?.rule;
  const period = rule === undefined ? null : periodContaining(rule, Math.max(now, rule.start));
  return period?.end ?? now;
}

/** True where usage lies in a period that would never be: one that begins at or after an instant. */
export function hasUsageFrom(subscription: SubscriptionState, at: Instant): boolean {
  return subscription.periods.some(
    (p) => p.start >= at && p.hasUsage && p.lines.some((line) => line !== null),
  );
}

/** The plan a subscription is on at an instant. */
export function planAt(subscription: SubscriptionState, at: Instant): PlanVersion {
  return phaseAt(subscription, at).plan;
}

function effectiveAt(
  subscription: SubscriptionState,
  at: ChangePlan["at"],
  rule: TransitionRule,
  now: Instant,
): Instant {
  const asked = at ?? (rule.timing === "immediate" ? "now" : "period_end");
  if (asked === "now") return now;
  if (asked === "period_end") return periodEnd(subscription, now);
  if (asked < now) throw invalid("at", "must not lie in the past");
  return asked;
}
