import type { CatalogRow } from "../../src/catalog/catalog.ts";
import { checkCoupon } from "../../src/catalog/coupon.ts";
import { pairKey, storedTransition, type TransitionInput } from "../../src/catalog/transition.ts";
import { checkMetric, type MetricInput } from "../../src/metering/metric.ts";
import { compilePrice, type PriceInput } from "../../src/pricing/price.ts";

type Parts = Partial<Pick<CatalogRow, "version" | "archived">>;

function row(
  kind: CatalogRow["kind"],
  id: string,
  key: string | null,
  body: unknown,
  parts: Parts,
): CatalogRow {
  const stored = JSON.parse(JSON.stringify(body));
  return { kind, id, version: 1, key, body: stored, created_at: 0, archived: false, ...parts };
}

/** A stored count of an event type. */
export function metricRow(id: string, eventType: string, parts: Parts = {}): CatalogRow {
  const input: MetricInput = { key: `key_${id}`, name: id, event_type: eventType, aggregation: "count" };
  return row("metric", id, input.key, checkMetric(input), parts);
}

/** A stored price per unit of a metric. */
export function priceRow(id: string, metricId: string, unitAmount: string, parts: Parts = {}): CatalogRow {
  const input = {
    model: "per_unit",
    currency: "USD",
    metric_id: metricId,
    unit_amount: unitAmount,
  } as PriceInput;
  return row("price", id, null, compilePrice(id, 1, input).input, parts);
}

/** A stored plan of prices in versions. */
export function planRow(
  id: string,
  key: string,
  prices: [id: string, version: number][],
  parts: Parts = {},
): CatalogRow {
  const pinned = prices.map(([price, version]) => ({ id: price, version }));
  return row("plan", id, key, { key, name: id, currency: "USD", prices: pinned }, parts);
}

/** A stored product. */
export function productRow(id: string, key: string, parts: Parts = {}): CatalogRow {
  return row("product", id, key, { key, name: id, tax_code: "SW05" }, parts);
}

/** A stored coupon of so much off, once. */
export function couponRow(id: string, key: string, percent: string, parts: Parts = {}): CatalogRow {
  return row("coupon", id, key, checkCoupon({ key, name: id, percent, duration: "once" }, ""), parts);
}

/** A stored rule for a pair of plans. */
export function transitionRow(id: string, input: TransitionInput, version = 1): CatalogRow {
  return row("transition", id, pairKey(input.from, input.to), storedTransition(input), { version });
}
