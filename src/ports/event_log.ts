import type { Instant } from "../time/instant.ts";
import type { DeadLetter } from "./stored_rows.ts";

/** One durable append: events of one company and one partition, kept as the bytes the client sent. */
export interface LogRecord {
  readonly partition: number;
  /** Position in its partition: 0, 1, 2 and so on, without gaps where nobody else writes to the log. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Told of a record that is not an append of ours. */
  readonly origin?: RecordOrigin;
}

/** Who wrote a record that ingestion did not append. */
export type RecordOrigin =
  | {
      readonly by: "outsider";
      /** As text; null where it has none. */
      readonly key: string | null;
      readonly headers: ReadonlyMap<string, string>;
      /** When the log took it in. */
      readonly receivedAt: Instant;
    }
  /** The log itself, or someone who took it back: nothing to apply, only a position to pass over. */
  | { readonly by: "log" };

/** One record to be; the log gives it its offset. */
export interface LogEntry {
  readonly partition: number;
  readonly bytes: Uint8Array;
}

/** What a log holds of a partition: `first` is the oldest offset still kept, `end` the one the next record gets. */
export interface LogExtent {
  readonly first: number;
  readonly end: number;
}

/**
 * Where usage events are durable before anyone is told. Records of a partition keep the order in which their
 * appends were called.
 *
 * Errors: DEP_001 when the log is away, closed, or has more waiting to be durable than it may hold. Where the log
 * goes away or the process dies during an append, its records may be there afterwards, so that sending an event
 * again must be harmless.
 */
export interface EventLog {
  /** Which log this is, for ever the same: positions kept in the store mean something in this one alone. */
  readonly identity: string;
  /** Whether this process keeps it itself; else it is a server's. */
  readonly embedded: boolean;
  /**
   * Durable when it resolves; answers the offset of each entry. Concurrent calls share one sync. Rejects where any
   * entry is not durable: entries that are to fail on their own are appended in calls of their own.
   */
  append(entries: readonly LogEntry[]): Promise<number[]>;
  /**
   * Records of a partition from `offset` on, in order: as many as both bounds allow and perhaps fewer, but at
   * least one if there is any.
   */
  read(
    partition: number,
    offset: number,
    max: { readonly records: number; readonly bytes: number },
  ): Promise<LogRecord[]>;
  /** The offset the next record will get: everything before it is durable. */
  endOffset(partition: number): Promise<number>;
  /** What it holds, by partition. */
  extents(): Promise<LogExtent[]>;
  /** Called after records became durable, with partitions that grew, at least once. Returns an unsubscribe function. */
  onAppend(listener: (partitions: readonly number[]) => void): () => void;
  /**
   * Shows what cannot be applied to whoever watches the log, where the log has a place for it; the store keeps it
   * too. After a failure a letter may be shown twice: its coordinates tell.
   */
  bury(letters: readonly DeadLetter[]): Promise<void>;
  /** Makes durable what was appended before, then refuses everything. */
  close(): Promise<void>;
}
