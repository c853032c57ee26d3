import { afterAll, beforeAll, expect, test } from "bun:test";
import { openMemoryEventLog } from "../../src/adapters/memory/event_log.ts";
import { limits } from "../../src/limits.ts";
import { partitionOf } from "../../src/partitioning.ts";
import type { EventLog } from "../../src/ports/event_log.ts";
import { COMPANY, call, openWorld, seed } from "./world.ts";

const log = openMemoryEventLog(limits.partitions);
let world: Awaited<ReturnType<typeof openWorld>>;
let partition = 0;

beforeAll(async () => {
  world = await openWorld(log);
  const one = await world.start();
  const ada = (await seed(one.services, ["ada"])).get("ada") ?? "";
  partition = partitionOf(COMPANY, ada, limits.partitions);
  await one.services.ingestion.ingest(COMPANY, [call("ada", "a")], true);
  await one.services.ingestion.ingest(COMPANY, [call("ada", "b")], true);
  await one.stop();
}, 60_000);
afterAll(() => world.close());

/** What a start on the world's store with another log ends in. */
async function startOn(other: Partial<EventLog>): Promise<string> {
  const told = await world.start(null, { ...log, ...other }).catch((error: Error) => error.message);
  if (typeof told === "string") return told;
  await told.stop();
  return "started";
}

test("a store starts with its own log, again and again", async () => {
  expect(await startOn({})).toBe("started");
});

test("another log stops the start before anything is done", async () => {
  const epoch = () => world.database.owner`select epoch from partitions where id = ${partition}`;
  const before = [...(await epoch())];
  expect(await startOn({ identity: "kafka 7" })).toBe(
    "The database goes with the event log 'memory' and was started with 'kafka 7': its positions mean nothing there",
  );
  expect([...(await epoch())]).toEqual(before);
});

test("another number of partitions stops the start", async () => {
  await world.database.owner`update event_log set partitions = 32`;
  expect(await startOn({})).toBe(
    "The database goes with an event log of 32 partitions, not 64; the number never changes",
  );
  await world.database.owner`update event_log set partitions = 64`;
});

test("a log that dropped what comes next, or lost what was applied, stops the start", async () => {
  const holding = (first: number, end: number) => async () =>
    (await log.extents()).map((extent, id) => (id === partition ? { first, end } : extent));
  expect(await startOn({ extents: holding(2, 9) })).toBe("started");
  expect(await startOn({ extents: holding(3, 9) })).toBe(
    `The event log holds partition ${partition} from offset 3 on, and 2 comes next: records were dropped before they were applied`,
  );
  expect(await startOn({ extents: holding(0, 1) })).toBe(
    `The event log ends at offset 1 of partition ${partition}, and all before 2 is applied: it is another log, or has lost records`,
  );
});
