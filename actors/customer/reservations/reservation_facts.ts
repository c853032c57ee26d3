import type { Instant } from "../../../src/time/instant.ts";
import type { CustomerState } from "../state.ts";
import { decodeReservation } from "./reservation.ts";

export type ReservationFact = ReservationMade | ReservationEnded;

export interface ReservationMade {
  type: "reservation_made";
  at: Instant;
  reservation_id: string;
  subscription_id: string | null;
  currency: string;
  /** Exact: a quotient that does not end is written as one. */
  amount: string;
  expires_at: Instant;
}

export interface ReservationEnded {
  type: "reservation_ended";
  at: Instant;
  reservation_id: string;
  reason: "committed" | "released" | "expired";
  /** Of what was committed: the event, and by how much its charge is beyond what was held. */
  event_id?: string;
  excess?: string;
}

/** Applies what happens to a customer's reservations. */
export function evolveReservation(state: CustomerState, fact: ReservationFact): void {
  if (fact.type === "reservation_ended") {
    state.reservations = state.reservations.filter((r) => r.id !== fact.reservation_id);
    return;
  }
  state.reservations.push(
    decodeReservation({
      id: fact.reservation_id,
      subscriptionId: fact.subscription_id,
      currency: fact.currency,
      amount: fact.amount,
      createdAt: fact.at,
      expiresAt: fact.expires_at,
    }),
  );
}

/** Ends the reservations whose time is over. */
export function expiryFacts(state: CustomerState, now: Instant): ReservationEnded[] {
  return state.reservations
    .filter((r) => r.expiresAt <= now)
    .map((r) => ({ type: "reservation_ended", at: now, reservation_id: r.id, reason: "expired" }));
}
