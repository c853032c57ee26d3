import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openKafkaEventLog } from "../../src/adapters/kafka/open.ts";
import { limits } from "../../src/limits.ts";
import { brokers, newTopic, skipped } from "../adapters/kafka_fixture.ts";
import { COMPANY, call, openWorld, seed, usageOf } from "./world.ts";

describe.skipIf(skipped !== "")(`a shard on Kafka${skipped}`, () => {
  let world: Awaited<ReturnType<typeof openWorld>>;
  let one: Awaited<ReturnType<typeof world.start>>;
  let ids: Map<string, string>;
  const idOf = (name: string): string => ids.get(name) ?? "";

  beforeAll(async () => {
    const { partitions } = limits;
    world = await openWorld(
      await openKafkaEventLog({ brokers, partitions, topic: newTopic(), say: () => {} }),
    );
    one = await world.start();
    ids = await seed(one.services, ["ada", "bob", "cyd", "dan"]);
  }, 60_000);
  afterAll(() => world?.close());

  test("tells the final verdict on every event, also where it is applied before the log says it has it", async () => {
    const { ingestion } = one.services;
    const names = [...ids.keys()];
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(
        Array.from({ length: 30 }, (_, i) => {
          const events = names.map((name) => call(name, `${round} ${i >> 1}`)); // each by two requests
          return ingestion.ingest(COMPANY, events, true);
        }),
      );
      const statuses = answers.flat().map(({ status }) => status);
      expect(statuses.filter((status) => status === "applied").length).toBe(60);
      expect(statuses.filter((status) => status === "duplicate").length).toBe(60);
    }
    for (const id of ids.values()) expect(await usageOf(one.services, id)).toBe("75");
  });

  test("goes on where the last process stood, and a replaced one commits nothing more", async () => {
    await one.services.ingestion.ingest(COMPANY, [call("ada", "last")], false);
    await one.stop();
    one = await world.start();
    expect(await usageOf(one.services, idOf("ada"))).toBe("75.5");
    const heir = await world.start();
    const late = one.services.shard.send(
      { companyId: COMPANY, customerId: idOf("bob") },
      { type: "update_customer", patch: { name: "Zombie" } },
    );
    await expect(late).rejects.toMatchObject({ code: "DEP_001" });
    expect(await usageOf(heir.services, idOf("bob"))).toBe("75");
  });
});
