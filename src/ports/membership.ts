/** Who decides which partitions this process is to own. */
export interface Membership {
  /**
   * Joins, and tells the whole set of partitions this process is to own whenever that changes; none while it is out.
   * The answer to one is awaited before the next is told. Resolves once the first set is owned.
   */
  join(assigned: (partitions: readonly number[]) => Promise<void>): Promise<void>;
  /** Leaves and joins again, as a process does that another one has overtaken. */
  rejoin(): void;
  /** Gives everything back at once, so that others take over without waiting. */
  leave(): Promise<void>;
  /** False as soon as somebody else may have been given this process's partitions. */
  isCurrent(): boolean;
}
