import type { Instant } from "../time/instant.ts";

/** The statuses of a subscription; API.md §3. `past_due` comes with payments, `expired` with what
 * can run out. */
export type SubscriptionStatus = "scheduled" | "trialing" | "active" | "suspended" | "paused" | "canceled";

/** What decides a subscription's status: it is always derived, never stored. */
export interface StatusFacts {
  readonly start: Instant;
  readonly endedAt: Instant | null;
  readonly suspended: boolean;
  readonly paused: boolean;
  readonly trialEnd: Instant | null;
}

/** Derives the status at an instant: canceled > paused > suspended > scheduled > trialing > active (API.md §3). */
export function subscriptionStatus(facts: StatusFacts, at: Instant): SubscriptionStatus {
  if (facts.endedAt !== null && at >= facts.endedAt) return "canceled";
  if (facts.paused) return "paused";
  if (facts.suspended) return "suspended";
  if (at < facts.start) return "scheduled";
  return facts.trialEnd !== null && at < facts.trialEnd ? "trialing" : "active";
}
