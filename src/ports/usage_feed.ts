import type { Instant } from "../time/instant.ts";
import type { FedUsage } from "./usage_analytics.ts";

/** Commits of one partition, after `from` up to `to`, with the usage they recorded and voided. */
export interface FeedBlock {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly rows: readonly FedUsage[];
}

/**
 * What commits have done to usage, in the order of each partition, for analytics. It only reads what commits wrote, and
 * keeps how far it has got. Every method throws DEP_001 while the store is away.
 */
export interface UsageFeed {
  /** Whose tables have been fed; null where none have, or all is to be fed again. */
  identity(): Promise<string | null>;
  /** These tables are fed from now on; where they are others than before, from the beginning. */
  begin(identity: string): Promise<void>;
  /** Everything is to be fed again, into tables made anew. */
  restart(): Promise<void>;
  /** Of these partitions those with commits that are not fed, and their last. */
  behind(partitions: readonly number[]): Promise<{ readonly partition: number; readonly to: number }[]>;
  /**
   * The next block of each of these partitions that has one: of some `rowsMax` rows, one commit at least. Its end is
   * kept before it is answered: whoever asks before it is fed gets the same block.
   */
  next(partitions: readonly number[], rowsMax: number): Promise<FeedBlock[]>;
  /**
   * Blocks have been taken in. What somebody else has said so of already stays as it is.
   *
   * @returns whether these are still the tables to feed; else nothing is kept
   */
  fed(blocks: readonly FeedBlock[], identity: string): Promise<boolean>;
  /**
   * Everything these partitions had committed by `asOf` is in these tables.
   * @returns as of when that is so for every partition, whoever feeds it; null where it is not known, or where other
   *   tables are fed meanwhile
   */
  complete(partitions: readonly number[], asOf: Instant, identity: string): Promise<Instant | null>;
  /**
   * A company's usage that occurred in `from <= occurredAt < to`, as it is now, voided or not; the next `limit` of it
   * after the one given, by customer, time and number.
   */
  usageOf(
    companyId: string,
    from: Instant,
    to: Instant,
    after: Pick<FedUsage, "customerId" | "occurredAt" | "seq"> | null,
    limit: number,
  ): Promise<FedUsage[]>;
  /** The ids of the companies after the one given, in order, up to `limit`. */
  companies(after: string | null, limit: number): Promise<string[]>;
}
