import type { Instant } from "../time/instant.ts";

/** The statuses a subscription can have now; API.md lists more that arrive with their features. */
export type SubscriptionStatus = "scheduled" | "active" | "suspended" | "canceled";

/** What decides a subscription's status: it is always derived, never stored. */
export interface StatusFacts {
  readonly start: Instant;
  readonly endedAt: Instant | null;
  readonly suspended: boolean;
}

/** Derives the status at an instant: canceled > suspended > scheduled > active (API.md §3, Subscription). */
export function subscriptionStatus(facts: StatusFacts, at: Instant): SubscriptionStatus {
  if (facts.endedAt !== null && at >= facts.endedAt) return "canceled";
  if (facts.suspended) return "suspended";
  if (at < facts.start) return "scheduled";
  return "active";
}
