import type { Instant } from "../time/instant.ts";
import type { Period } from "../time/period.ts";
import type { DocumentRow, IdentityVerdict, OrphanRow } from "./stored_rows.ts";

/** A page of a list, newest first: up to `limit` rows created before the one in `after`. */
export interface ListPage {
  readonly limit: number;
  readonly after: { readonly createdAt: Instant; readonly id: string } | null;
  /** Equal values by field of the answer, such as `customer_id` or `status`. */
  readonly filters: Readonly<Record<string, string>>;
  readonly created: {
    readonly gte?: Instant;
    readonly gt?: Instant;
    readonly lte?: Instant;
    readonly lt?: Instant;
  };
  /** Newest first where it does not say so; orphan events alone take the other. */
  readonly first?: "newest" | "oldest";
}

/** A resource as of its last commit, in the wire shape of the API. */
export interface Document {
  readonly id: string;
  readonly createdAt: Instant;
  /** The wire shape; its numbers, if any, are settings and counts, never money. */
  readonly body: Readonly<Record<string, unknown>>;
}

export type DocumentTable = DocumentRow["table"];

export interface ResolvedCustomer {
  readonly id: string;
  readonly testClockId: string | null;
}

/** An applied usage event, voided or not, as it is stored; quantities and money are decimal text. */
export interface StoredUsageEvent {
  readonly eventId: string;
  readonly source: string;
  readonly eventType: string;
  readonly customerId: string;
  readonly subscriptionId: string;
  readonly occurredAt: Instant;
  readonly receivedAt: Instant;
  /** JSON text. */
  readonly properties: string;
  readonly charge: string;
  readonly currency: string;
  readonly whileSuspended: boolean;
  /** Since when it counts no more; null where it does. */
  readonly voidedAt: Instant | null;
}

/** What requests read: one company's rows and no other's, whatever is asked. */
export interface Documents {
  /** By id or external id; null when the company has none such. */
  get(companyId: string, table: DocumentTable, idOrExternalId: string): Promise<Document | null>;
  list(companyId: string, table: DocumentTable, page: ListPage): Promise<Document[]>;
  getOrphan(companyId: string, id: string): Promise<OrphanRow | null>;
  listOrphans(companyId: string, page: ListPage): Promise<OrphanRow[]>;
  /** The customers that have these ids or external ids, by the name asked for. */
  resolveCustomers(companyId: string, refs: readonly string[]): Promise<Map<string, ResolvedCustomer>>;
  /**
   * The usage of a customer within a period that is not voided, by event time, then by number; up to `limit` events
   * after the one given.
   */
  usageBetween(
    companyId: string,
    customerId: string,
    period: Period,
    after: { readonly occurredAt: Instant; readonly seq: number } | null,
    limit: number,
  ): Promise<{ seq: number; eventType: string; occurredAt: Instant; properties: string }[]>;
  /** The verdict on an id and, when applied or voided, the event. */
  usageEvent(
    companyId: string,
    customerId: string,
    digest: string,
  ): Promise<{ readonly verdict: IdentityVerdict; readonly event: StoredUsageEvent | null } | null>;
}
