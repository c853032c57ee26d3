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
  /** As of when everything is there. */
  #asOf: Instant | null = null;
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
    if (this.#asOf === null || this.#clock.now() - this.#asOf > limits.analyticsLagMsMax) return null;
    return this.#asOf;
  }

  /** Feeds everything that is committed now. Throws DEP_001 where analytics or the store is away. */
  async drain(): Promise<void> {
    try {
      await this.#feedAll();
    } catch (error) {
      this.#tables = null;
      this.#asOf = null;
      throw error;
    }
  }

  async #feedAll(): Promise<void> {
    const identity = await this.#prepared();
    const asOf = this.#clock.now();
    const heads = new Map(
      (await this.#feed.behind(this.#partitions())).map(({ partition, to }) => [partition, to]),
    );
    while (heads.size > 0) {
      const rowsEach = Math.max(1, Math.floor(limits.feedRowsMax / heads.size));
      const blocks = await this.#feed.next([...heads.keys()], rowsEach);
      await this.#send(blocks, identity);
      const reached = new Map(blocks.map(({ partition, to }) => [partition, to]));
      // One that has no block any more has been fed by somebody else.
      for (const [partition, head] of heads)
        if ((reached.get(partition) ?? head) >= head) heads.delete(partition);
      if (this.#stopping) return;
    }
    this.#asOf = await this.#feed.complete(this.#partitions(), asOf);
  }

  async #loop(): Promise<void> {
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
    if (wanted === null) await this.#analytics.clear();
    const identity = await this.#analytics.prepare();
    if (identity !== wanted) {
      this.#asOf = null;
      if (wanted !== null) this.#say("analytics has other tables than before: all usage is fed again");
      await this.#feed.begin(identity);
    }
    this.#tables = { identity, at: now };
    return identity;
  }

  /** Together, for an insert costs much however little is in it. */
  async #send(blocks: readonly FeedBlock[], identity: string): Promise<void> {
    const names = blocks.map(({ partition, from, to }) => `${partition}:${from}:${to}`).join(" ");
    const rows = blocks.flatMap((block) => block.rows);
    for (let i = 0; i < rows.length; i += limits.feedRowsMax) {
      const token = `${identity} ${i} ${names}`;
      await this.#analytics.append({ token, rows: rows.slice(i, i + limits.feedRowsMax) });
    }
    await this.#feed.fed(blocks, identity);
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
