import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { skipped } from "../adapters/kafka_fixture.ts";
import { type Broker, startBroker } from "../services/kafka.ts";
import { until } from "../services/service.ts";
import { openSeveral } from "./several.ts";
import { month } from "./several_month.ts";

const limitMs = 240_000;

describe.skipIf(skipped !== "")(`processes in a consumer group${skipped}`, () => {
  let broker: Broker; // the topic and the group have fixed names: a broker of its own

  beforeAll(async () => {
    broker = await startBroker(mkdtempSync(join(tmpdir(), "billai-several-broker-")));
  }, limitMs);
  afterAll(async () => broker.stop(), limitMs);

  test(
    "bill what one with a log of its own would, while others join and leave in the midst of it",
    async () => {
      const one = await openSeveral();
      await one.start(1);
      const expected = await month(one);
      await one.stop();
      await one.close();

      const several = await openSeveral(broker.address);
      const owned = (): number[] => several.running.map(({ services }) => services.shard.owned.length);
      const steps = new Map([
        [7, [several.join]],
        [10, [several.join, several.join]],
        [16, [several.leave]],
        [22, [several.leave, several.leave]],
      ]);
      const sharers: number[] = [];
      await several.start(1);
      const billed = await month(several, async (day) => {
        await Promise.all((steps.get(day) ?? []).map((step) => step()));
        // One that joins gets its share once the others have let go of it.
        await until("all to have a share", limitMs, async () => owned().every((count) => count > 0));
        sharers.push(several.running.length);
      });
      expect(billed).toEqual(expected);
      expect(sharers).toEqual([1, 1, 2, 4, 4, 3, 3, 1, 1, 1]);
      expect(owned()).toEqual([64]);
      await several.stop();
      await several.close();
    },
    limitMs,
  );
});
