import { type Static, Type } from "@sinclair/typebox";
import type { Catalog, CatalogRow } from "../../../src/catalog/catalog.ts";
import { type InlinePrice, standalonePrice } from "../../../src/catalog/inline_price.ts";
import { PlanInput, storedPlan } from "../../../src/catalog/plan.ts";
import { invalid } from "../../../src/errors.ts";
import { derivedId } from "../../../src/ids.ts";
import { checkMetric, MetricInput } from "../../../src/metering/metric.ts";
import { CurrencyCode } from "../../../src/pricing/common_fields.ts";
import { compilePrice, type Price, type PriceInput } from "../../../src/pricing/price.ts";
import { priceWith } from "../../../src/pricing/price_input.ts";
import { Key, Ref } from "../../../src/text.ts";

const named = { key: Type.Optional(Key), name: Type.Optional(MetricInput.properties.name) };

/** A metric tried out inside a price; it needs no name of its own. */
const InlineMetric = Type.Object({ ...MetricInput.properties, ...named }, { additionalProperties: false });

const closed = { additionalProperties: false };

const TriedPrice = priceWith<InlinePrice & { metric?: Static<typeof InlineMetric> }>({
  currency: Type.Optional(CurrencyCode),
  metric: Type.Optional(InlineMetric),
});

/** A plan tried out in a simulation: prices by id or key, or written out with their metrics. */
export const TriedPlan = Type.Object(
  {
    ...PlanInput.properties,
    ...named,
    prices: Type.Array(Type.Union([Ref, TriedPrice]), { minItems: 1, maxItems: 100 }),
  },
  closed,
);
export type TriedPlan = Static<typeof TriedPlan>;

/** Gives the id of a row of an inline plan; by default one that tells that nothing is stored. */
type RowId = (prefix: "plan" | "price" | "met", name: string) => string;

const simulatedId: RowId = (prefix, name) => derivedId(prefix, 0, "simulated", name);

/**
 * The rows an inline plan would be stored as, beside a catalog that is only looked at. A change of plan stores them
 * under ids of its own (`newId`).
 */
export function triedRows(
  plan: TriedPlan,
  catalog: Catalog,
  newId: RowId = simulatedId,
): { rows: CatalogRow[]; planId: string } {
  const rows: CatalogRow[] = [];
  const prices = plan.prices.map((price, index): Price => {
    const at = `plan.prices[${index}]`;
    if (typeof price !== "string") return triedPrice(price, plan.currency, index, rows, catalog, newId);
    const found = catalog.currentPrice(price);
    if (found === null) throw invalid(at, "names no price");
    return found;
  });
  const input = { ...plan, key: plan.key ?? "simulated", name: plan.name ?? "Simulated", prices: [] };
  const planId = newId("plan", "");
  rows.push(row("plan", planId, storedPlan(input, prices)));
  return { rows, planId };
}

function triedPrice(
  price: Exclude<TriedPlan["prices"][number], string>,
  currency: string,
  index: number,
  rows: CatalogRow[],
  catalog: Catalog,
  newId: RowId,
): Price {
  const at = `plan.prices[${index}].`;
  const { metric, ...written } = price as typeof price & { metric?: Static<typeof InlineMetric> };
  const withMetric: { metric_id?: string } = { ...written } as { metric_id?: string };
  if (metric !== undefined) {
    if (withMetric.metric_id !== undefined) throw invalid(`${at}metric`, "is given beside metric_id");
    const key = metric.key ?? `metric_${index}`;
    withMetric.metric_id = newId("met", String(index));
    rows.push(row("metric", withMetric.metric_id, checkMetric({ ...metric, key, name: metric.name ?? key })));
  } else if (withMetric.metric_id !== undefined) {
    const found = catalog.currentMetric(withMetric.metric_id);
    if (found === null) throw invalid(`${at}metric_id`, "names no metric");
    withMetric.metric_id = found.id;
  }
  const id = newId("price", String(index));
  const input: PriceInput = standalonePrice(withMetric as PriceInput, currency);
  const compiled = compilePrice(id, 1, input, at);
  rows.push(row("price", id, compiled.input));
  return compiled;
}

function row(kind: CatalogRow["kind"], id: string, body: unknown): CatalogRow {
  return { kind, id, version: 1, key: null, body, created_at: 0, archived: false };
}
