import type { CompanySettings } from "../invoicing/settings.ts";
import type { Instant } from "../time/instant.ts";
import type { User } from "./auth_store.ts";
import type { ListPage } from "./documents.ts";
import type { StoredAnswer } from "./stored_rows.ts";

/** A company as stored: `settings` holds only what differs from the defaults. */
export interface Company {
  readonly id: string;
  readonly name: string;
  readonly settings: Partial<CompanySettings>;
  /** Rises with every change of its catalog. */
  readonly catalog_version: number;
  readonly created_at: Instant;
  readonly updated_at: Instant;
}

/** Companies. Writes take the answer to keep under an idempotency key, in the same transaction. */
export interface CompanyStore {
  /** With its first admin, if one is given. Throws RES_002 (`email`) where the admin's address is taken. */
  create(company: Company, answer: StoredAnswer | null, admin?: User): Promise<void>;
  get(companyId: string): Promise<Company | null>;
  /** Oldest first; filter `name`. */
  list(page: Pick<ListPage, "limit" | "after"> & Partial<ListPage>): Promise<Company[]>;
  /** Settings that are left out stay. */
  update(
    company: Pick<Company, "id" | "name" | "settings" | "updated_at">,
    answer: StoredAnswer | null,
  ): Promise<void>;
}
