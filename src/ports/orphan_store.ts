import type { Instant } from "../time/instant.ts";
import type { OrphanRow } from "./stored_rows.ts";

/** The upkeep of orphan events beside their lists, which `Documents` reads. Throws DEP_001 when the store is away. */
export interface OrphanStore {
  /** The companies that have open orphan events. */
  companiesWithOpen(): Promise<string[]>;
  /**
   * Open orphan events that may fit by now, oldest first, up to `limit` after the one given: their customer or metric
   * is there, or a subscription of their customer has begun or changed since they were judged.
   */
  ripe(
    companyId: string,
    after: { readonly receivedAt: Instant; readonly id: string } | null,
    limit: number,
  ): Promise<OrphanRow[]>;
  /** Ends an open orphan event for good; false where it is not open. */
  discard(
    companyId: string,
    id: string,
    ending: { readonly by: string; readonly note: string; readonly at: Instant },
  ): Promise<boolean>;
}
