import type { Catalog } from "../catalog/catalog.ts";
import type { PlanVersion } from "../catalog/plan.ts";
import { assert } from "../errors.ts";
import type { Metric } from "../metering/metric.ts";

/** A plan's prices beside the metric versions one period is measured with. */
export interface PlanMeters {
  readonly plan: PlanVersion;
  /** Per price of the plan: its metric, or null for a recurring price. */
  readonly metrics: readonly (Metric | null)[];
  /** Indexes of the prices a type of event can touch. */
  readonly byEventType: ReadonlyMap<string, readonly number[]>;
}

const compiled = new WeakMap<PlanVersion, Map<string, PlanMeters>>();

/**
 * The meters of a plan with the given metric versions (0 for a recurring price), one per price.
 * Versions are immutable, so the result is shared by every period that pins the same ones.
 */
export function planMeters(
  catalog: Catalog,
  plan: PlanVersion,
  metricVersions: readonly number[],
): PlanMeters {
  let byVersions = compiled.get(plan);
  if (byVersions === undefined) {
    byVersions = new Map();
    compiled.set(plan, byVersions);
  }
  const key = metricVersions.join(",");
  const known = byVersions.get(key);
  if (known !== undefined) return known;

  const metrics = plan.prices.map((price, index) => {
    if (price.metricId === null) return null;
    const metric = catalog.metric(price.metricId, metricVersions[index] ?? 0);
    assert(metric !== null, "a pinned metric version is in the catalog");
    return metric;
  });
  const byEventType = new Map<string, number[]>();
  for (const [index, metric] of metrics.entries()) {
    if (metric === null) continue;
    const indexes = byEventType.get(metric.event_type);
    if (indexes === undefined) byEventType.set(metric.event_type, [index]);
    else indexes.push(index);
  }
  const meters = { plan, metrics, byEventType };
  byVersions.set(key, meters);
  return meters;
}

/** The metric versions a period opened now would pin: the current one of each metered price. */
export function currentMetricVersions(catalog: Catalog, plan: PlanVersion): number[] {
  return plan.prices.map((price) => {
    if (price.metricId === null) return 0;
    return catalog.currentMetric(price.metricId)?.version ?? 0;
  });
}
