import type { Instant } from "../time/instant.ts";

/** What a report reads of an event. */
export interface ReportRow {
  readonly customerId: string;
  readonly seq: number;
  readonly subscriptionId: string;
  readonly eventType: string;
  readonly occurredAt: Instant;
  /** JSON text. */
  readonly properties: string;
}

/** Whose events a report reads, and of when. */
export interface ReportScope {
  readonly companyId: string;
  /** Null for all. */
  readonly customerIds: readonly string[] | null;
  readonly eventTypes: readonly string[] | null;
  readonly from: Instant;
  readonly to: Instant;
}

/** Usage that is not voided, for reports: as of the last commits. */
export interface ReportRows {
  /**
   * By event time, customer and number, after the row given; up to `limit`.
   * Throws DEP_001 where the store is away.
   */
  page(scope: ReportScope, after: ReportRow | null, limit: number): Promise<ReportRow[]>;
}
