import { assertNever } from "../../../src/errors.ts";
import { accept, type DecisionContext, type Outcome } from "../../actor.ts";
import { contractFacts } from "../contract_invoices.ts";
import { creditDueFacts } from "../credits/expiry.ts";
import { advanceFacts, closingFacts, draftedFact } from "../drafting.ts";
import type { Fact } from "../facts.ts";
import { dueFacts } from "../issue.ts";
import { type Due, nextDue } from "../next_wake.ts";
import { planChangedFact } from "../plan_change.ts";
import { expiryFacts } from "../reservations/reservation_facts.ts";
import type { CustomerState } from "../state.ts";
import type { SubscriptionState } from "../subscription_state.ts";

/** Does the one thing that is due soonest; the shard wakes the actor again while more is due. */
export function wake(state: CustomerState, ctx: DecisionContext): Outcome {
  const due = nextDue(state);
  if (due === null || due.at > ctx.now) return accept([]);
  return accept(happen(state, due, ctx));
}

function happen(state: CustomerState, due: Due, ctx: DecisionContext): Fact[] {
  const at = ctx.now;
  switch (due.kind) {
    case "start":
      return [{ type: "subscription_activated", at, subscription_id: due.subscription.id }];
    case "end":
      return [{ type: "subscription_ended", at, subscription_id: due.subscription.id }];
    case "pending":
      return [draftedFact(due.subscription, at, [], [], ctx)];
    case "close":
      return closingFacts(state, due.subscription, due.at, ctx);
    case "change":
      return changed(due.subscription, ctx);
    case "trial":
      return trialOver(due.subscription, due.at, ctx);
    case "resume":
      return resumed(due.subscription, due.at, ctx);
    case "issue":
      return dueFacts(state, due.subscription, due.draft, ctx);
    case "credit":
      return creditDueFacts(state, ctx.now);
    case "contract":
      return contractFacts(state, ctx);
    case "reservation":
      return expiryFacts(state, ctx.now);
    case "window":
      return []; // the review of limits that follows every wake resets it
    default:
      return assertNever(due);
  }
}

function changed(subscription: SubscriptionState, ctx: DecisionContext): Fact[] {
  const { scheduled } = subscription;
  if (scheduled === null) return [];
  return [planChangedFact(subscription, scheduled, ctx)];
}

function trialOver(subscription: SubscriptionState, at: number, ctx: DecisionContext): Fact[] {
  return [
    { type: "trial_ended", at: ctx.now, subscription_id: subscription.id },
    ...advanceFacts(subscription, at, ctx),
  ];
}

/** A pause that is over: what recurs in advance is billed for the rest of its periods. */
export function resumed(subscription: SubscriptionState, at: number, ctx: DecisionContext): Fact[] {
  const pauses = subscription.pauses.map((p, index, all) =>
    index === all.length - 1 ? { ...p, until: at } : p,
  );
  return [
    { type: "subscription_resumed", at: ctx.now, subscription_id: subscription.id, resumed_at: at },
    ...advanceFacts({ ...subscription, pauses }, at, ctx),
  ];
}
