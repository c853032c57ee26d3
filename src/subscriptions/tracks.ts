import type { PlanVersion } from "../catalog/plan.ts";
import type { Anchor, Interval, PeriodRule } from "../time/calendar.ts";
import type { Instant } from "../time/instant.ts";

/** The prices of a plan that share one interval, and the rule of their periods: yearly fees beside monthly usage. */
export interface Track {
  readonly rule: PeriodRule;
  /** Indexes into the plan's prices. */
  readonly prices: readonly number[];
}

/** Where the periods of a subscription are counted from. */
export interface Origin {
  readonly start: Instant;
  readonly anchor: Anchor;
  readonly timezone: string;
}

/** The tracks of a plan, in the order its prices first name their intervals. */
export function tracksOf(plan: PlanVersion, origin: Origin): readonly Track[] {
  const tracks = new Map<string, { rule: PeriodRule; prices: number[] }>();
  for (const [index, { interval, intervalCount }] of plan.prices.entries()) {
    const name = nameOf({ interval, intervalCount });
    const track = tracks.get(name);
    if (track === undefined)
      tracks.set(name, { rule: { ...origin, interval, intervalCount }, prices: [index] });
    else track.prices.push(index);
  }
  return [...tracks.values()];
}

/** The track whose periods are the subscription's own: that of the first recurring price, else of the first price. */
export function mainTrack(plan: PlanVersion): number {
  const main = plan.prices.find((price) => price.metricId === null) ?? plan.prices[0];
  return main === undefined ? 0 : trackOf(plan, main);
}

/** The track of one of a plan's prices. */
export function trackOf(plan: PlanVersion, price: Cadence): number {
  const names: string[] = [];
  for (const each of plan.prices) {
    const name = nameOf(each);
    if (!names.includes(name)) names.push(name);
  }
  return names.indexOf(nameOf(price));
}

/** True where both plans' own periods are of the same length, so that a change between them keeps the anchor. */
export function sameCadence(a: PlanVersion, b: PlanVersion): boolean {
  const [x, y] = [cadence(a), cadence(b)];
  return x.interval === y.interval && x.intervalCount === y.intervalCount;
}

interface Cadence {
  readonly interval: Interval;
  readonly intervalCount: number;
}

function nameOf({ interval, intervalCount }: Cadence): string {
  return `${interval} ${intervalCount}`;
}

function cadence(plan: PlanVersion): Cadence {
  const price = plan.prices.find((p) => p.metricId === null) ?? plan.prices[0];
  return { interval: price?.interval ?? "month", intervalCount: price?.intervalCount ?? 1 };
}
