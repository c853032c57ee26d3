/**
 * Which partitions this process is to own, as agreed with the other processes of the deployment. It decides who
 * works, not who is right: two owners at once are kept apart by the store's epochs.
 */
export interface Membership {
  /**
   * Joins, once. `assigned` is told the whole set of partitions to own, ascending, every time it changes; before the
   * first time it is empty. One call is awaited before the next; sets that were overtaken meanwhile are left out,
   * except the empty one that says that this process was out: whatever it owned may have been another's since.
   *
   * A partition that is missing from a set goes to another process once `assigned` has resolved, not before. Where
   * `assigned` rejects, everything is given back and joined for anew.
   *
   * Resolves once this process belongs and has been told what it got first, which takes as long as the others' server
   * is away. Never rejects.
   *
   * @param isStillOurs asks the store whether nobody else has claimed any of these partitions. While the others' server
   *   is away it stands for that: somebody who hears of it, when we do not, takes over by claiming
   */
  join(
    assigned: (partitions: readonly number[]) => Promise<void>,
    isStillOurs?: (partitions: readonly number[]) => Promise<boolean>,
  ): Promise<void>;
  /**
   * Tells the empty set, awaits it while still a member, and gives everything back, so that others take over without
   * waiting for a timeout. For good; not to be awaited within `assigned`. Never rejects.
   */
  leave(): Promise<void>;
  /**
   * True while nobody else can have been given what this process was told to own, or had claimed it a moment ago. Asks
   * nobody: false as soon as neither was heard for too long by its own monotonic clock, and from then on until it has
   * joined anew.
   */
  isCurrent(): boolean;
  /** What a fenced owner does: it is out at once, is told the empty set, and then joins again. */
  rejoin(): void;
}
