import type { Instant } from "../../src/time/instant.ts";
import {
  type CustomerState,
  effectiveEnd,
  type PeriodState,
  periodOf,
  type SubscriptionState,
} from "./state.ts";

/** The next thing time alone will do to a customer. */
export type Due =
  | { readonly kind: "start"; readonly at: Instant; readonly subscription: SubscriptionState }
  | { readonly kind: "end"; readonly at: Instant; readonly subscription: SubscriptionState }
  | {
      readonly kind: "close";
      readonly at: Instant;
      readonly subscription: SubscriptionState;
      readonly period: PeriodState;
    }
  | {
      readonly kind: "issue";
      readonly at: Instant;
      readonly subscription: SubscriptionState;
      readonly period: PeriodState;
    }
  | { readonly kind: "window"; readonly at: Instant };

/** The earliest due thing; of several at one instant, the first in the order periods are listed. */
export function nextDue(state: CustomerState): Due | null {
  let next: Due | null = null;
  const consider = (due: Due): void => {
    if (next === null || due.at < next.at) next = due;
  };
  for (const subscription of state.subscriptions) considerSubscription(subscription, consider);
  for (const limit of state.limits) consider({ kind: "window", at: limit.window.end });
  return next;
}

function considerSubscription(subscription: SubscriptionState, consider: (due: Due) => void): void {
  for (const period of subscription.periods) {
    if (period.draft !== null) consider({ kind: "issue", at: period.draft.issueAt, subscription, period });
  }
  if (subscription.ended) return;
  const { endsAt, rule, started } = subscription;
  if (!started) {
    if (endsAt !== null && endsAt <= rule.start) consider({ kind: "end", at: endsAt, subscription });
    else consider({ kind: "start", at: rule.start, subscription });
    return;
  }
  const open = periodOf(subscription, subscription.openK);
  if (open !== undefined && effectiveEnd(subscription, open) > open.start) {
    consider({ kind: "close", at: effectiveEnd(subscription, open), subscription, period: open });
  } else if (endsAt !== null) {
    consider({ kind: "end", at: endsAt, subscription });
  }
}

/** When a customer must next be woken; null when time alone changes nothing. Always computed, never stored as truth. */
export function nextWake(state: CustomerState): Instant | null {
  return nextDue(state)?.at ?? null;
}
