import { assertNever } from "../../../src/errors.ts";
import { derivedId } from "../../../src/ids.ts";
import { currentMetricVersions } from "../../../src/subscriptions/plan_meters.ts";
import { accept, type DecisionContext, type Outcome } from "../../actor.ts";
import type { Fact } from "../facts.ts";
import { issueFact } from "../issue.ts";
import { type Due, nextDue } from "../next_wake.ts";
import { type CustomerState, effectiveEnd, periodOf, type SubscriptionState } from "../state.ts";

/** Does the one thing that is due soonest; the shard wakes the actor again while more is due. */
export function wake(state: CustomerState, ctx: DecisionContext): Outcome {
  const due = nextDue(state);
  if (due === null || due.at > ctx.now) return accept([]);
  return accept(happen(state, due, ctx));
}

function happen(state: CustomerState, due: Due, ctx: DecisionContext): Fact[] {
  switch (due.kind) {
    case "start":
      return started(due.subscription, ctx);
    case "end":
      return [{ type: "subscription_ended", at: ctx.now, subscription_id: due.subscription.id }];
    case "close":
      return closed(due, ctx);
    case "issue":
      return [issueFact(state, due.subscription, due.period, ctx)];
    case "window":
      return []; // the review of limits that follows every wake resets it
    default:
      return assertNever(due);
  }
}

/** The facts of a start that has been reached: active, and its first period open. */
export function started(subscription: SubscriptionState, ctx: DecisionContext): Fact[] {
  return [
    { type: "subscription_activated", at: ctx.now, subscription_id: subscription.id },
    ...opened(subscription, 0, ctx),
  ];
}

/** Opens a period with the metric versions of this moment, unless usage ahead of it has opened it already. */
function opened(subscription: SubscriptionState, k: number, ctx: DecisionContext): Fact[] {
  if (periodOf(subscription, k) !== undefined) return [];
  const plan = ctx.catalog.plan(subscription.planId, subscription.planVersion);
  const metricVersions = plan === null ? [] : currentMetricVersions(ctx.catalog, plan);
  return [
    {
      type: "period_opened",
      at: ctx.now,
      subscription_id: subscription.id,
      k,
      metric_versions: metricVersions,
    },
  ];
}

/** A period is over: it becomes a draft with a grace that never ends before usage had its time to arrive. */
function closed(due: Extract<Due, { kind: "close" }>, ctx: DecisionContext): Fact[] {
  const { subscription, period } = due;
  const end = effectiveEnd(subscription, period);
  const facts: Fact[] = [
    {
      type: "period_closed",
      at: ctx.now,
      subscription_id: subscription.id,
      k: period.k,
      invoice_id: derivedId("inv", end, subscription.id, String(period.k)),
      issue_at: Math.max(end, ctx.now) + ctx.settings.invoice_grace_seconds * 1000,
    },
  ];
  const over = subscription.endsAt !== null && subscription.endsAt <= period.end;
  if (over) facts.push({ type: "subscription_ended", at: ctx.now, subscription_id: subscription.id });
  else facts.push(...opened(subscription, period.k + 1, ctx));
  return facts;
}
