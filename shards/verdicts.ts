import type { Item, Verdict } from "./items.ts";

/** What became of a partition's events, for those who wait for it. */
export class Verdicts {
  /** By offset of their record, kept while somebody watches. */
  readonly #kept = new Map<number, Verdict[]>();
  #watchers = 0;
  readonly #waiters = new Map<number, (verdicts: Verdict[]) => void>();

  /** Whether somebody waits for events that are not committed yet. */
  get areAwaited(): boolean {
    return this.#waiters.size > 0;
  }

  /** Keeps verdicts from now on, until the answer is called. */
  watch(): () => void {
    this.#watchers++;
    return () => {
      this.#watchers--;
      if (this.#watchers === 0) this.#kept.clear();
    };
  }

  /** Those on a record's events that are known; none where it was committed unwatched. */
  of(offset: number): Verdict[] {
    return this.#kept.get(offset) ?? [];
  }

  /** The same once the record is committed. */
  committed(offset: number): Promise<Verdict[]> {
    const end = this.watch();
    return new Promise<Verdict[]>((resolve) => this.#waiters.set(offset, resolve)).finally(end);
  }

  tell(item: Item, verdict: Verdict): void {
    if (item.kind !== "event" || this.#watchers === 0) return;
    const { offset, index } = item.at;
    const verdicts = this.#kept.get(offset) ?? [];
    // By its place: those before it may have been committed with an answer that was lost.
    verdicts[index] = verdict;
    this.#kept.set(offset, verdicts);
  }

  /** Answers for what is committed. Where a commit's outcome was unknown its verdicts are lost to us, not to the store. */
  release(nextOffset: number): void {
    for (const [offset, resolve] of this.#waiters) {
      if (offset >= nextOffset) continue;
      this.#waiters.delete(offset);
      resolve(this.of(offset));
    }
  }

  /** Ends every wait: verdicts will come, but nobody knows when. */
  letGo(): void {
    for (const resolve of this.#waiters.values()) resolve([]);
    this.#waiters.clear();
  }
}
