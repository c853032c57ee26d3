import type { Coupon } from "../../src/catalog/coupon.ts";
import type { Grant } from "../../src/credits/grant.ts";
import type { LimitTerms } from "../../src/spend/spend_limit.ts";
import type { Instant } from "../../src/time/instant.ts";
import type { Period } from "../../src/time/period.ts";
import type { ContractState } from "./contracts/contract.ts";
import type { CustomerProfile } from "./profile.ts";
import type { Reservation } from "./reservations/reservation.ts";
import type { SubscriptionState } from "./subscription_state.ts";

/**
 * Everything one customer keeps in memory. Only `evolve` changes it, and always in place: a state belongs
 * to one directory entry and is dropped whole when a commit fails.
 */
export interface CustomerState {
  readonly companyId: string;
  readonly customerId: string;
  /** Number of the last fact applied; facts of a customer are numbered without gaps. */
  seq: number;
  /** The latest instant this actor has seen; its now never goes back. */
  now: Instant;
  /** Null until the customer is created. */
  profile: CustomerProfile | null;
  subscriptions: SubscriptionState[];
  limits: LimitState[];
  /** Credit with something left. */
  grants: Grant[];
  contracts: ContractState[];
  /** Budget held for usage to come. */
  reservations: Reservation[];
}

/** A coupon on a subscription. */
export interface AppliedCoupon {
  readonly coupon: Coupon;
  readonly appliedAt: Instant;
  /** Invoices it has been used on. */
  used: number;
}

export interface LimitState {
  readonly id: string;
  /** Null: the limit is on the whole customer. */
  readonly subscriptionId: string | null;
  readonly createdAt: Instant;
  updatedAt: Instant;
  terms: LimitTerms;
  /** The window spend is measured in now. */
  window: Period;
  /** Thresholds fired in this window, ascending. */
  fired: number[];
  /** True from the event that crosses the limit until it is raised, removed or its window resets. */
  exceeded: boolean;
}

/** A customer nothing has happened to yet. */
export function newCustomerState(companyId: string, customerId: string): CustomerState {
  return {
    companyId,
    customerId,
    seq: 0,
    now: 0,
    profile: null,
    subscriptions: [],
    limits: [],
    grants: [],
    contracts: [],
    reservations: [],
  };
}

export function findSubscription(state: CustomerState, ref: string): SubscriptionState | undefined {
  for (const subscription of state.subscriptions)
    if (subscription.id === ref || subscription.externalId === ref) return subscription;
  return undefined;
}

/** The customer's time zone. */
export function zoneOf(state: CustomerState): string {
  return state.profile?.timezone ?? "UTC";
}

/** True while a limit that suspends, on this subscription or the whole customer, is exceeded. */
export function isSuspended(state: CustomerState, subscriptionId: string): boolean {
  return state.limits.some(
    (limit) => limit.exceeded && limit.terms.action === "suspend" && covers(limit, subscriptionId),
  );
}

/** True when a limit applies to this subscription. */
export function covers(limit: LimitState, subscriptionId: string): boolean {
  return limit.subscriptionId === null || limit.subscriptionId === subscriptionId;
}
