import { assert } from "../errors.ts";
import { type Metric, type MetricTerms, metricOf } from "../metering/metric.ts";
import { compilePrice, type Price, type StoredPrice } from "../pricing/price.ts";
import type { Instant } from "../time/instant.ts";
import { type Coupon, couponOf, type StoredCoupon } from "./coupon.ts";
import { type PlanVersion, planVersionOf, type StoredPlan } from "./plan.ts";
import type { Product, ProductInput } from "./product.ts";
import { pairsFor, type StoredTransition, type TransitionTerms, transitionTerms } from "./transition.ts";

/** One stored version of an object of the catalog. */
export interface CatalogRow {
  readonly kind: "product" | "metric" | "price" | "plan" | "coupon" | "transition";
  readonly id: string;
  readonly version: number;
  /** A transition's is its pair of plans. */
  readonly key: string | null;
  /** In its stored form: ProductInput, MetricTerms, StoredPrice, StoredPlan, StoredCoupon or StoredTransition. */
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
  coupon(id: string, version: number): Coupon | null;
  /** Current version; an archived metric is still found by id, since running subscriptions are metered by it. */
  currentMetric(idOrKey: string): Metric | null;
  /** Null when archived: nothing new starts on it. */
  currentPrice(idOrKey: string): Price | null;
  /** Null when archived: nothing new starts on it. */
  currentPlan(idOrKey: string): PlanVersion | null;
  /** Null when archived: it is redeemed no more. */
  currentCoupon(idOrKey: string): Coupon | null;
  /** The most specific rule for a change between two plans, by their ids; null where there is none. */
  transition(fromPlanId: string, toPlanId: string): TransitionTerms | null;
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
  const coupons = index(rows, "coupon", (row) => couponOf(row.id, row.version, row.body as StoredCoupon));
  const transitions = index(rows, "transition", (row) => transitionTerms(row.body as StoredTransition));
  const byEventType = Map.groupBy(
    [...metrics.latest.values()].map(({ item }) => item),
    (metric) => metric.event_type,
  );
  return {
    product: (id, version) => products.versions.get(named(id, version)) ?? null,
    metric: (id, version) => metrics.versions.get(named(id, version)) ?? null,
    price: (id, version) => prices.versions.get(named(id, version)) ?? null,
    plan: (id, version) => plans.versions.get(named(id, version)) ?? null,
    coupon: (id, version) => coupons.versions.get(named(id, version)) ?? null,
    currentMetric: (ref) => metrics.latest.get(ref)?.item ?? metrics.byKey.get(ref) ?? null,
    currentPrice: (ref) => usable(prices, ref),
    currentPlan: (ref) => usable(plans, ref),
    currentCoupon: (ref) => usable(coupons, ref),
    transition: (from, to) => {
      const found = pairsFor(from, to).map((pair) => transitions.byKey.get(pair));
      return found.find((rule) => rule !== undefined) ?? null;
    },
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
  const stored = row.body as StoredPlan;
  const resolved = stored.prices.map((pin) => {
    const price = prices.versions.get(named(pin.id, pin.version));
    assert(price !== undefined, `a plan's prices are stored: ${named(pin.id, pin.version)}`);
    return price;
  });
  return planVersionOf(row.id, row.version, stored, resolved);
}

function named(id: string, version: number): string {
  return `${id}@${version}`;
}
