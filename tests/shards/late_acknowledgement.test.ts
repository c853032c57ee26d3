import { afterAll, beforeAll, expect, test } from "bun:test";
import { openMemoryEventLog } from "../../src/adapters/memory/event_log.ts";
import { limits } from "../../src/limits.ts";
import { partitionOf } from "../../src/partitioning.ts";
import { until } from "../services/service.ts";
import { COMPANY, call, openWorld, seed } from "./world.ts";

const memory = openMemoryEventLog(limits.partitions);
let world: Awaited<ReturnType<typeof openWorld>>;
let late = false;

/** A log that hands a record out long before it tells who appended it: a broker may do so. */
const log = {
  ...memory,
  async append(entries: Parameters<typeof memory.append>[0]): Promise<number[]> {
    const offsets = await memory.append(entries);
    await until("the record to be applied", 20_000, async () => !late || (await applied(entries, offsets)));
    return offsets;
  },
};

async function applied(
  entries: readonly { partition: number }[],
  offsets: readonly number[],
): Promise<boolean> {
  const rows = await world.database.owner<{ id: number; next_offset: number }[]>`
    select id, next_offset from partitions`;
  return entries.every(({ partition }, i) => {
    return rows.some((row) => row.id === partition && row.next_offset > (offsets[i] ?? 0));
  });
}

beforeAll(async () => {
  world = await openWorld(log);
}, 60_000);
afterAll(() => world.close());

test("a verdict is told, though it was there before the log acknowledged the event", async () => {
  const { services } = await world.start();
  const ids = await seed(services, ["ada", "bob", "cyd"]);
  const homes = [...ids.values()].map((id) => partitionOf(COMPANY, id, limits.partitions));
  expect(new Set(homes).size).toBeGreaterThan(1);
  late = true;
  const events = [call("ada", "1"), call("bob", "1"), call("ada", "2"), call("cyd", "1"), call("ada", "1")];
  const results = await services.ingestion.ingest(COMPANY, events, true);
  expect(results.map(({ event_id, status }) => [event_id, status])).toEqual([
    ["1", "applied"],
    ["1", "applied"],
    ["2", "applied"],
    ["1", "applied"],
    ["1", "duplicate"],
  ]);
  // Nobody watched: what became of it is the store's to tell.
  expect(await services.shard.applied(homes[0] ?? 0, 0)).toEqual([]);
});
