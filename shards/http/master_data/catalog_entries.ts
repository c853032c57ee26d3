import type { CatalogRow } from "../../../src/catalog/catalog.ts";
import { BillingError, invalid } from "../../../src/errors.ts";
import type { CatalogEntry, CatalogKind } from "../../../src/ports/catalog_store.ts";
import { formatInstant, type Instant } from "../../../src/time/instant.ts";
import type { Services } from "../../services.ts";

/** The first version of a new object. */
export function newRow(
  kind: CatalogKind,
  id: string,
  key: string | null,
  body: unknown,
  now: Instant,
): CatalogRow {
  return { kind, id, version: 1, key, body, created_at: now, archived: false };
}

/** The version after this one. */
export function nextRow(entry: CatalogEntry, body: unknown, now: Instant): CatalogEntry {
  return { ...entry, version: entry.version + 1, body, created_at: now };
}

/** A catalog object as answered: its own fields between what every one has. */
export function showEntry(entry: CatalogEntry, fields: object): object {
  return {
    id: entry.id,
    ...fields,
    version: entry.version,
    archived: entry.archived,
    created_at: formatInstant(entry.first_created_at),
    updated_at: formatInstant(entry.created_at),
  };
}

/** The object a path names by id or key. Throws RES_001, also for another company's. */
export async function entryOf(
  services: Services,
  companyId: string,
  kind: CatalogKind,
  ref: string,
): Promise<CatalogEntry> {
  const entry = await services.catalogs.get(companyId, kind, ref);
  if (entry === null) throw new BillingError("RES_001", `No such ${kind}`);
  return entry;
}

/** The object a field of a request names, fit for something new. Throws VAL_001 naming the field. */
export async function usableEntry(
  services: Services,
  companyId: string,
  kind: CatalogKind,
  ref: string,
  field: string,
): Promise<CatalogEntry> {
  const entry = await services.catalogs.get(companyId, kind, ref);
  if (entry === null) throw invalid(field, `names no ${kind}`);
  if (entry.archived) throw invalid(field, `names an archived ${kind}`);
  return entry;
}

/** An object with the fields of a patch in place of its own; null takes a field away. */
export function patched<T extends object>(
  before: T,
  patch: { readonly [K in keyof T]?: T[K] | null | undefined },
): T {
  const merged = Object.entries({ ...before, ...patch }).filter(([, value]) => value !== null);
  return Object.fromEntries(merged) as T; // patch schemas let null through for optional fields only
}
