import type { CatalogRow } from "../catalog/catalog.ts";
import type { Instant } from "../time/instant.ts";
import type { ListPage } from "./documents.ts";
import type { StoredAnswer } from "./stored_rows.ts";

export type CatalogKind = CatalogRow["kind"];

/** A version with the instant of the object's first one; its own `created_at` is when the object last changed. */
export interface CatalogEntry extends CatalogRow {
  readonly first_created_at: Instant;
}

/**
 * A company's products, metrics, prices, plans, their transitions and coupons in immutable versions. Writes bump the
 * company's catalog version and take the answer to keep under an idempotency key, in the same transaction.
 */
export interface CatalogStore {
  /** Stores first versions and claims their keys. Throws RES_002 where a key, or the pair of a transition, is taken. */
  create(companyId: string, rows: readonly CatalogRow[], answer: StoredAnswer | null): Promise<void>;
  /**
   * Stores a further version, and with it first versions of what it is made of, such as the inline prices of a plan.
   * Throws RES_002 where another one came first.
   */
  addVersion(
    companyId: string,
    row: CatalogRow,
    parts: readonly CatalogRow[],
    answer: StoredAnswer | null,
  ): Promise<void>;
  /** Takes all versions out of use for anything new; the key is free again. */
  archive(companyId: string, id: string, answer: StoredAnswer | null): Promise<void>;
  /** Every version there is, archived ones too, with the catalog's version. */
  load(companyId: string): Promise<{ version: number; rows: CatalogRow[] }>;
  /** Latest versions of one kind that are not archived, newest first. */
  list(companyId: string, kind: CatalogKind, page: ListPage): Promise<CatalogEntry[]>;
  /** The latest version by id or key; archived ones by id only. */
  get(companyId: string, kind: CatalogKind, idOrKey: string): Promise<CatalogEntry | null>;
}
