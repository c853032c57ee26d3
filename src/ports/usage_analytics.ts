import type { UsageCell, UsageQuestion } from "../metering/usage_question.ts";
import type { Instant } from "../time/instant.ts";
import type { UsagePlace } from "./shard_store.ts";
import type { UsageRow } from "./stored_rows.ts";
import type { UsageHour } from "./usage_totals.ts";

/** A usage row as some commit left it: as it was recorded, or voided. */
export interface FedUsage
  extends Pick<
    UsageRow,
    | "companyId"
    | "customerId"
    | "seq"
    | "subscriptionId"
    | "eventType"
    | "occurredAt"
    | "properties"
    | "charge"
    | "currency"
  > {
  /** The number of that commit in its partition: of two states of a row the one with the greater counts. */
  readonly version: number;
  readonly voided: boolean;
}

/** What measuring usage anew needs of a row. */
export type MeasuredUsage = Pick<UsageRow, "seq" | "eventType" | "occurredAt" | "properties">;

/** Rows that are sent together, and again under the same token where it is not known whether they arrived. */
export interface UsageBlock {
  readonly token: string;
  readonly rows: readonly FedUsage[];
}

/**
 * Usage as it is kept for questions about much of it: a projection of the store, made anew from it at any time, and
 * never what a bill goes by. Every method throws DEP_001 while the engine is away.
 */
export interface UsageAnalytics {
  /** Whether it is within this process; else it is a server's, which other processes feed, too. */
  readonly embedded: boolean;
  /** Makes the tables that are missing. Answers who they are: tables made anew are another, and hold nothing yet. */
  prepare(): Promise<string>;
  /** Who the tables are at present. Where it is the same after a look at them as before, nothing was cleared meanwhile. */
  identity(): Promise<string | null>;
  /** Takes a block in; one that is there already changes nothing. */
  append(block: UsageBlock): Promise<void>;
  /** How much usage counts there by the hour it occurred in, `from <= hour < to`, in order. */
  hours(companyId: string, from: Instant, to: Instant): Promise<UsageHour[]>;
  /** Removes everything, and who the tables are: `prepare` makes them anew. */
  clear(): Promise<void>;
  /** Removes a company's usage that occurred in `from <= occurredAt < to`, whatever its state. */
  remove(companyId: string, from: Instant, to: Instant): Promise<void>;
  /**
   * The cells of a question, in no order; every field of the question is one this engine can answer for.
   * Throws RES_002 where that is more than `limits.reportCellsMax`, or takes more memory than there is for it. Null
   * where usage has numbers in these fields that are too large or too fine for it.
   */
  cells(question: UsageQuestion): Promise<UsageCell[] | null>;
  /** As the store's: for each place its usage that is not voided, by event time, then by number; up to `limit` each. */
  usagePages(places: readonly UsagePlace[], limit: number): Promise<MeasuredUsage[][]>;
  ping(): Promise<void>;
  /** What it is and its version, for people. */
  describe(): Promise<string>;
  close(): Promise<void>;
}
