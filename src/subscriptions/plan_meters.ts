import type { Catalog } from "../catalog/catalog.ts";
import type { PlanVersion } from "../catalog/plan.ts";
import { assert } from "../errors.ts";
import type { Metric } from "../metering/metric.ts";
import { compilePrice, type Price } from "../pricing/price.ts";
import { mainTrack, trackOf } from "./tracks.ts";

/** What the periods of one track measure: the plan's prices, beside the metric versions they are measured with. */
export interface PlanMeters {
  readonly plan: PlanVersion;
  /** The plan's prices, then a free one for each metric that only an entitlement asks for. */
  readonly prices: readonly Price[];
  /** Per price: its metric, or null for a recurring price. */
  readonly metrics: readonly (Metric | null)[];
  /** Indexes of what is measured in the periods of this track: its own prices, and in the main one the free ones. */
  readonly own: ReadonlySet<number>;
  /** Those of them a type of event can touch. */
  readonly byEventType: ReadonlyMap<string, readonly number[]>;
}

const compiled = new WeakMap<PlanVersion, Map<string, PlanMeters>>();
const measured = new WeakMap<PlanVersion, readonly Price[]>();

/**
 * The meters of a plan's track with the given metric versions (0 for a recurring price), one per price.
 * Versions are immutable, so the result is shared by every period that pins the same ones.
 */
export function planMeters(
  catalog: Catalog,
  plan: PlanVersion,
  track: number,
  metricVersions: readonly number[],
): PlanMeters {
  let byVersions = compiled.get(plan);
  if (byVersions === undefined) {
    byVersions = new Map();
    compiled.set(plan, byVersions);
  }
  const key = `${track}:${metricVersions.join(",")}`;
  const known = byVersions.get(key);
  if (known !== undefined) return known;

  // Periods opened before entitlements were measured pin the plan's prices only.
  const prices = measuredPrices(plan).slice(0, Math.max(metricVersions.length, plan.prices.length));
  const metrics = prices.map((price, index) => {
    if (price.metricId === null) return null;
    const metric = catalog.metric(price.metricId, metricVersions[index] ?? 0);
    assert(metric !== null, "a pinned metric version is in the catalog");
    return metric;
  });
  const own = new Set(prices.keys().filter((index) => isMeasuredIn(plan, track, index)));
  const byEventType = new Map<string, number[]>();
  for (const [index, metric] of metrics.entries()) {
    if (metric === null || !own.has(index)) continue;
    const indexes = byEventType.get(metric.event_type);
    if (indexes === undefined) byEventType.set(metric.event_type, [index]);
    else indexes.push(index);
  }
  const meters = { plan, prices, metrics, own, byEventType };
  byVersions.set(key, meters);
  return meters;
}

/** Prices are measured in the periods of their own interval; what only an entitlement asks for in the main ones. */
function isMeasuredIn(plan: PlanVersion, track: number, index: number): boolean {
  const price = plan.prices[index];
  return track === (price === undefined ? mainTrack(plan) : trackOf(plan, price));
}

/** The metric versions a period opened now would pin: the current one of each metered price. */
export function currentMetricVersions(catalog: Catalog, plan: PlanVersion): number[] {
  return measuredPrices(plan).map((price) => {
    if (price.metricId === null) return 0;
    return catalog.currentMetric(price.metricId)?.version ?? 0;
  });
}

/** The plan's prices and, free of charge, what its entitlements count beside them. */
function measuredPrices(plan: PlanVersion): readonly Price[] {
  const known = measured.get(plan);
  if (known !== undefined) return known;
  const priced = new Set(plan.prices.map((price) => price.metricId));
  const first = plan.prices.find((price) => price.metricId === null) ?? plan.prices[0];
  const prices = [...plan.prices];
  for (const { metricId } of plan.entitlements) {
    if (metricId === null || priced.has(metricId)) continue;
    priced.add(metricId);
    const { currency } = plan;
    const cadence = {
      interval: first?.interval ?? "month",
      interval_count: first?.intervalCount ?? 1,
    } as const;
    prices.push(
      compilePrice(`measured:${metricId}`, 1, {
        model: "per_unit",
        unit_amount: "0",
        metric_id: metricId,
        currency,
        ...cadence,
      }),
    );
  }
  measured.set(plan, prices);
  return prices;
}
