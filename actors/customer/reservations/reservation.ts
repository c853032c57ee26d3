import { ZERO } from "../../../src/money/decimal.ts";
import { addExact, type Exact, formatExact, readExact, writeExact } from "../../../src/money/ratio.ts";
import { formatInstant, type Instant } from "../../../src/time/instant.ts";
import { type CustomerState, covers, type LimitState } from "../state.ts";

/** Budget held for usage that is to come; only those that are open are kept. */
export interface Reservation {
  readonly id: string;
  /** Null: for whichever subscription the usage will fall to. */
  readonly subscriptionId: string | null;
  readonly currency: string;
  readonly amount: Exact;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
}

export type StoredReservation = Omit<Reservation, "amount"> & { amount: string };

export function encodeReservation(reservation: Reservation): StoredReservation {
  return { ...reservation, amount: writeExact(reservation.amount) };
}

export function decodeReservation(stored: StoredReservation): Reservation {
  return { ...stored, amount: readExact(stored.amount) };
}

/** The open reservation of this id; one whose time is over is open no more, even before the actor has noticed. */
export function openReservation(state: CustomerState, id: string, now: Instant): Reservation | undefined {
  return state.reservations.find((r) => r.id === id && r.expiresAt > now);
}

/**
 * What is held under a limit, in its currency. A reservation counts in the limit's present window, as its usage will;
 * one for no particular subscription counts under each limit that its usage may fall under.
 */
export function heldUnder(state: CustomerState, limit: LimitState, now: Instant): Exact {
  let held: Exact = ZERO;
  for (const { subscriptionId, currency, amount, expiresAt } of state.reservations) {
    const bears = subscriptionId === null || covers(limit, subscriptionId);
    if (bears && currency === limit.terms.currency && expiresAt > now) held = addExact(held, amount);
  }
  return held;
}

/** When the first open reservation expires; null without any. */
export function nextExpiry(state: CustomerState): Instant | null {
  return state.reservations.reduce<Instant | null>(
    (first, { expiresAt }) => (first === null || expiresAt < first ? expiresAt : first),
    null,
  );
}

/** A reservation in the wire shape of API.md §3, Spend limit. */
export function reservationDocument(
  customerId: string,
  reservation: Reservation,
  status: "held" | "committed" | "released",
) {
  return {
    id: reservation.id,
    customer_id: customerId,
    subscription_id: reservation.subscriptionId,
    status,
    amount: formatExact(reservation.amount),
    currency: reservation.currency,
    created_at: formatInstant(reservation.createdAt),
    expires_at: formatInstant(reservation.expiresAt),
  };
}
