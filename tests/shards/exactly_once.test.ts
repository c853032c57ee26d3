import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { encodeRecord } from "../../shards/log_record.ts";
import { limits } from "../../src/limits.ts";
import { partitionOf } from "../../src/partitioning.ts";
import { COMPANY, call, openWorld, seed, subscribe, usageOf } from "./world.ts";

type World = Awaited<ReturnType<typeof openWorld>>;
type Process = Awaited<ReturnType<World["start"]>>;

let world: World;
let one: Process;
let ids: Map<string, string>;
const idOf = (name: string): string => ids.get(name) ?? "";
const statuses = (results: readonly { status: string }[]) => results.map((result) => result.status);

beforeAll(async () => {
  world = await openWorld();
  one = await world.start();
  ids = await seed(one.services, ["ada", "bob", "cyd", "dan", "eve", "fay"]);
}, 60_000);
afterAll(() => world.close());

describe("an event", () => {
  test("sent ten times at once, in ten requests, counts once", async () => {
    const { ingestion } = one.services;
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        ingestion.ingest(COMPANY, [call("ada", "storm"), call("ada", "storm")], true),
      ),
    );
    const counts = Object.groupBy(statuses(answers.flat()), (status) => status);
    expect([counts.applied?.length, counts.duplicate?.length]).toEqual([1, 19]);
    expect(await usageOf(one.services, idOf("ada"))).toBe("0.5");
  });

  test("of the same id and other content is a conflict and changes nothing", async () => {
    const { ingestion } = one.services;
    await ingestion.ingest(COMPANY, [call("bob", "same", { a: 1 })], true);
    const again = [call("bob", "same", { a: 1.0 }), call("bob", "same", { a: 2 })];
    expect(statuses(await ingestion.ingest(COMPANY, again, true))).toEqual(["duplicate", "conflict"]);
    expect(await usageOf(one.services, idOf("bob"))).toBe("0.5");
  });

  test("known to the store but forgotten in memory is still a duplicate", async () => {
    const { ingestion } = one.services;
    await ingestion.ingest(COMPANY, [call("cyd", "old")], true);
    await one.stop();
    one = await world.start(); // remembers no ids
    expect(
      statuses(await one.services.ingestion.ingest(COMPANY, [call("cyd", "new"), call("cyd", "old")], true)),
    ).toEqual(["applied", "duplicate"]);
    expect(await usageOf(one.services, idOf("cyd"))).toBe("1");
  });

  test("accepted before a command is in what the command sees", async () => {
    const events = Array.from({ length: 50 }, (_, i) => call("dan", `e${i}`));
    await one.services.ingestion.ingest(COMPANY, events, false);
    expect(await usageOf(one.services, idOf("dan"))).toBe("25");
  });
});

test("what nobody can apply is kept as a dead letter and harms none of its neighbours", async () => {
  const customerId = idOf("eve");
  const partition = partitionOf(COMPANY, customerId, limits.partitions);
  const good = (id: string) => ({ customerRef: customerId, event: call(customerId, id).event });
  // No request would be let in with a NUL, but a log may be written to by others.
  const poison = { customerRef: customerId, event: call(customerId, "bad", { text: "\0" }).event };
  const bytes = encodeRecord(COMPANY, one.services.clock.now(), [good("g1"), poison, good("g2")]);
  const broken = new TextEncoder().encode(`{"v":1,"company":"${COMPANY}","at":1}\nnot json\n`);
  const [first = 0] = await world.log.append([
    { partition, bytes },
    { partition, bytes: broken },
    { partition, bytes: new Uint8Array() },
  ]);
  await one.services.ingestion.ingest(COMPANY, [call("eve", "after")], true);

  expect(await usageOf(one.services, customerId)).toBe("1.5");
  const dead = await world.database.owner`
    select log_offset, log_index from dead_letters where partition = ${partition} order by 1, 2`;
  expect(dead.map((row) => [Number(row.log_offset) - first, row.log_index])).toEqual([
    [0, 1],
    [1, 0],
    [1, 1],
    [2, 0],
  ]);
});

test("an event of an unknown customer is an orphan, and counts once the customer is there", async () => {
  const { services } = one;
  const [before] = await services.ingestion.ingest(COMPANY, [call("gus", "early")], true);
  expect(before).toMatchObject({ status: "orphaned", reason: "no_customer" });
  const id = await subscribe(services, "gus");
  const [after] = await services.ingestion.ingest(COMPANY, [call("gus", "early")], true);
  expect(after?.status).toBe("applied");
  expect(await usageOf(services, id)).toBe("0.5");
});

test("an event received under a name, and read after its customer appeared, is brought home", async () => {
  const { services } = one;
  const id = await subscribe(services, "hal");
  const partition = partitionOf(COMPANY, "hal", limits.partitions);
  const bytes = encodeRecord(COMPANY, services.clock.now(), [
    { customerRef: "hal", event: call("hal", "stray").event },
  ]);
  const [offset = 0] = await world.log.append([{ partition, bytes }]);
  await services.shard.applied(partition, offset);
  expect(await usageOf(services, id)).toBe("0.5");
});

test("a process started on the same store and log goes on where the last one stood", async () => {
  const events = Array.from({ length: limits.snapshotEveryFacts * 2 + 7 }, (_, i) => call("fay", `f${i}`));
  for (let i = 0; i < events.length; i += 100)
    await one.services.ingestion.ingest(COMPANY, events.slice(i, i + 100), true);
  const before = await usageOf(one.services, idOf("fay"));
  await one.stop();
  // Appended while nobody was there to apply it.
  const partition = partitionOf(COMPANY, idOf("fay"), limits.partitions);
  const waiting = { customerRef: idOf("fay"), event: call("fay", "while_down").event };
  await world.log.append([{ partition, bytes: encodeRecord(COMPANY, one.services.clock.now(), [waiting]) }]);
  one = await world.start();
  expect([before, await usageOf(one.services, idOf("fay"))]).toEqual(["203.5", "204"]);
});

test("an owner that was replaced commits nothing more", async () => {
  const zombie = one;
  const heir = await world.start();
  const late = zombie.services.shard.send(
    { companyId: COMPANY, customerId: idOf("ada") },
    { type: "update_customer", patch: { name: "Zombie" } },
  );
  await expect(late).rejects.toMatchObject({ code: "DEP_001" });
  expect(await zombie.fenced).toBe(partitionOf(COMPANY, idOf("ada"), limits.partitions));
  const [row] = await world.database
    .owner`select body ->> 'name' as name from customers where id = ${idOf("ada")}`;
  expect(row?.name).toBe("ada");
  expect(statuses(await heir.services.ingestion.ingest(COMPANY, [call("ada", "storm")], true))).toEqual([
    "duplicate",
  ]);
});
