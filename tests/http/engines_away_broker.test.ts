import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { skipped } from "../adapters/kafka_fixture.ts";
import { type Broker, startBroker } from "../services/kafka.ts";
import { Month } from "./engines_away.ts";

const limitMs = 240_000;

describe.skipIf(skipped !== "")(`the program's broker${skipped}`, () => {
  let broker: Broker;
  let month: Month;

  beforeAll(async () => {
    broker = await startBroker(mkdtempSync(join(tmpdir(), "billai-away-broker-")));
    month = new Month({ KAFKA_BROKERS: broker.address });
  }, limitMs);
  afterAll(async () => {
    await month.abandon();
    broker.resume();
    await broker.stop();
  }, limitMs);

  test(
    "down at the start is waited for, which is said",
    async () => {
      await broker.kill();
      const starting = month.server.start();
      await month.hasSaid(/^The event log at 127\.0\.0\.1:\d+ is away \(.*\); trying again$/);
      broker = await startBroker(broker.folder);
      await starting;
      await month.hasSaid(/^The event log at 127\.0\.0\.1:\d+ is back$/);
      await month.isToldBack();
      await month.begin();
    },
    limitMs,
  );

  for (const [how, go, comeBack] of [
    ["hangs", async () => broker.pause(), async () => broker.resume()],
    [
      "dies",
      () => broker.kill(),
      async () => {
        broker = await startBroker(broker.folder);
      },
    ],
  ] as const) {
    test(
      `that ${how} in mid-run has events refused, catalog and live spend served, and is found again`,
      async () => {
        await month.sendTaken(20);
        await go();
        await month.isToldAway("message_broker");
        expect(await month.send()).toBe(false);
        expect(await month.check()).toBe(true);
        await month.server.must("GET", "/master-data/plans");
        await month.refused("GET", "/spend-control/status?customer_id=ada");
        await comeBack();
        await month.isToldBack();
        await month.isServing();
      },
      limitMs,
    );
  }

  test(
    "changes no number by any of it",
    async () => {
      await month.end();
      await month.close();
    },
    limitMs,
  );
});
