import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { AnalyticsFeed } from "../../shards/analytics_feed.ts";
import { AnalyticsReconciler } from "../../shards/analytics_reconciler.ts";
import { postgresShardStore } from "../../src/adapters/postgres/shard_store.ts";
import { postgresUsageFeed } from "../../src/adapters/postgres/usage/feed.ts";
import { postgresUsageTotals } from "../../src/adapters/postgres/usage/totals.ts";
import { manualClock } from "../../src/adapters/system/manual_clock.ts";
import { limits } from "../../src/limits.ts";
import type { PartitionCursor } from "../../src/ports/stored_rows.ts";
import type { UsageFeed } from "../../src/ports/usage_feed.ts";
import { batchOf, company, customer, usageOf } from "../contracts/shard_batches.ts";
import { openTestPostgres } from "../postgres.ts";
import { analyticsDouble } from "./analytics_double.ts";

/** More than goes into one block: what is fed from the beginning is under way for a while. */
const recorded = 2 * limits.feedRowsMax + 1;
const start = Date.UTC(2026, 10, 23, 12);
const clock = manualClock(start);

let postgres: Awaited<ReturnType<typeof openTestPostgres>>;
let store: ReturnType<typeof postgresShardStore>;
let usageFeed: UsageFeed;
let cursor: PartitionCursor;
let numbered = 0;

async function commit(count: number): Promise<void> {
  const usage = Array.from({ length: count }, () => {
    numbered += 1;
    return usageOf(customer, numbered, { occurredAt: start + (numbered % 1000) });
  });
  const outcome = await store.commit(batchOf(cursor, { usage }));
  cursor = outcome.ok ? outcome.cursor : expect.unreachable(JSON.stringify(outcome));
}

beforeAll(async () => {
  postgres = await openTestPostgres();
  await postgres.owner`insert into companies (id, name, created_at, updated_at) values (${company}, '', 0, 0)`;
  store = postgresShardStore(postgres.shard);
  usageFeed = postgresUsageFeed(postgres.shard);
  const [claimed] = await store.claimPartitions([0]);
  cursor = claimed ?? expect.unreachable("not claimed");
  while (numbered < recorded) await commit(Math.min(10_000, recorded - numbered));
}, 120_000);
afterAll(() => postgres.close());
beforeEach(() => usageFeed.restart());

function openFeed() {
  const double = analyticsDouble();
  const said: string[] = [];
  const feedOf = () =>
    new AnalyticsFeed(
      usageFeed,
      double.analytics,
      clock,
      (line) => said.push(line),
      () => [0],
    );
  return { ...double, said, feedOf };
}

test("in the middle of it, everything is to be fed again: it begins anew and comes to its end", async () => {
  const { feedOf, beforeAppend, count, appended } = openFeed();
  let blocks = 0;
  beforeAppend(async () => {
    if (++blocks === 2) await usageFeed.restart();
  });
  await feedOf().drain();
  expect(count()).toBe(numbered);
  expect(appended.length).toBeGreaterThan(Math.ceil(recorded / limits.feedRowsMax));
});

test("it says how far it has got, and when everything is there", async () => {
  const { feedOf, beforeAppend, said } = openFeed();
  beforeAppend(async () => {
    clock.set(clock.now() + limits.feedTellEveryMs);
  });
  const feed = feedOf();
  await feed.drain();
  expect(said[0]).toBe("analytics is fed from the beginning: 30000 rows, 0 partitions complete");
  expect(said.at(-1)).toMatch(new RegExp(`^analytics has everything again: ${numbered} rows in \\d\\d s$`));
  said.length = 0;
  await commit(1);
  await feed.drain();
  expect(said).toEqual([]);
});

test("nothing that was read at any moment of it is less than all", async () => {
  const { feedOf, analytics, count, drop } = openFeed();
  const [feed, other] = [feedOf(), feedOf()];
  await Promise.all([feed.drain(), other.drain()]);
  const read = { all: 0, none: 0 };
  let done = false;
  const reading = (async () => {
    while (!done) {
      for (const one of [feed, other]) {
        const told = await one.read(async () => {
          const before = count();
          await analytics.ping(); // lets others have their turn
          return Math.min(before, count());
        });
        if (told === null) read.none += 1;
        else {
          expect(told.value).toBe(numbered);
          read.all += 1;
        }
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  for (let i = 0; i < 3; i++) {
    await usageFeed.restart();
    await Promise.all([feed.drain(), other.drain()]);
    drop();
    clock.set(clock.now() + limits.feedCheckEveryMs);
    await other.drain();
    await other.drain();
  }
  await feed.drain();
  done = true;
  await reading;
  expect(read.all).toBeGreaterThan(0);
  expect(read.none).toBeGreaterThan(0);
  expect(count()).toBe(numbered);
}, 120_000);

test("one that knows only of the tables before says nothing about those that are fed now", async () => {
  const { feedOf, analytics } = openFeed();
  const late = feedOf();
  await late.drain();
  const asked = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const reading = late.read(async () => {
    asked.resolve();
    await goOn.promise;
    return 0;
  });
  await asked.promise;
  await analytics.clear();
  await usageFeed.begin(await analytics.prepare()); // by another process, which has fed nothing yet
  goOn.resolve();
  expect(await reading).toBeNull();
  expect(await late.readPartition(0, async () => 0)).toBeNull();
});

test("slow analytics holds up no commit, and stopping waits for the block under way", async () => {
  const { feedOf, beforeAppend, count } = openFeed();
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  beforeAppend(() => {
    begun.resolve();
    return goOn.promise;
  });
  const feed = feedOf();
  feed.start();
  await begun.promise;
  await commit(1);
  expect(feed.asOf).toBeNull();
  let stopped = false;
  const stopping = feed.stop().then(() => {
    stopped = true;
  });
  await commit(1);
  expect([stopped, count()]).toEqual([false, 0]);
  goOn.resolve();
  await stopping;
  expect(count()).toBe(30_000);
});

test("the reconciler finds no difference in hours that are written to all the time", async () => {
  const { feedOf, analytics, said } = openFeed();
  const feeding = feedOf();
  const totals = postgresUsageTotals(postgres, postgres.url, postgres.usageTier);
  const say = (line: string) => said.push(line);
  const reconciler = new AnalyticsReconciler({ feed: usageFeed, feeding, analytics, totals, clock, say });
  let done = false;
  const writing = (async () => {
    while (!done) await commit(1);
  })();
  const commitsBefore = numbered;
  for (let i = 0; i < 10; i++) for await (const found of reconciler.rounds()) expect(found).toEqual([]);
  done = true;
  await writing;
  expect(numbered).toBeGreaterThan(commitsBefore + 10);
  expect(said.filter((line) => line.includes("fed again"))).toEqual([]);
}, 120_000);
