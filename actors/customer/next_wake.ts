import type { Instant } from "../../src/time/instant.ts";
import { nextContractDue } from "./contracts/due.ts";
import { nextCreditDue } from "./credits/expiry.ts";
import { nextClosing } from "./drafting.ts";
import { nextExpiry } from "./reservations/reservation.ts";
import type { CustomerState } from "./state.ts";
import type { DraftState, SubscriptionState } from "./subscription_state.ts";

/** The next thing time alone will do to a customer. */
export type Due =
  | {
      readonly kind: "start" | "end" | "close" | "change" | "trial" | "resume" | "pending";
      readonly at: Instant;
      readonly subscription: SubscriptionState;
    }
  | {
      readonly kind: "issue";
      readonly at: Instant;
      readonly subscription: SubscriptionState;
      readonly draft: DraftState;
    }
  | { readonly kind: "window" | "credit" | "contract" | "reservation"; readonly at: Instant };

/** The earliest due thing; of several at one instant, the first in the order they are listed. */
export function nextDue(state: CustomerState): Due | null {
  let next: Due | null = null;
  const consider = (due: Due): void => {
    if (next === null || due.at < next.at) next = due;
  };
  for (const subscription of state.subscriptions) considerSubscription(subscription, consider);
  const credit = nextCreditDue(state);
  if (credit !== null) consider({ kind: "credit", at: credit });
  const contract = nextContractDue(state);
  if (contract !== null) consider({ kind: "contract", at: contract.at });
  const expiry = nextExpiry(state);
  if (expiry !== null) consider({ kind: "reservation", at: expiry });
  for (const limit of state.limits) consider({ kind: "window", at: limit.window.end });
  return next;
}

function considerSubscription(subscription: SubscriptionState, consider: (due: Due) => void): void {
  for (const draft of subscription.drafts) {
    if (draft.isHeld !== true) consider({ kind: "issue", at: draft.issueAt, subscription, draft });
  }
  if (subscription.ended) {
    // What is owed after the end has no period to wait for.
    if (subscription.pending.length > 0)
      consider({ kind: "pending", at: subscription.updatedAt, subscription });
    return;
  }
  const { endsAt, start, started, trialEnd, trialOver, scheduled } = subscription;
  if (!started) {
    if (endsAt !== null && endsAt <= start) consider({ kind: "end", at: endsAt, subscription });
    else consider({ kind: "start", at: start, subscription });
    return;
  }
  const pause = subscription.pauses.at(-1);
  if (pause !== undefined && !pause.over && pause.until !== null)
    consider({ kind: "resume", at: pause.until, subscription });
  if (trialEnd !== null && !trialOver) consider({ kind: "trial", at: trialEnd, subscription });
  // A change at a period's end takes the place of the period that would open then.
  if (scheduled !== null) consider({ kind: "change", at: scheduled.effective_at, subscription });
  const closing = nextClosing(subscription);
  if (closing !== null) consider({ kind: "close", at: closing, subscription });
  else if (endsAt !== null) consider({ kind: "end", at: endsAt, subscription });
}

/** When a customer must next be woken; null when time alone changes nothing. Always computed, never stored as truth. */
export function nextWake(state: CustomerState): Instant | null {
  return nextDue(state)?.at ?? null;
}
