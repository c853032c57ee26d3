import { assert } from "../errors.ts";
import { type Metric, type MetricTerms, metricOf } from "../metering/metric.ts";
import { compilePrice, type Price, type StoredPrice } from "../pricing/price.ts";
import type { Instant } from "../time/instant.ts";
import type { PlanVersion, StoredPlan } from "./plan.ts";
import type { Product, ProductInput } from "./product.ts";

/** One stored version of a product, metric, price or plan. */
export interface CatalogRow {
  readonly kind: "product" | "metric" | "price" | "plan";
  readonly id: string;
  readonly version: number;
  readonly key: string | null;
  /** The object in its stored form: ProductInput, MetricTerms, StoredPrice or StoredPlan. */
  readonly body: unknown;
  readonly created_at: Instant;
  /** True takes all versions out of use for anything new. */
  readonly archived: boolean;
}

/**
 * One company's catalog as of one moment: every version there is, immutable. Look-ups by version serve what runs
 * already and know archived objects too; look-ups of the current one take an id or a key.
 */
export interface Catalog {
  product(id: string, version: number): Product | null;
  metric(id: string, version: number): Metric | null;
  price(id: string, version: number): Price | null;
  plan(id: string, version: number): PlanVersion | null;
  /** Current version; an archived metric is still found by id, since running subscriptions are metered by it. */
  currentMetric(idOrKey: string): Metric | null;
  /** Null when archived: nothing new starts on it. */
  currentPrice(idOrKey: string): Price | null;
  /** Null when archived: nothing new starts on it. */
  currentPlan(idOrKey: string): PlanVersion | null;
  /** Metrics whose current version counts events of this type, archived ones among them. */
  metricsOfType(eventType: string): readonly Metric[];
}

/** Builds the view from stored rows, in any order. Asserts that versions are unique and that plans name prices there are. */
export function buildCatalog(rows: readonly CatalogRow[]): Catalog {
  const products = index(rows, "product", (row) => ({
    ...(row.body as ProductInput),
    id: row.id,
    version: row.version,
  }));
  const metrics = index(rows, "metric", (row) => metricOf(row.id, row.version, row.body as MetricTerms));
  const prices = index(rows, "price", (row) => compilePrice(row.id, row.version, row.body as StoredPrice));
  const plans = index(rows, "plan", (row) => planVersion(row, prices));
  const byEventType = Map.groupBy(
    [...metrics.latest.values()].map(({ item }) => item),
    (metric) => metric.event_type,
  );
  return {
    product: (id, version) => products.versions.get(named(id, version)) ?? null,
    metric: (id, version) => metrics.versions.get(named(id, version)) ?? null,
    price: (id, version) => prices.versions.get(named(id, version)) ?? null,
    plan: (id, version) => plans.versions.get(named(id, version)) ?? null,
    currentMetric: (ref) => metrics.latest.get(ref)?.item ?? metrics.byKey.get(ref) ?? null,
    currentPrice: (ref) => usable(prices, ref),
    currentPlan: (ref) => usable(plans, ref),
    metricsOfType: (eventType) => byEventType.get(eventType) ?? none,
  };
}

const none: readonly Metric[] = [];

interface Index<T> {
  readonly versions: ReadonlyMap<string, T>;
  /** By id, archived ones among them. */
  readonly latest: ReadonlyMap<string, { readonly item: T; readonly row: CatalogRow }>;
  /** Latest versions by key, without archived ones: a key is free again once its object is archived. */
  readonly byKey: ReadonlyMap<string, T>;
}

function index<T>(
  rows: readonly CatalogRow[],
  kind: CatalogRow["kind"],
  read: (row: CatalogRow) => T,
): Index<T> {
  const versions = new Map<string, T>();
  const latest = new Map<string, { item: T; row: CatalogRow }>();
  for (const row of rows) {
    if (row.kind !== kind) continue;
    const name = named(row.id, row.version);
    assert(!versions.has(name), `a version is stored once: ${kind} ${name}`);
    const item = read(row);
    versions.set(name, item);
    if (row.version > (latest.get(row.id)?.row.version ?? 0)) latest.set(row.id, { item, row });
  }
  const byKey = new Map<string, T>();
  for (const { item, row } of latest.values())
    if (row.key !== null && !row.archived) byKey.set(row.key, item);
  return { versions, latest, byKey };
}

function usable<T>(from: Index<T>, ref: string): T | null {
  const found = from.latest.get(ref);
  if (found !== undefined) return found.row.archived ? null : found.item;
  return from.byKey.get(ref) ?? null;
}

function planVersion(row: CatalogRow, prices: Index<Price>): PlanVersion {
  const { key, name, currency, prices: pinned } = row.body as StoredPlan;
  const resolved = pinned.map((pin) => {
    const price = prices.versions.get(named(pin.id, pin.version));
    assert(price !== undefined, `a plan's prices are stored: ${named(pin.id, pin.version)}`);
    return price;
  });
  return { id: row.id, version: row.version, key, name, currency, prices: resolved };
}

function named(id: string, version: number): string {
  return `${id}@${version}`;
}
