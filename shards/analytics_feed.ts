import { limits } from "../src/limits.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { UsageAnalytics } from "../src/ports/usage_analytics.ts";
import type { FeedBlock, UsageFeed } from "../src/ports/usage_feed.ts";
import type { Instant } from "../src/time/instant.ts";
import type { Say } from "./say.ts";

/**
 * Feeds analytics with what commits have done to usage, strictly in the order of each partition. A block is fixed before
 * it is sent and sent under one token until it is known to be there, so that crashes, lost answers and a second feeder
 * change nothing. Tables that were made anew, for whatever reason, are fed from the beginning.
 */
export class AnalyticsFeed {
  readonly #feed: UsageFeed;
  readonly #analytics: UsageAnalytics;
  readonly #clock: Clock;
  readonly #say: Say;
  readonly #partitions: () => readonly number[];
  /** Whose tables are being fed, since when that was last looked at; null where it is to be asked. */
  #tables: { readonly identity: string; readonly at: Instant } | null = null;
  /** As of when everything is in which tables. */
  #fresh: { readonly identity: string; readonly asOf: Instant } | null = null;
  /** The last of the drains asked for. */
  #draining: Promise<void> = Promise.resolve();
  /** Set while tables are fed from the beginning. */
  #anew: Anew | null = null;
  /** Pieces of work begun on the tables during which what is in them is not to be believed, and how many have ended. */
  #mendsBegun = 0;
  #mendsEnded = 0;
  #stopping = false;
  #wake: (() => void) | null = null;
  #running: Promise<void> | null = null;

  /** @param partitions those that are this process's to feed, at present */
  constructor(
    feed: UsageFeed,
    analytics: UsageAnalytics,
    clock: Clock,
    say: Say,
    partitions: () => readonly number[],
  ) {
    this.#feed = feed;
    this.#analytics = analytics;
    this.#clock = clock;
    this.#say = say;
    this.#partitions = partitions;
  }

  start(): void {
    this.#running = this.#loop();
  }

  /** Ends after the block under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake?.();
    await this.#running;
  }

  /** As of when everything that was committed is in analytics, whoever feeds it; null while it is behind or away. */
  get asOf(): Instant | null {
    const fresh = this.#fresh;
    return fresh === null || this.#clock.now() - fresh.asOf > limits.analyticsLagMsMax ? null : fresh.asOf;
  }

  /**
   * Asks analytics where it has everything, as of a time it answers, too; else null. That is so from the first look to
   * the last: tables that are cleared meanwhile, by whomever, make no number smaller.
   */
  async read<T>(ask: () => Promise<T>): Promise<{ readonly value: T; readonly asOf: Instant } | null> {
    const { asOf } = this;
    if (asOf === null || this.#fresh === null) return null;
    const told = await this.#steadily(this.#fresh.identity, ask);
    return told === null ? null : { ...told, asOf };
  }

  /** As `read`, where everything this partition has committed until now is there. */
  async readPartition<T>(partition: number, ask: () => Promise<T>): Promise<{ readonly value: T } | null> {
    const identity = await this.#feed.identity();
    const behind = await this.#feed.behind([partition]);
    return identity === null || behind.length > 0 ? null : this.#steadily(identity, ask);
  }

  /** Null where the tables are not these, or nobody is to believe them, at any moment until the answer is there. */
  async #steadily<T>(identity: string, ask: () => Promise<T>): Promise<{ readonly value: T } | null> {
    const mends = this.#mendsBegun;
    if (this.#mendsEnded < mends) return null;
    const value = await ask();
    const isSame = (await this.#analytics.identity()) === identity && this.#mendsBegun === mends;
    return isSame ? { value } : null;
  }

  /** Does something to the tables during which nobody is to believe what is in them. */
  async mend(work: () => Promise<void>): Promise<void> {
    this.#mendsBegun += 1;
    try {
      await work();
    } finally {
      this.#mendsEnded += 1;
    }
  }

  /** Feeds everything that is committed now. Throws DEP_001 where analytics or the store is away. */
  drain(): Promise<void> {
    // One after the other: each has to look anew what is committed.
    const drained = this.#draining.then(() => this.#drainOnce());
    this.#draining = drained.catch(() => {});
    return drained;
  }

  async #drainOnce(): Promise<void> {
    try {
      while (!(await this.#feedAll()) && !this.#stopping);
    } catch (error) {
      this.#tables = null;
      this.#fresh = null;
      throw error;
    }
  }

  /** False where it did not come to an end: other tables are to be fed meanwhile. */
  async #feedAll(): Promise<boolean> {
    const identity = await this.#prepared();
    const asOf = this.#clock.now();
    const owned = this.#partitions();
    const heads = new Map((await this.#feed.behind(owned)).map(({ partition, to }) => [partition, to]));
    while (heads.size > 0) {
      const rowsEach = Math.max(1, Math.floor(limits.feedRowsMax / heads.size));
      const blocks = await this.#feed.next([...heads.keys()], rowsEach);
      if (!(await this.#send(blocks, identity))) return false;
      const reached = new Map(blocks.map(({ partition, to }) => [partition, to]));
      // One that has no block any more has been fed by somebody else.
      for (const [partition, head] of heads)
        if ((reached.get(partition) ?? head) >= head) heads.delete(partition);
      this.#tellProgress(blocks, owned.length - heads.size);
      if (this.#stopping) return false;
    }
    this.#endAnew();
    const complete = await this.#feed.complete(owned, asOf, identity);
    this.#fresh = complete === null ? null : { identity, asOf: complete };
    return true;
  }

  async #loop(): Promise<void> {
    // Loading an engine into this process stops everything for a while: the first requests go before.
    await this.#rest(limits.feedEveryMs);
    for (let failures = 0; !this.#stopping; ) {
      try {
        await this.drain();
        failures = 0;
        await this.#rest(limits.feedEveryMs);
      } catch (error) {
        if (failures === 0) this.#say(`analytics waits: ${error instanceof Error ? error.message : error}`);
        failures += 1;
        await this.#rest(Math.min(limits.storeRetryMsMax, 100 * 2 ** Math.min(failures, 10)));
      }
    }
  }

  /** Whose tables these are; where they are new, or are to be, everything is fed again. */
  async #prepared(): Promise<string> {
    const now = this.#clock.now();
    const wanted = await this.#feed.identity();
    const known = this.#tables;
    if (known !== null && known.identity === wanted && now - known.at < limits.feedCheckEveryMs) {
      return known.identity;
    }
    if (known?.identity !== wanted) this.#fresh = null;
    if (wanted === null) await this.#analytics.clear();
    const identity = await this.#analytics.prepare();
    if (identity !== wanted) {
      this.#fresh = null;
      if (wanted !== null) this.#say("analytics has other tables than before: all usage is fed again");
      await this.#feed.begin(identity);
      this.#anew = { since: now, toldAt: now, rows: 0, told: false };
    }
    this.#tables = { identity, at: now };
    return identity;
  }

  /** Together, for an insert costs much however little is in it. False where other tables are to be fed meanwhile. */
  async #send(blocks: readonly FeedBlock[], identity: string): Promise<boolean> {
    const names = blocks.map(({ partition, from, to }) => `${partition}:${from}:${to}`).join(" ");
    const rows = blocks.flatMap((block) => block.rows);
    for (let i = 0; i < rows.length; i += limits.feedRowsMax) {
      const token = `${identity} ${i} ${names}`;
      await this.#analytics.append({ token, rows: rows.slice(i, i + limits.feedRowsMax) });
    }
    return this.#feed.fed(blocks, identity);
  }

  #tellProgress(blocks: readonly FeedBlock[], done: number): void {
    const anew = this.#anew;
    if (anew === null) return;
    const now = this.#clock.now();
    const rows = anew.rows + blocks.reduce((sum, block) => sum + block.rows.length, 0);
    const isDue = now - anew.toldAt >= limits.feedTellEveryMs;
    if (isDue) this.#say(`analytics is fed from the beginning: ${rows} rows, ${done} partitions complete`);
    this.#anew = { ...anew, rows, toldAt: isDue ? now : anew.toldAt, told: anew.told || isDue };
  }

  /** What took no time needs no word. */
  #endAnew(): void {
    const anew = this.#anew;
    this.#anew = null;
    if (anew?.told !== true) return;
    const seconds = Math.round((this.#clock.now() - anew.since) / 1000);
    this.#say(`analytics has everything again: ${anew.rows} rows in ${seconds} s`);
  }

  async #rest(ms: number): Promise<void> {
    if (this.#stopping) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
    this.#wake = null;
  }
}

/** How far a feeding from the beginning has got. */
interface Anew {
  readonly since: Instant;
  readonly toldAt: Instant;
  readonly rows: number;
  readonly told: boolean;
}
