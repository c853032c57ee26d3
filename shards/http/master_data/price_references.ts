import { invalid } from "../../../src/errors.ts";
import { type MetricTerms, metricOf } from "../../../src/metering/metric.ts";
import type { CatalogEntry } from "../../../src/ports/catalog_store.ts";
import type { ListPage } from "../../../src/ports/documents.ts";
import { compilePrice, type StoredPrice } from "../../../src/pricing/price.ts";
import { priceFault } from "../../../src/subscriptions/price_fault.ts";
import { usableEntry } from "./catalog_entries.ts";
import type { Editing } from "./catalog_routes.ts";

type References = Pick<StoredPrice, "product_id" | "metric_id">;

const kinds = { product_id: "product", metric_id: "metric" } as const;

/**
 * The price with ids in place of keys. What it names already (`before`) may be archived meanwhile.
 * Throws VAL_001 for what names nothing, and where the price does not go with its metric; `at` is put before the
 * field, such as `prices[1].`.
 */
export async function withIds(
  editing: Editing,
  price: StoredPrice,
  before: References,
  at: string,
): Promise<StoredPrice> {
  const product = await named(editing, price, before, "product_id", at);
  const metric = await named(editing, price, before, "metric_id", at);
  if (metric !== null) {
    const fault = priceFault(
      compilePrice("", 1, price, at),
      metricOf(metric.id, metric.version, metric.body as MetricTerms),
    );
    if (fault !== null) throw invalid(at + fault.field, fault.reason);
  }
  return {
    ...price,
    ...(product === null ? {} : { product_id: product.id }),
    ...(metric === null ? {} : { metric_id: metric.id }),
  };
}

async function named(
  { services, companyId }: Editing,
  price: References,
  before: References,
  field: keyof typeof kinds,
  at: string,
): Promise<CatalogEntry | null> {
  const ref = price[field];
  if (ref === undefined) return null;
  if (ref === before[field]) return services.catalogs.get(companyId, kinds[field], ref);
  return usableEntry(services, companyId, kinds[field], ref, at + field);
}

/** A list's filters by product and metric take keys too. */
export async function filtersById(
  { services, companyId }: Editing,
  filters: ListPage["filters"],
): Promise<ListPage["filters"]> {
  const found: Record<string, string> = { ...filters };
  for (const field of ["product_id", "metric_id"] as const) {
    const ref = filters[field];
    if (ref === undefined) continue;
    found[field] = (await services.catalogs.get(companyId, kinds[field], ref))?.id ?? ref;
  }
  return found;
}
