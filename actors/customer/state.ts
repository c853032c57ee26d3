import type { Aggregate } from "../../src/metering/aggregate.ts";
import type { Decimal } from "../../src/money/decimal.ts";
import type { Exact } from "../../src/money/ratio.ts";
import type { LimitTerms } from "../../src/spend/spend_limit.ts";
import type { PlanMeters } from "../../src/subscriptions/plan_meters.ts";
import type { PeriodRule } from "../../src/time/calendar.ts";
import type { Instant } from "../../src/time/instant.ts";
import type { Period } from "../../src/time/period.ts";
import type { CustomerProfile } from "./profile.ts";

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
}

/** One subscription and the periods that are not yet invoiced. */
export interface SubscriptionState {
  readonly id: string;
  readonly externalId: string | null;
  readonly planId: string;
  readonly planVersion: number;
  readonly planKey: string;
  readonly currency: string;
  readonly rule: PeriodRule;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdAt: Instant;
  updatedAt: Instant;
  /** When a cancellation takes effect; the subscription has ended once now reaches it. */
  endsAt: Instant | null;
  canceledAt: Instant | null;
  /** True once the start has been reached. */
  started: boolean;
  /** The first period that has not been closed. */
  openK: number;
  /** Periods kept in memory: drafts waiting to be issued, the open one, and ahead of it those with usage. */
  periods: PeriodState[];
  /** Spend by calendar month of the customer's zone: the present month and those ahead. */
  months: MonthSpend[];
  /** True once the end has been reached and the last period is closed. */
  ended: boolean;
}

/** One billing period: what was used, what it costs so far, and its draft once it is over. */
export interface PeriodState {
  readonly k: number;
  readonly start: Instant;
  /** The end by the calendar; a cancellation may cut the period short. */
  readonly end: Instant;
  readonly metricVersions: readonly number[];
  /** Resolved from the catalog, shared between customers, never stored. */
  meters: PlanMeters;
  /** One entry per price of the plan; null until the price is touched. */
  lines: (LineState | null)[];
  /** Exact sum of the lines' charges. */
  usage: Decimal;
  /** Exact recurring charges of the period. */
  recurring: Exact;
  /** The draft of this period once it is closed. */
  draft: { readonly invoiceId: string; readonly issueAt: Instant; readonly createdAt: Instant } | null;
}

/** A metered price in one period, group by group ("" when the metric has no group_by). */
export interface LineState {
  groups: GroupState[];
}

export interface GroupState {
  readonly key: string;
  readonly aggregate: Aggregate;
  /** Exact cumulative charge of the aggregate. */
  charge: Decimal;
}

export interface MonthSpend extends Period {
  usage: Decimal;
  recurring: Exact;
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
  return { companyId, customerId, seq: 0, now: 0, profile: null, subscriptions: [], limits: [] };
}

export function findSubscription(state: CustomerState, ref: string): SubscriptionState | undefined {
  return state.subscriptions.find((s) => s.id === ref || s.externalId === ref);
}

export function periodOf(subscription: SubscriptionState, k: number): PeriodState | undefined {
  return subscription.periods.find((p) => p.k === k);
}

/** Where a period really ends: at its boundary, or where the subscription ended before it. */
export function effectiveEnd(subscription: SubscriptionState, period: Period): Instant {
  const { endsAt } = subscription;
  return endsAt !== null && endsAt < period.end ? endsAt : period.end;
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
