/** One durable append: events of one company and one partition, kept as the bytes the client sent. */
export interface LogRecord {
  readonly partition: number;
  /** Position in its partition: 0, 1, 2 and so on without gaps. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** One record to be; the log gives it its offset. */
export interface LogEntry {
  readonly partition: number;
  readonly bytes: Uint8Array;
}

/**
 * Where usage events are durable before anyone is told. Records of a partition keep the order in which their
 * appends were called.
 *
 * Errors: DEP_001 when the log is away, closed, or has more waiting for the disk than it may hold. A refused append
 * is seen by no reader; where the process dies during it, its records may be there afterwards, so that sending an
 * event again must be harmless.
 */
export interface EventLog {
  /**
   * Durable when it resolves; answers the offset of each entry. Concurrent calls share one sync. The entries of
   * one call become durable together, whatever their partitions, or the promise rejects.
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
  /** Called after records became durable, with the partitions that grew. Returns an unsubscribe function. */
  onAppend(listener: (partitions: readonly number[]) => void): () => void;
  /** Makes durable what was appended before, then refuses everything. */
  close(): Promise<void>;
}
