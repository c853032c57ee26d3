import type { UsageEvent } from "../../../src/metering/usage_event.ts";
import type { Decimal } from "../../../src/money/decimal.ts";
import type { Instant } from "../../../src/time/instant.ts";
import type { CheckRequest } from "../check.ts";

export type ReservationCommand =
  | ReserveBudget
  | CommitReservation
  | { type: "release_reservation"; reservationId: string };

export interface ReserveBudget {
  type: "reserve_budget";
  /** An id that is open already is answered as it is. */
  reservationId: string;
  subscriptionRef: string | null;
  /** An amount, or the event whose cost is held. */
  hold: { readonly amount: Decimal } | { readonly event: Omit<CheckRequest, "subscriptionRef"> };
  /** How long, in milliseconds. */
  expiresInMs: number;
}

export interface CommitReservation {
  type: "commit_reservation";
  reservationId: string;
  event: UsageEvent;
  /** The event's own time; null for now. */
  occurredAt: Instant | null;
  /** The event's identity. */
  digest: string;
  /** Set before it is decided where the event is known already: recorded with the same content, or with another. */
  known?: "duplicate" | "conflict";
}
