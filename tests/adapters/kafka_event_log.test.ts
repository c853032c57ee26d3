import { describe, expect, test } from "bun:test";
import { openKafkaEventLog } from "../../src/adapters/kafka/open.ts";
import { limits } from "../../src/limits.ts";
import { partitionOf } from "../../src/partitioning.ts";
import type { EventLog, LogRecord } from "../../src/ports/event_log.ts";
import { codeOf, eventLogContract, partitions } from "../contracts/event_log.ts";
import { brokers, newTopic, openLog, sendOutside, skipped } from "./kafka_fixture.ts";

const topicOf = new Map<EventLog, string>();

async function openAt(topic: string, pendingBytesMax?: number): Promise<EventLog> {
  const bound = pendingBytesMax === undefined ? {} : { pendingBytesMax };
  const log = await openKafkaEventLog({ brokers, partitions, topic, say: () => {}, ...bound });
  topicOf.set(log, topic);
  return log;
}

eventLogContract(`the event log in Kafka${skipped}`, {
  open: (options) => openAt(newTopic(), options?.pendingBytesMax),
  reopen: async (log) => {
    await log.close();
    return openAt(topicOf.get(log) ?? "");
  },
  histories: 5,
  skip: skipped !== "",
});

const all = { records: 1_000_000, bytes: 1_000_000_000 };
const textOf = ({ bytes }: LogRecord): string => new TextDecoder().decode(bytes);
const entry = (partition: number, text: string) => ({ partition, bytes: new TextEncoder().encode(text) });

/** Every record of a partition up to its end, marks of the log included. */
async function everything(log: EventLog, partition: number): Promise<LogRecord[]> {
  const end = await log.endOffset(partition);
  const found: LogRecord[] = [];
  for (let next = 0; next < end; next = (found.at(-1)?.offset ?? next) + 1) {
    const page = await log.read(partition, next, all);
    if (page.length === 0) throw new Error(`nothing at ${next} of ${end}`);
    found.push(...page);
  }
  return found;
}

describe.skipIf(skipped !== "")(`producing to Kafka${skipped}`, () => {
  test("thousands of appends at once, from three processes' worth of logs: each there once, in order, where it was said", async () => {
    const topic = newTopic();
    await using first = await openLog(topic, 64);
    await using second = await openLog(topic, 64);
    await using third = await openLog(topic, 64);
    const senders = [first.log, second.log, third.log];
    const perSender = 2000;
    const acks = await Promise.all(
      senders.map((log, sender) =>
        Promise.all(
          Array.from({ length: perSender }, async (_, i) => {
            const partition = (i * 7 + sender) % 64;
            const text = `${sender} ${i} ${"x".repeat((i * 37) % 900)}`;
            const [offset = -1] = await log.append([entry(partition, text)]);
            return { partition, offset, text };
          }),
        ),
      ),
    );
    let count = 0;
    for (let partition = 0; partition < 64; partition++) {
      const texts = (await everything(first.log, partition)).map(textOf);
      count += texts.length;
      for (const sent of acks) {
        const here = sent.filter((ack) => ack.partition === partition);
        expect(here.map(({ offset }) => texts[offset])).toEqual(here.map(({ text }) => text));
        expect(here.map(({ offset }) => offset)).toEqual(
          here.map(({ offset }) => offset).toSorted((a, b) => a - b),
        );
      }
    }
    expect(count).toBe(senders.length * perSender);
  });

  test("one partition's refusal is not another's", async () => {
    await using opened = await openLog(newTopic(), partitions);
    const { log } = opened;
    const noise = new Uint8Array(limits.eventLogRecordBytesMax + 100_000);
    for (let i = 0; i < noise.length; i += 65_536) crypto.getRandomValues(noise.subarray(i, i + 65_536));
    const calls = [
      [entry(0, "a")],
      [{ partition: 1, bytes: noise }],
      [entry(2, "c")],
      [entry(2, "d"), entry(3, "e")],
    ];
    const outcomes = await Promise.allSettled(calls.map((entries) => log.append(entries)));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
    expect(await codeOf(log.append([{ partition: 1, bytes: noise }]))).toBe("DEP_001");
    expect(await log.append([entry(1, "f"), entry(2, "g")])).toEqual([0, 2]);
    expect((await everything(log, 2)).map(textOf)).toEqual(["c", "d", "g"]);
    expect((await everything(log, 1)).map(textOf)).toEqual(["f"]);
  });
});

describe.skipIf(skipped !== "")(`records of Kafka's own Java client${skipped}`, () => {
  test("are where our partitioner says, for any customer", async () => {
    const topic = newTopic();
    await using opened = await openLog(topic, 64);
    const customers = Array.from({ length: 500 }, (_, i) => `${"ключ€😀".slice(0, i % 7)}cust_${i * i}`);
    const sent = await sendOutside(
      { topic },
      customers.map((customer, i) => ({ key: `co_x|${customer}`, value: `${i}` })),
    );
    expect(sent.map(({ partition }) => partition)).toEqual(
      customers.map((customer) => partitionOf("co_x", customer, 64)),
    );
    const [place = { partition: 0, offset: 0 }] = sent;
    const record = (await everything(opened.log, place.partition))[place.offset];
    const now = Date.now();
    const origin = record?.origin;
    if (origin?.by !== "outsider") throw new Error("it came from outside");
    expect([origin.key, record === undefined ? "" : textOf(record)]).toEqual(["co_x|cust_0", "0"]);
    expect(Math.abs(now - origin.receivedAt)).toBeLessThan(600_000); // the broker's time, not the record's
  });

  test.each(["none", "gzip", "snappy", "lz4", "zstd"] as const)(
    "are read when compressed by %s",
    async (compression) => {
      const topic = newTopic();
      await using opened = await openLog(topic, 1);
      const records = Array.from({ length: 300 }, (_, i) => ({
        key: "co_x|a",
        value: `${i} ${"abc".repeat(i)}`,
      }));
      await sendOutside({ topic, compression }, records);
      expect((await everything(opened.log, 0)).map(textOf)).toEqual(records.map(({ value }) => value));
    },
  );

  test("count when their transaction is committed, and are passed over when it is not", async () => {
    const topic = newTopic();
    await using opened = await openLog(topic, 1);
    const { log } = opened;
    // Longer than one answer of the broker: the first ones come without the mark that ends their transaction.
    const padding = ".".repeat((3 * limits.eventLogAheadPartitionBytesMax) / 40);
    const records = (name: string) =>
      Array.from({ length: 40 }, (_, i) => ({ key: "k|k", value: `${name}${i}${padding}` }));
    await log.append([entry(0, "ours")]);
    await sendOutside({ topic, mode: "abort" }, records("no"));
    await sendOutside({ topic, mode: "commit" }, records("yes"));
    await sendOutside({ topic, mode: "abort" }, records("neither"));
    const found = await everything(log, 0);
    const events = found.filter(({ origin }) => origin?.by !== "log");
    expect(events.map(textOf)).toEqual(["ours", ...records("yes").map(({ value }) => value)]);
    expect(found.at(-1)).toMatchObject({ offset: (await log.endOffset(0)) - 1, origin: { by: "log" } });
    // From anywhere in an aborted transaction, too, whose beginning is no longer looked at.
    const middle = await log.read(0, 20, { records: 1, bytes: 1 });
    expect(middle.map(({ origin }) => origin?.by)).toEqual(["log"]);
  });

  test("wake whoever reads, without anybody asking", async () => {
    const topic = newTopic();
    await using opened = await openLog(topic, 4);
    expect(await opened.log.read(2, 0, all)).toEqual([]);
    const key = Array.from({ length: 100 }, (_, i) => `${i}`).find(
      (name) => partitionOf("co", name, 4) === 2,
    );
    const grown = new Promise<readonly number[]>((resolve) => opened.log.onAppend(resolve));
    await sendOutside({ topic }, [{ key: `co|${key}`, value: "news" }]);
    expect(await grown).toEqual([2]);
    expect((await opened.log.read(2, 0, all)).map(textOf)).toEqual(["news"]);
  });
});

describe.skipIf(skipped !== "")(`a topic of Kafka${skipped}`, () => {
  test("with another number of partitions is refused in one line", async () => {
    const topic = newTopic();
    await (await openLog(topic, 3)).log.close();
    await expect(openLog(topic, 4)).rejects.toThrow(
      `The Kafka topic ${topic} has 3 partitions and needs 4; the number never changes`,
    );
  });

  test("is another log when it is made anew", async () => {
    const topic = newTopic();
    const one = await openLog(topic, 1);
    await one.log.close();
    const again = await openLog(topic, 1);
    expect(again.log.identity).toBe(one.log.identity);
    await again.log.close();
    await using admin = await asAdmin();
    await admin.deleteTopics({ topics: [topic] });
    await using other = await openLog(topic, 1);
    expect(other.log.identity).not.toBe(one.log.identity);
  });

  test("that dropped records says from where on it holds them, and reads no other in their place", async () => {
    const topic = newTopic();
    await using opened = await openLog(topic, 2);
    const { log } = opened;
    await log.append(Array.from({ length: 10 }, (_, i) => entry(1, `${i}`)));
    await using admin = await asAdmin();
    await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 1, offset: 6n }] }] });
    expect(await log.extents()).toEqual([
      { first: 0, end: 0 },
      { first: 6, end: 10 },
    ]);
    await expect(log.read(1, 3, all)).rejects.toThrow(
      "The event log no longer holds partition 1 from offset 3 on",
    );
    expect((await log.read(1, 6, all)).map(textOf)).toEqual(["6", "7", "8", "9"]);
  });

  test("reads on from where it was asked to, there and back, much more than is read ahead", async () => {
    await using opened = await openLog(newTopic(), 1);
    const { log } = opened;
    const size = 100_000;
    for (let i = 0; i < 30; i++) await log.append([{ partition: 0, bytes: new Uint8Array(size).fill(i) }]);
    const firstBytes = (await everything(log, 0)).map(({ bytes }) => [bytes[0], bytes.length]);
    expect(firstBytes).toEqual(Array.from({ length: 30 }, (_, i) => [i, size]));
    for (const offset of [29, 0, 17, 3]) {
      expect((await log.read(0, offset, { records: 1, bytes: 1 })).map(({ bytes }) => bytes[0])).toEqual([
        offset,
      ]);
    }
  });
});

async function asAdmin() {
  const { Admin } = await import("@platformatic/kafka");
  const admin = new Admin({ clientId: "test", bootstrapBrokers: [...brokers] });
  return Object.assign(admin, { [Symbol.asyncDispose]: () => admin.close() });
}
