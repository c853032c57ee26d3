import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { AnalyticsFeed } from "../../shards/analytics_feed.ts";
import { AnalyticsReconciler } from "../../shards/analytics_reconciler.ts";
import { limits } from "../../src/limits.ts";
import { identityDigest } from "../../src/metering/usage_event.ts";
import { everyPartition } from "../../src/partitioning.ts";
import type { FedUsage } from "../../src/ports/usage_analytics.ts";
import { analyticsDouble, type Fault } from "./analytics_double.ts";
import { COMPANY, call, openWorld, seed } from "./world.ts";

let world: Awaited<ReturnType<typeof openWorld>>;
let app: Awaited<ReturnType<typeof world.start>>;
let customers: string[];
let sent = 0;

beforeAll(async () => {
  world = await openWorld();
  app = await world.start();
  customers = [...(await seed(app.services, ["ada", "bob", "cyd"])).values()];
}, 60_000);
afterAll(() => world.close());

/** A feed of its own for a test, from the beginning. */
async function openFeed() {
  const double = analyticsDouble();
  const { usageFeed, clock } = app.services;
  await usageFeed.restart();
  const said: string[] = [];
  const feedOf = () =>
    new AnalyticsFeed(
      usageFeed,
      double.analytics,
      clock,
      (line) => said.push(line),
      () => everyPartition,
    );
  return { ...double, said, feedOf };
}

async function record(count: number): Promise<void> {
  const events = Array.from({ length: count }, () => {
    sent += 1;
    return call(customers[sent % customers.length] ?? "", `e${sent}`);
  });
  if (count > 0) await app.services.ingestion.ingest(COMPANY, events, true);
}

async function voidOne(n: number): Promise<void> {
  const customerId = customers[n % customers.length] ?? "";
  const eventId = `e${n}`;
  const digest = identityDigest(COMPANY, customerId, "", eventId);
  const command = { type: "void_usage", eventId, source: "", digest } as const;
  await app.services.shard.send({ companyId: COMPANY, customerId }, command).catch(() => {}); // it is voided already
}

async function stored(): Promise<string[]> {
  const rows = await world.database.owner<{ customer_id: string; seq: string; charge: string }[]>`
    select customer_id, seq, charge from usage_events where voided_at is null`;
  return rows.map(({ customer_id, seq, charge }) => `${customer_id} ${seq} ${charge}`).toSorted();
}

test("feeds what was recorded and voided, and knows as of when", async () => {
  const feeding = await openFeed();
  const feed = feeding.feedOf();
  expect(feed.asOf).toBeNull();
  await record(10);
  await feed.drain();
  expect(feeding.contents()).toEqual(await stored());
  expect(feed.asOf).not.toBeNull();
  await voidOne(3);
  expect(await app.services.usageFeed.behind(everyPartition)).not.toEqual([]);
  await feed.drain();
  expect(feeding.contents()).toEqual(await stored());
  expect(await app.services.usageFeed.behind(everyPartition)).toEqual([]);
  const { length } = feeding.appended;
  await feed.drain();
  expect(feeding.appended).toHaveLength(length);
});

test("a block is the same until it is fed, whoever asks and whatever is committed meanwhile", async () => {
  const feeding = await openFeed();
  await feeding.feedOf().drain();
  const { usageFeed } = app.services;
  await record(1);
  const [{ partition } = { partition: 0 }] = await usageFeed.behind(everyPartition);
  const [first] = await usageFeed.next([partition], 100);
  await record(30);
  expect(await usageFeed.next([partition], 1)).toEqual(first === undefined ? [] : [first]);
  const identity = (await usageFeed.identity()) ?? "";
  if (first === undefined) return expect.unreachable("something waits");
  await usageFeed.fed([first], "other tables");
  expect(await usageFeed.next([partition], 100)).toEqual([first]);
  await usageFeed.fed([first], identity);
  await usageFeed.fed([first], identity);
  const [second] = await usageFeed.next([partition], 100);
  expect(second?.from).toBe(first.to);
  await feeding.feedOf().drain();
  expect(feeding.contents().length).toBeLessThan((await stored()).length); // what was said to be fed was not
});

test("crashes, lost answers, lost tables and a second feeder change nothing", async () => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.integer({ min: 0, max: 6 }).map((count) => ({ do: "record" as const, count })),
    },
    { weight: 1, arbitrary: fc.nat(60).map((n) => ({ do: "void" as const, n })) },
    {
      weight: 4,
      arbitrary: fc
        .array(fc.constantFrom<Fault | "none">("before", "after", "none"), { maxLength: 4 })
        .map((faults) => ({
          do: "feed" as const,
          faults,
        })),
    },
    { weight: 1, arbitrary: fc.constant({ do: "drop" as const }) },
    { weight: 1, arbitrary: fc.constant({ do: "both" as const }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
      const feeding = await openFeed();
      let feed = feeding.feedOf();
      for (const one of steps) {
        if (one.do === "record") await record(one.count);
        else if (one.do === "void") await voidOne(one.n);
        else if (one.do === "drop") feeding.drop();
        else if (one.do === "both") {
          await Promise.all([feed, feeding.feedOf()].map((each) => each.drain().catch(() => {})));
        } else {
          feeding.faults.push(...one.faults.map((fault) => (fault === "none" ? undefined : fault) as Fault));
          const failed = await feed.drain().then(
            () => false,
            () => true,
          );
          feeding.faults.length = 0;
          if (failed) feed = feeding.feedOf(); // as the process would that starts after a crash
        }
      }
      await feeding.feedOf().drain();
      expect(feeding.contents()).toEqual(await stored());
    }),
    { numRuns: 25 },
  );
}, 120_000);

test("what analytics has lost, or has too much, or otherwise, is found and mended", async () => {
  const feeding = await openFeed();
  await record(20);
  await voidOne(sent);
  const feed = feeding.feedOf();
  const damages: ((row: FedUsage) => FedUsage | null)[] = [
    (row) => (row.seq % 3 === 0 ? null : row),
    (row) => ({ ...row, charge: "7.25" }),
    (row) => ({ ...row, voided: false, version: 1 }),
  ];
  for (const damage of damages) {
    await feed.drain();
    feeding.tamper(damage);
    expect(feeding.contents()).not.toEqual(await stored());
    await reconciled(feeding, feed);
  }
  const { services } = app;
  const [row] = await services.usageFeed.usageOf(COMPANY, 0, services.clock.now() + 1, null, 1);
  feeding.invent({ ...(row ?? expect.unreachable("nothing recorded")), customerId: "nobody", voided: false });
  expect(feeding.contents()).not.toEqual(await stored());
  await reconciled(feeding, feed);
});

/** Finds something, mends it, and then finds nothing any more. */
async function reconciled(feeding: Awaited<ReturnType<typeof openFeed>>, feed: AnalyticsFeed): Promise<void> {
  feeding.said.length = 0;
  const { services } = app;
  const reconciler = new AnalyticsReconciler({
    feed: services.usageFeed,
    feeding: feed,
    analytics: feeding.analytics,
    totals: services.usageTotals,
    clock: services.clock,
    say: (line) => feeding.said.push(line),
  });
  const differences = [];
  for await (const found of reconciler.rounds()) differences.push(...found);
  expect(differences.length).toBeGreaterThan(0);
  expect(feeding.said.join("\n")).toContain("the hour is fed again");
  expect(feeding.contents()).toEqual(await stored());
  for await (const found of reconciler.rounds()) expect(found).toEqual([]);
}

test("goes on by itself when analytics comes back, and says once that it waits", async () => {
  const feeding = await openFeed();
  const feed = feeding.feedOf();
  feeding.faults.push("before", "before", "after");
  await record(5);
  feed.start();
  while (feed.asOf === null) await Bun.sleep(5);
  await feed.stop();
  expect(feeding.contents()).toEqual(await stored());
  expect(feeding.said).toEqual(["analytics waits: analytics is away"]);
  expect(limits.feedRowsMax).toBeGreaterThan(1000);
});

test("lets the first requests go before", async () => {
  const feeding = await openFeed();
  await record(5);
  const feed = feeding.feedOf();
  feed.start();
  await Bun.sleep(limits.feedEveryMs / 2);
  expect(feeding.contents()).toEqual([]);
  await feed.stop(); // which does not wait for its turn
  expect(feeding.contents()).toEqual([]);
});
