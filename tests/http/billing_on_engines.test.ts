import { expect, test } from "bun:test";
import { Redis } from "ioredis";
import { openCacheServer } from "../../shards/engines.ts";
import { openKafkaEventLog } from "../../src/adapters/kafka/open.ts";
import { limits } from "../../src/limits.ts";
import { analyticsEngines } from "../adapters/clickhouse_fixture.ts";
import { brokers, newTopic, skipped } from "../adapters/kafka_fixture.ts";
import type { openApp } from "./app.ts";
import { openBillingWorld, usage } from "./billing_world.ts";

/**
 * From usage event to issued invoice; what is on it but its ids, and what was used day by day.
 * @param between called after each batch of events
 */
async function month(
  engines: Parameters<typeof openApp>[0],
  between: (batch: number) => Promise<void> = async () => {},
): Promise<Record<string, unknown>> {
  const { app, done, clock } = await openBillingWorld(engines);
  const { analyticsFeed } = app.services;
  // One that meets tables that are gone fails, and makes them anew the next time.
  const feed = () => analyticsFeed?.drain().catch(() => analyticsFeed.drain());
  try {
    const events = Array.from({ length: 400 }, (_, i) =>
      usage(`e${i}`, "ada", `2023-11-${10 + (i % 20)}T12:00:00Z`, 20_000 + i, 137),
    );
    for (let i = 0; i < events.length; i += 50) {
      // Some of them twice.
      const { payload } = await done("POST", "/usage/events", { events: events.slice(i, i + 60) });
      expect(payload.rejected).toBe(0);
      await between(i / 50);
      await feed();
    }
    await done("POST", "/usage/events?wait=applied", usage("last", "ada", "2023-11-30T23:59:59.999Z", "0.5"));
    await done("POST", `/admin/test-clocks/${clock.id}/advance`, { to: "2023-12-02T00:00:00Z" });
    const { rows } = await done("GET", "/invoicing/invoices?customer_id=ada");
    expect(rows).toHaveLength(1);
    expect(app.troubles.filter((line) => !line.startsWith("analytics"))).toEqual([]);
    const { number, status, total, issued_at, line_items } = rows[0] ?? {};
    const lines = (line_items as Record<string, unknown>[]).map(({ quantity, amount, type }) => {
      return { quantity, amount, type };
    });
    await feed();
    const span = "from=2023-11-01T00:00:00Z&to=2023-12-01T00:00:00Z&window=day";
    const { payload } = await done("GET", `/usage/aggregate?metric=input_tokens&${span}`);
    expect(payload.source).toBe(engines?.analytics ? "analytics" : "store");
    return { number, status, total, issued_at, lines, days: payload.rows };
  } finally {
    await app.close();
  }
}

const redisUrl = process.env.REDIS_URL ?? null;
const analytics = analyticsEngines.find((engine) => engine.analytics !== null)?.analytics ?? null;
const lacks = [
  skipped === "" ? "" : "Kafka",
  redisUrl === null ? "Redis" : "",
  analytics === null ? "chDB or ClickHouse" : "",
].filter((name) => name !== "");

test.skipIf(lacks.length > 0)(
  `a month's invoice is the same with every engine real, also where Redis is wiped and analytics dropped in between${
    lacks.length > 0 ? ` (unproven: there is no ${lacks.join(", no ")})` : ""
  }`,
  async () => {
    const embedded = await month({});
    // Input 400 × 20,000 + 0 + 1 + … + 399 + 0.5 = 8,079,800.5; output 400 × 137 = 54,800:
    // 20 + 5,000,000 × 0.000003 + 3,079,800.5 × 0.0000024 = 22.39 and 54,800 × 0.000015 = 0.82
    expect(embedded).toMatchObject({ status: "issued", total: "43.21" });
    const { partitions } = limits;
    const log = () => openKafkaEventLog({ brokers, partitions, topic: newTopic(), say: () => {} });
    const cacheServer = await openCacheServer(redisUrl, () => {});
    const server = new Redis(redisUrl ?? "");
    const wipe = async (): Promise<void> => {
      const keys = await server.keys("billai:*"); // ours: the server may be somebody's
      if (keys.length > 0) await server.del(...keys);
    };
    await analytics?.clear();
    expect(await month({ log: await log(), cacheServer, analytics })).toEqual(embedded);
    await analytics?.clear();
    const faults = async (batch: number): Promise<void> => {
      if (batch % 2 === 0) await wipe();
      if (batch % 3 === 1) await analytics?.clear();
    };
    expect(await month({ log: await log(), cacheServer, analytics }, faults)).toEqual(embedded);
    server.disconnect();
    cacheServer.close();
  },
  120_000,
);
