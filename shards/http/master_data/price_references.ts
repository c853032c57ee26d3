import type { ListPage } from "../../../src/ports/documents.ts";
import type { StoredPrice } from "../../../src/pricing/price.ts";
import { usableEntry } from "./catalog_entries.ts";
import type { Editing } from "./catalog_routes.ts";

type References = Pick<StoredPrice, "product_id" | "metric_id">;

const kinds = { product_id: "product", metric_id: "metric" } as const;

/**
 * The price with ids in place of keys. What it names already (`before`) may be archived meanwhile.
 * Throws VAL_001 for what names nothing; `at` is put before the field, such as `prices[1].`.
 */
export async function withIds(
  { services, companyId }: Editing,
  price: StoredPrice,
  before: References,
  at: string,
): Promise<StoredPrice> {
  const ids: { product_id?: string; metric_id?: string } = {};
  for (const field of ["product_id", "metric_id"] as const) {
    const ref = price[field];
    if (ref === undefined) continue;
    if (ref === before[field]) ids[field] = ref;
    else ids[field] = (await usableEntry(services, companyId, kinds[field], ref, `${at}${field}`)).id;
  }
  return { ...price, ...ids };
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
