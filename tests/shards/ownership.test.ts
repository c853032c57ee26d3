import { expect, test } from "bun:test";
import { NotOwner } from "../../shards/not_owner.ts";
import { openMemoryEventLog } from "../../src/adapters/memory/event_log.ts";
import { limits } from "../../src/limits.ts";
import { everyPartition, partitionOf } from "../../src/partitioning.ts";
import type { EventLog } from "../../src/ports/event_log.ts";
import { COMPANY, call, openWorld, seed, usageOf } from "./world.ts";

const homeOf = (customerId: string) => partitionOf(COMPANY, customerId, limits.partitions);

/** A log whose records can be kept from the shard for a while. */
function held(log: EventLog) {
  let release = (): void => {};
  let gate: Promise<void> = Promise.resolve();
  return {
    log: {
      ...bound(log),
      read: (...args: Parameters<EventLog["read"]>) => gate.then(() => log.read(...args)),
    },
    hold: () => {
      ({ promise: gate, resolve: release } = Promise.withResolvers<void>());
    },
    release: () => release(),
  };
}

function bound(log: EventLog): EventLog {
  return {
    identity: log.identity,
    embedded: log.embedded,
    append: (entries) => log.append(entries),
    read: (...args) => log.read(...args),
    endOffset: (partition) => log.endOffset(partition),
    extents: () => log.extents(),
    onAppend: (listener) => log.onAppend(listener),
    bury: (letters) => log.bury(letters),
    close: () => log.close(),
  };
}

test("what one process gives up another goes on with, and nothing waits in vain", async () => {
  const shared = held(openMemoryEventLog(limits.partitions));
  const world = await openWorld(shared.log);
  const one = await world.start();
  const ids = [...(await seed(one.services, ["ada", "bob", "cyd", "dee"])).values()];
  const two = await world.start(null, shared.log);
  // The second start has taken everything: the first finds out with its next commit, and loses it all.
  const [ada = ""] = ids;
  const [told] = await one.services.ingestion.ingest(COMPANY, [call(ada, "one")], true);
  expect(["accepted", "applied"]).toContain(told?.status ?? "");
  await one.fenced;
  expect(one.services.shard.owns(homeOf(ada))).toBe(false);
  expect(await usageOf(two.services, ada)).toBe("0.5");

  // Halved: what the second gives up the first claims again.
  const even = everyPartition.filter((id) => id % 2 === 0);
  const odd = everyPartition.filter((id) => id % 2 === 1);
  await two.services.shard.own(even);
  await one.services.shard.own([]); // of the others it does not know yet that they were taken
  await one.services.shard.own(odd);
  const ownerOf = (id: string) => (homeOf(id) % 2 === 0 ? two : one);
  const otherOf = (id: string) => (homeOf(id) % 2 === 0 ? one : two);
  for (const id of ids) {
    const key = { companyId: COMPANY, customerId: id };
    expect(() => otherOf(id).services.shard.peek(key)).toThrow(NotOwner);
    const [verdict] = await ownerOf(id).services.ingestion.ingest(COMPANY, [call(id, "here")], true);
    expect(verdict).toMatchObject({ status: "applied" });
  }

  // A command that waits for the log when its partition goes is told to go to the next owner.
  shared.hold();
  const customerId = ada;
  const owner = ownerOf(customerId).services;
  await owner.ingestion.ingest(COMPANY, [call(customerId, "late")], false);
  const command = owner.shard.send({ companyId: COMPANY, customerId }, wake).catch((error: unknown) => error);
  const released = owner.shard.own([]);
  shared.release();
  await released;
  const answer = await command;
  expect(answer === undefined || answer === null || answer instanceof NotOwner).toBe(true);
  const next = otherOf(customerId).services;
  await next.shard.own(everyPartition);
  const usage = await Promise.all(ids.map((id) => usageOf(next, id)));
  expect(usage).toEqual(["1.5", "0.5", "0.5", "0.5"]);
  await world.close();
}, 60_000);

const wake = { type: "wake" } as const;

test("a process that starts makes those customers live that were busy of late", async () => {
  const world = await openWorld();
  const one = await world.start();
  const ids = [...(await seed(one.services, ["ada", "bob", "cyd"])).values()];
  const events = ids.slice(0, 2).map((id) => call(id, "one"));
  await one.services.ingestion.ingest(COMPANY, events, true);
  await one.stop();
  const two = await world.start();
  while (two.services.shard.liveActors < 2) await Bun.sleep(1);
  const live = (customerId = "") => two.services.shard.peek({ companyId: COMPANY, customerId }) !== undefined;
  expect(ids.map((id) => live(id))).toEqual([true, true, false]);
  await world.close();
}, 60_000);

test("more events than can be applied soon are refused before they are acknowledged, and taken again after", async () => {
  const shared = held(openMemoryEventLog(limits.partitions));
  const world = await openWorld(shared.log);
  const { services } = await world.start();
  const [ada = ""] = (await seed(services, ["ada"])).values();
  shared.hold();
  let taken = 0;
  let round = 0;
  for (;;) {
    const sent = Array.from({ length: 500 }, (_, i) =>
      services.ingestion.ingest(COMPANY, [call(ada, `${round}-${i}`)], false),
    );
    const results = (await Promise.all(sent)).flat();
    const refused = results.find(({ status }) => status === "rejected");
    taken += results.filter(({ status }) => status === "accepted").length;
    round++;
    if (refused !== undefined) {
      expect(refused).toMatchObject({
        code: "DEP_001",
        msg: "Too many events are waiting; try again shortly",
      });
      break;
    }
    expect(taken).toBeLessThanOrEqual(limits.partitionLagRecordsMax + 1000);
  }
  expect(taken).toBeGreaterThanOrEqual(limits.partitionLagRecordsMax - 1000);
  // Another partition's customers are not hindered.
  const refs = Array.from({ length: 100 }, (_, i) => `nobody-${i}`).filter(
    (ref) => homeOf(ref) !== homeOf(ada),
  );
  const [other] = await services.ingestion.ingest(COMPANY, [call(refs[0] ?? "", "x")], false);
  expect(other).toMatchObject({ status: "accepted" });
  shared.release();
  while ((await services.shard.lag()) > 0) await Bun.sleep(5);
  const [again] = await services.ingestion.ingest(COMPANY, [call(ada, "again")], true);
  expect(again).toMatchObject({ status: "applied" });
  expect(await usageOf(services, ada)).toBe(String(0.5 * (taken + 1)));
  await world.close();
}, 120_000);
