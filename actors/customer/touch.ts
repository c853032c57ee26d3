import { limits } from "../../src/limits.ts";
import type { Metric } from "../../src/metering/metric.ts";
import { groupKey, isValueError } from "../../src/metering/value.ts";
import { type Decimal, ZERO } from "../../src/money/decimal.ts";
import { addExact, compareExact, type Exact, subExact } from "../../src/money/ratio.ts";
import type { Price } from "../../src/pricing/price.ts";
import { chargeOf, chargeWith, readUsage, type UsageReading } from "../../src/subscriptions/price_meter.ts";
import type { Instant } from "../../src/time/instant.ts";
import {
  type GroupState,
  type LineState,
  type PeriodRef,
  type PeriodState,
  phaseOf,
  type SubscriptionState,
  spanOf,
} from "./subscription_state.ts";

/** What a usage event does to one price of a period. */
export interface Touch {
  readonly period: PeriodState;
  readonly priceIndex: number;
  readonly groupKey: string;
  readonly reading: UsageReading;
  /** The group's exact cumulative charge with the event in it. */
  readonly charge: Exact;
}

/** The part of an event that is metered. */
export interface Metered {
  readonly eventType: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly occurredAt: Instant;
  /** Breaks ties between equal times: the number the fact will have. */
  readonly order: number;
  readonly times: Decimal;
}

export type Measured =
  | { readonly touches: readonly Touch[]; readonly delta: Exact }
  | { readonly error: string };

const NOTHING: Measured = { touches: [], delta: ZERO };
const nowhere: readonly { readonly period: PeriodState; readonly index: number }[] = [];

/**
 * Rates an event as the difference between the cumulative charge with and without it, over every price of the
 * period it touches, and for what carries over every later period in memory. Changes nothing. An event whose
 * metered value is missing or absurd is an error as a whole.
 */
export function measure(subscription: SubscriptionState, period: PeriodState, event: Metered): Measured {
  const indexes = period.meters.byEventType.get(event.eventType);
  if (indexes === undefined) return NOTHING;
  const touches: Touch[] = [];
  let delta: Exact = ZERO;
  for (const index of indexes) {
    const later = laterPlaces(subscription, period, index);
    for (let i = -1; i < later.length; i += 1) {
      const place = later[i];
      const touched = touch(subscription, place?.period ?? period, place?.index ?? index, event);
      if (touched === null) continue;
      if ("error" in touched) return touched;
      delta = addExact(delta, touched.delta);
      touches.push(touched);
    }
  }
  return { touches, delta };
}

function laterPlaces(subscription: SubscriptionState, period: PeriodState, index: number) {
  const metric = period.meters.metrics[index];
  const price = period.meters.prices[index];
  if (metric?.carry_over !== true || price === undefined) return nowhere;
  const later = carriedInto(subscription, period, index, price);
  // Replay does not see the metric's version in a settled period: both take it as the one that followed.
  if (!subscription.periods.includes(period)) return later;
  return later.filter((place) => countsAlike(metric, place.period.meters.metrics[place.index]));
}

/** What usage of a settled period does to the unsettled ones that it carries over into. */
export function measureCarried(
  subscription: SubscriptionState,
  settled: PeriodRef,
  event: Metered,
): readonly Touch[] {
  const { plan, tracks } = phaseOf(subscription, settled.phase);
  const touches: Touch[] = [];
  for (const index of tracks[settled.track]?.prices ?? []) {
    const price = plan.prices[index];
    if (price === undefined || price.metricId === null) continue;
    for (const { period, index: own } of carriedInto(subscription, settled, index, price)) {
      const metric = period.meters.metrics[own];
      if (metric?.carry_over !== true || metric.event_type !== event.eventType) continue;
      if (!subscription.periods.includes(period)) continue;
      const touched = touch(subscription, period, own, event);
      if (touched !== null && "reading" in touched) touches.push(touched);
    }
  }
  return touches;
}

function touch(
  subscription: SubscriptionState,
  period: PeriodState,
  index: number,
  event: Metered,
): (Touch & { readonly delta: Exact }) | { readonly error: string } | null {
  const metric = period.meters.metrics[index];
  const price = period.meters.prices[index];
  if (!metric || price === undefined) return null;
  const span = spanOf(subscription, period);
  const read = readUsage(price, metric, event, span);
  if (read === null) return null;
  if (isValueError(read)) return { error: read.reason };
  const reading = event.occurredAt < period.start ? { ...read, isCarried: true } : read;
  const key = groupKey(metric, event.properties);
  const group = findGroup(period, index, key);
  if (group === undefined && (period.lines[index]?.groups.length ?? 0) >= limits.groupsPerLineMax) {
    return { error: `more than ${limits.groupsPerLineMax} groups in one period` };
  }
  const charge = chargeWith(price, metric, group?.meter ?? null, reading, span);
  const line = lineOf(subscription, period, index);
  const before = group === undefined ? ungrouped(subscription, period, index) : group.charge;
  const after = capped(price, addExact(line.sum, subExact(charge, before)));
  const delta = subExact(after, line.charge);
  return { period, priceIndex: index, groupKey: key, reading, charge, delta };
}

/**
 * The later periods in memory, settled ones that have been looked up among them, that a price's metric carries over
 * into: those of its own track, and of the plans after it where they measure the metric alike. Nothing carries over
 * into a window.
 */
export function carriedInto(
  subscription: SubscriptionState,
  from: PeriodRef,
  index: number,
  price: Price,
): { readonly period: PeriodState; readonly index: number }[] {
  if (price.window !== null) return [];
  const settled = subscription.settled.flatMap(({ periods }) => periods);
  return [...settled, ...subscription.periods].flatMap((later) => {
    if (later.phase === from.phase)
      return later.track === from.track && later.k > from.k ? [{ period: later, index }] : [];
    if (later.phase < from.phase || !persists(subscription, from.phase, later.phase, price)) return [];
    const alike = later.meters.prices.findIndex((p, i) => later.meters.own.has(i) && measuresAlike(price, p));
    return alike < 0 ? [] : [{ period: later, index: alike }];
  });
}

/** False where a plan in between does not measure it: that ends what persists. */
function persists(subscription: SubscriptionState, from: number, to: number, price: Price): boolean {
  return subscription.phases.every(
    ({ n, plan }) => n <= from || n >= to || plan.prices.some((other) => measuresAlike(other, price)),
  );
}

const plainModels: readonly string[] = [
  "per_unit",
  "graduated",
  "volume",
  "stairstep",
  "package",
  "graduated_percentage",
];

/** True where two versions of a metric keep the same kind of aggregate, so that one's can go on as the other's. */
export function countsAlike(a: Metric | null | undefined, b: Metric | null | undefined): boolean {
  return a?.aggregation === b?.aggregation && a?.operation_field === b?.operation_field;
}

/** True where two prices keep the same kind of meter for one metric, so that one's can go on as the other's. */
export function measuresAlike(a: Price, b: Price): boolean {
  if (a.metricId === null || a.metricId !== b.metricId) return false;
  const plain = (p: Price): boolean => plainModels.includes(p.input.model) && p.window === null;
  const sameFilters = JSON.stringify(a.filters ?? null) === JSON.stringify(b.filters ?? null);
  return sameFilters && ((plain(a) && plain(b)) || a === b);
}

/** The running line of a price, or what it would begin with. */
export function lineOf(
  subscription: SubscriptionState,
  period: PeriodState,
  index: number,
): Pick<LineState, "sum" | "charge"> {
  const line = period.lines[index];
  if (line) return line;
  const sum = ungrouped(subscription, period, index);
  const price = period.meters.prices[index];
  return { sum, charge: price === undefined ? sum : capped(price, sum) };
}

/** What a price costs before a group has usage: zero by group, else what it costs at zero. */
function ungrouped(subscription: SubscriptionState, period: PeriodState, index: number): Exact {
  const metric = period.meters.metrics[index];
  const price = period.meters.prices[index];
  if (!metric || price === undefined) return ZERO;
  return chargeAtZero(subscription, period, price, metric);
}

/**
 * What a price costs before any usage, which a period owes from its start: zero but for `flat_at_zero` and the like.
 * A price by group owes nothing until a group appears.
 */
export function chargeAtZero(
  subscription: SubscriptionState,
  period: PeriodState,
  price: Price,
  metric: Metric,
): Exact {
  if ((metric.group_by?.length ?? 0) > 0) return ZERO;
  return chargeOf(price, metric, null, spanOf(subscription, period)).amount;
}

/** A price's charge over all groups, no more than its maximum. */
export function capped(price: Price, sum: Exact): Exact {
  return price.maximumAmount !== null && compareExact(sum, price.maximumAmount) > 0
    ? price.maximumAmount
    : sum;
}

/** The running group of a price, if the period has one. */
export function findGroup(period: PeriodState, priceIndex: number, key: string): GroupState | undefined {
  const groups = period.lines[priceIndex]?.groups;
  if (groups === undefined) return undefined;
  const first = groups[0];
  if (first !== undefined && first.key === key) return first;
  return groups.find((group) => group.key === key);
}
