import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openKafkaEventLog } from "../../src/adapters/kafka/open.ts";
import { limits } from "../../src/limits.ts";
import type { EventLog } from "../../src/ports/event_log.ts";
import { codeOf } from "../contracts/event_log.ts";
import { type Broker, startBroker } from "../services/kafka.ts";
import { until } from "../services/service.ts";
import { newTopic, skipped } from "./kafka_fixture.ts";

const partitions = 8;
let broker: Broker;

describe.skipIf(skipped !== "")(`a Kafka broker that is killed${skipped}`, () => {
  beforeAll(async () => {
    broker = await startBroker(mkdtempSync(join(tmpdir(), "billai-kafka-loss-")));
  }, 120_000);
  afterAll(async () => broker?.stop());

  async function open(topic: string, waitMsMax?: number): Promise<{ log: EventLog; said: string[] }> {
    const said: string[] = [];
    const wait = waitMsMax === undefined ? {} : { waitMsMax };
    const brokers = [broker.address];
    const log = await openKafkaEventLog({
      brokers,
      partitions,
      topic,
      say: (line) => said.push(line),
      ...wait,
    });
    return { log, said };
  }

  test("in mid-stream loses nothing it acknowledged, and is read on when it is back", async () => {
    const { log, said } = await open(newTopic());
    const acks: { partition: number; offset: number; text: string }[] = [];
    let refused = 0;
    let stop = false;
    const send = async (sender: number): Promise<void> => {
      for (let n = 0; !stop; n++) {
        const [partition, text] = [(sender + n) % partitions, `${sender} ${n}`];
        try {
          const [offset = -1] = await log.append([{ partition, bytes: new TextEncoder().encode(text) }]);
          acks.push({ partition, offset, text });
        } catch (error) {
          refused++;
          expect((error as { code?: string }).code).toBe("DEP_001");
          await Bun.sleep(20);
        }
      }
    };
    const seen = Array.from({ length: partitions }, (): string[] => []);
    const offsets = Array.from({ length: partitions }, (): number[] => []);
    const read = async (partition: number): Promise<void> => {
      for (let next = 0; !stop || next < (await log.endOffset(partition)); ) {
        const records = await log.read(partition, next, { records: 50, bytes: 100_000 }).catch(() => []);
        for (const record of records) {
          offsets[partition]?.push(record.offset);
          seen[partition]?.push(new TextDecoder().decode(record.bytes));
          next = record.offset + 1;
        }
        if (records.length === 0) await Bun.sleep(20);
      }
    };
    const working = [...[1, 2, 3, 4, 5].map(send), ...seen.keys().map(read)];
    for (let round = 0; round < 2; round++) {
      const before = acks.length;
      await until("appends", 30_000, async () => acks.length > before + 300);
      // A loss before it is back for readers, too, would be the same one.
      await until("the line that it is back", 30_000, async () => said.length % 2 === 0);
      const refusedBefore = refused;
      await broker.kill();
      await until("refusals", 30_000, async () => refused > refusedBefore);
      await until("the line that says so", 30_000, async () => said.length % 2 === 1);
      broker = await startBroker(broker.folder);
    }
    const before = acks.length;
    await until("appends again", 30_000, async () => acks.length > before + 300);
    stop = true;
    await Promise.all(working);

    expect(acks.filter(({ partition, offset, text }) => seen[partition]?.[offset] !== text)).toEqual([]);
    for (const [partition, texts] of seen.entries()) {
      expect(offsets[partition]).toEqual(texts.map((_, offset) => offset));
      expect(texts.filter((text, i) => texts.indexOf(text) !== i)).toEqual([]);
    }
    const place = `The event log at ${broker.address}`;
    const away = expect.stringMatching(/^The event log at \S+ is away \(.+\); trying again$/);
    // Once for every time; on a busy machine one that has just started may be silent for too long once more.
    expect(said.length).toBeGreaterThanOrEqual(4);
    expect(said).toEqual(said.map((_, i) => (i % 2 === 0 ? away : `${place} is back`)));
    expect(said.length % 2).toBe(0);
    await log.close();
  }, 180_000);

  test("refuses within bounds while it is away, and starts are told or wait", async () => {
    const topic = newTopic();
    const first = await open(topic);
    await first.log.append([{ partition: 0, bytes: new Uint8Array(3) }]);
    await broker.kill();
    expect(await codeOf(first.log.append([{ partition: 0, bytes: new Uint8Array(3) }]))).toBe("DEP_001");
    expect(await codeOf(first.log.endOffset(0))).toBe("DEP_001");
    expect(await codeOf(first.log.extents())).toBe("DEP_001");
    await expect(open(topic, 0)).rejects.toThrow(`The event log at ${broker.address} is away: `);
    const said: string[] = [];
    const waiting = openKafkaEventLog({
      brokers: [broker.address],
      partitions,
      topic,
      say: (line) => said.push(line),
    });
    await until("the line that says so", limits.eventLogAnswerMsMax, async () => said.length === 1);
    broker = await startBroker(broker.folder);
    const log = await waiting;
    expect(said.at(-1)).toBe(`The event log at ${broker.address} is back`);
    expect(await log.endOffset(0)).toBeGreaterThanOrEqual(1);
    await until(
      "the first to find it again",
      30_000,
      async () => (await codeOf(first.log.endOffset(0))) === "none",
    );
    await Promise.all([log.close(), first.log.close()]);
  }, 180_000);

  test("that hangs and comes to makes nobody wait long, and doubles nothing", async () => {
    const { log } = await open(newTopic());
    const append = (text: string) => log.append([{ partition: 0, bytes: new TextEncoder().encode(text) }]);
    expect(await append("before")).toEqual([0]);
    broker.pause();
    const unanswered = [append("a"), append("b")];
    expect(await Promise.all(unanswered.map(codeOf))).toEqual(["DEP_001", "DEP_001"]);
    expect(await codeOf(append("behind"))).toBe("DEP_001");
    expect(await codeOf(log.endOffset(0))).toBe("DEP_001");
    broker.resume();
    await until("an append", 60_000, async () => (await codeOf(append("after"))) === "none");
    const records: string[] = [];
    await until("all of it to be read", 60_000, async () => {
      const more = await log.read(0, records.length, { records: 100, bytes: 100_000 }).catch(() => []);
      records.push(...more.map(({ bytes }) => new TextDecoder().decode(bytes)));
      return records.at(-1) === "after";
    });
    // What was not acknowledged may have been written or not, but in order and once.
    expect(["before after", "before a b after"]).toContain(records.join(" "));
    await log.close();
  }, 180_000);
});
