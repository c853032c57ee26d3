import type { PlanVersion } from "../../src/catalog/plan.ts";
import { assert } from "../../src/errors.ts";
import type { LineItem } from "../../src/invoicing/invoice.ts";
import type { Span } from "../../src/metering/span.ts";
import type { Decimal } from "../../src/money/decimal.ts";
import type { Exact } from "../../src/money/ratio.ts";
import type { PlanMeters } from "../../src/subscriptions/plan_meters.ts";
import type { PriceMeter } from "../../src/subscriptions/price_meter.ts";
import type { PriceOverride } from "../../src/subscriptions/price_override.ts";
import type { Proration, SeatChange } from "../../src/subscriptions/proration.ts";
import { mainTrack, type Track } from "../../src/subscriptions/tracks.ts";
import type { Unused } from "../../src/subscriptions/transition_rule.ts";
import { type Anchor, wholePeriodAt } from "../../src/time/calendar.ts";
import type { Instant } from "../../src/time/instant.ts";
import { contains, durationMs, type Period } from "../../src/time/period.ts";
import type { ScheduledChange } from "./plan_change_facts.ts";
import type { AppliedCoupon } from "./state.ts";

/** One subscription: its phases, the periods that are not yet invoiced, and the drafts that wait to be issued. */
export interface SubscriptionState {
  readonly id: string;
  readonly externalId: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdAt: Instant;
  updatedAt: Instant;
  readonly start: Instant;
  readonly anchor: Anchor;
  readonly timezone: string;
  readonly currency: string;
  /** One plan after another, ascending; the last is the present one or, before its start, the coming one. */
  phases: PhaseState[];
  /** A change of plan that waits for its instant. */
  scheduled: ScheduledChange | null;
  trialEnd: Instant | null;
  /** True once the trial's end has been reached. */
  trialOver: boolean;
  /** Stretches without recurring charges; an open one has no end yet. */
  pauses: { readonly from: Instant; until: Instant | null; over: boolean }[];
  /** When a cancellation takes effect; the subscription has ended once now reaches it. */
  endsAt: Instant | null;
  /** How the part of the last period is charged. */
  endProration: Proration;
  canceledAt: Instant | null;
  /** True once the start has been reached. */
  started: boolean;
  /** Periods kept in memory: those on drafts, the open ones, and ahead of them those with usage. */
  periods: PeriodState[];
  drafts: DraftState[];
  /** How many drafts there have been: numbers the next one. */
  draftCount: number;
  /** Lines that wait for the next invoice, such as adjustments of periods long invoiced. */
  pending: PendingLine[];
  coupons: AppliedCoupon[];
  /** What has been invoiced towards the plan's commitment, by commitment period. */
  committed: CommittedPeriod[];
  /** Spend by calendar month of the customer's zone and by own period: the present ones and those ahead. */
  spend: SpendWindow[];
  /** True once the end has been reached and the last period is closed. */
  ended: boolean;
  /** Invoices issued lately or looked up for late usage: what the store is to keep of them. Never in a snapshot. */
  settled: SettledInvoice[];
  /** Instants that settled invoices have been looked up for. */
  lookedUp: Instant[];
}

/** An issued invoice as it was rated, so that late usage and voids can rate it again. */
export interface SettledInvoice {
  readonly draft: DraftState;
  readonly periods: readonly PeriodState[];
  /** As they were when it was issued. */
  readonly coupons: readonly AppliedCoupon[];
  readonly committed: readonly CommittedPeriod[];
  /** The lines by id, each with what has been billed of it after discounts, adjustments made since in it. */
  readonly lines: Map<string, SettledLine>;
  /** changed: to be stored; stale: usage has changed it and it is to be rated again. */
  state: "stored" | "changed" | "stale";
}

export interface SettledLine {
  readonly item: LineItem;
  net: Decimal;
}

/** The time a subscription is on one plan version. */
export interface PhaseState {
  readonly n: number;
  readonly planId: string;
  readonly planVersion: number;
  readonly overrides: readonly PriceOverride[];
  /** Resolved from the catalog: in the subscription's currency, overrides in place. Never stored. */
  readonly plan: PlanVersion;
  readonly tracks: readonly Track[];
  readonly start: Instant;
  /** The number of the fact that began it, 0 for the first: usage recorded before that is no usage of it. */
  readonly since: number;
  end: Instant | null;
  /** Where its periods are counted from. */
  readonly origin: Instant;
  /** Per track: the first period that has not been closed. */
  openK: number[];
  seats: SeatChange[];
  /** How a period it begins in is charged, and one it is cut off in. */
  readonly startProration: Proration;
  endProration: Proration;
  /** What becomes of time paid in advance when it is cut off. */
  unused: Unused;
  /** True when the plan after it goes on with its counters, and its usage is billed with that plan's period. */
  carriesUsage: boolean;
}

/** One billing period of a track: what was used and what it costs so far. */
export interface PeriodState extends Period {
  readonly phase: number;
  readonly track: number;
  readonly k: number;
  /** As it would be without a stub or a cut. Never stored. */
  readonly whole: Period;
  readonly metricVersions: readonly number[];
  /** Custom prices of contracts in force when it opened. */
  readonly contractPrices: readonly PriceOverride[];
  /** Resolved from the catalog, shared between customers, never stored. */
  readonly meters: PlanMeters;
  /** One entry per measured price; null until the price is touched. */
  lines: (LineState | null)[];
  /** Exact sum of the lines' charges. */
  usage: Exact;
  /** Exact recurring charges of the period. */
  recurring: Exact;
  /** Per price billed in advance: the rounded amount billed so far. */
  billed: { readonly priceIndex: number; amount: Decimal }[];
  /** The draft its usage is on; null while it is open. */
  draftId: string | null;
  /** True once an event of its own time is recorded in it, beyond what carries over into it. */
  hasUsage: boolean;
  /** True once its recurring charges are settled although its usage is not. */
  recurringSettled: boolean;
}

/** A metered price in one period, group by group ("" when the metric has no group_by). */
export interface LineState {
  groups: GroupState[];
  /** Exact sum of the groups' charges, each without its base. */
  sum: Exact;
  /** The sum, no more than the price's maximum. */
  charge: Exact;
}

export interface GroupState {
  readonly key: string;
  readonly meter: PriceMeter;
  /** Exact cumulative charge of the meter, `base` in it. */
  charge: Exact;
  /** What the meter had counted and would have cost here when it was carried over from another plan. */
  readonly base: Exact;
  readonly baseQuantity: Exact;
}

export interface PeriodRef {
  readonly phase: number;
  readonly track: number;
  readonly k: number;
}

/** An invoice to be: assembled anew whenever it is looked at until it is issued. */
export interface DraftState {
  readonly id: string;
  /** The instant it settles up to. */
  readonly at: Instant;
  readonly createdAt: Instant;
  readonly issueAt: Instant;
  readonly closes: readonly (PeriodRef & { readonly recurringOnly: boolean })[];
  readonly advances: readonly AdvanceCharge[];
  readonly pending: readonly PendingLine[];
  /** True once its usage was found to differ from the stored events: it is issued on request only, when it agrees. */
  isHeld?: boolean;
}

/** A recurring charge billed before its time, rounded. */
export interface AdvanceCharge extends PeriodRef {
  readonly priceIndex: number;
  readonly amount: Decimal;
  readonly quantity: string;
  readonly from: Instant;
  readonly to: Instant;
  /** True for a difference to what has been billed for the period before. */
  readonly isChange: boolean;
}

/** A line made elsewhere, with its rounded amount, that goes on the next invoice. */
export interface PendingLine {
  readonly item: Omit<LineItem, "tax_amount">;
  readonly productId: string | null;
}

export interface CommittedPeriod extends Period {
  /** Net of discounts, rounded. */
  billed: Decimal;
}

export interface SpendWindow extends Period {
  readonly kind: "month" | "own";
  usage: Exact;
  recurring: Exact;
}

export function phaseOf(subscription: SubscriptionState, n: number): PhaseState {
  // Almost always the present one.
  const last = subscription.phases[subscription.phases.length - 1];
  const phase = last !== undefined && last.n === n ? last : subscription.phases.find((p) => p.n === n);
  assert(phase !== undefined, "a period belongs to a phase of its subscription");
  return phase;
}

/**
 * The phase an instant falls in; the first one before the start, the last one after the end.
 * @param order the number of a recorded event: it stays with the plan it was recorded under, also where a change of
 *   plan came later and lies before it
 */
export function phaseAt(
  subscription: SubscriptionState,
  at: Instant,
  order = Number.POSITIVE_INFINITY,
): PhaseState {
  const { phases } = subscription;
  const last = phases[phases.length - 1];
  if (last !== undefined && last.start <= at && last.since < order) return last;
  const phase = phases.findLast((p) => p.start <= at && p.since < order) ?? phases[0];
  assert(phase !== undefined, "a subscription has a phase");
  return phase;
}

export function periodOf(subscription: SubscriptionState, ref: PeriodRef): PeriodState | undefined {
  for (const period of subscription.periods)
    if (period.phase === ref.phase && period.track === ref.track && period.k === ref.k) return period;
  return undefined;
}

/** The period, also where it is settled and has been looked up. */
export function anyPeriodOf(subscription: SubscriptionState, ref: PeriodRef): PeriodState | undefined {
  const known = periodOf(subscription, ref);
  if (known !== undefined || subscription.settled.length === 0) return known;
  return subscription.settled
    .flatMap((settled) => settled.periods)
    .find((p) => p.phase === ref.phase && p.track === ref.track && p.k === ref.k);
}

/** The open period a subscription shows as its own: of the main track of the present phase. */
export function openPeriod(subscription: SubscriptionState, now: Instant): PeriodState | undefined {
  const phase = phaseAt(subscription, now);
  const track = mainTrack(phase.plan);
  return periodOf(subscription, { phase: phase.n, track, k: phase.openK[track] ?? 0 });
}

/** Where a phase really ends: replaced by another plan, or with the subscription; null while neither is known. */
export function phaseEnd(subscription: SubscriptionState, phase: PhaseState): Instant | null {
  const { endsAt } = subscription;
  if (phase.end === null || endsAt === null) return phase.end ?? endsAt;
  return Math.min(phase.end, endsAt);
}

/** Where a period really ends: at its boundary, or where its plan or the subscription ended before it. */
export function effectiveEnd(subscription: SubscriptionState, period: PeriodState): Instant {
  const end = phaseEnd(subscription, phaseOf(subscription, period.phase));
  return end !== null && end < period.end ? Math.max(end, period.start) : period.end;
}

/** The period as its meters see it. */
export function spanOf(subscription: SubscriptionState, period: PeriodState): Span {
  const { start, whole } = period;
  const { timezone } = subscription;
  return { start, end: effectiveEnd(subscription, period), wholeMs: durationMs(whole), timezone };
}

/** The period as it would be without a stub or a cut. */
export function wholePeriod(subscription: SubscriptionState, ref: PeriodRef): Period {
  const track = phaseOf(subscription, ref.phase).tracks[ref.track];
  assert(track !== undefined, "a period belongs to a track");
  return wholePeriodAt(track.rule, ref.k);
}

/** The unsettled period of a track that an instant falls in. */
export function periodAround(
  subscription: SubscriptionState,
  phase: number,
  track: number,
  at: Instant,
): PeriodState | undefined {
  for (const period of subscription.periods)
    if (period.phase === phase && period.track === track && contains(period, at)) return period;
  return undefined;
}

export function draftOf(subscription: SubscriptionState, id: string): DraftState | undefined {
  return subscription.drafts.find((draft) => draft.id === id);
}

/** True while nothing recurs because of a pause. */
export function isPaused(subscription: SubscriptionState, at: Instant): boolean {
  return subscription.pauses.some((p) => p.from <= at && (p.until === null || at < p.until));
}
