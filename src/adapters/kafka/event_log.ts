import type { Consumer, Producer } from "@platformatic/kafka";
import { assert, BillingError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { EventLog, LogEntry, LogExtent, LogRecord } from "../../ports/event_log.ts";
import type { DeadLetter } from "../../ports/stored_rows.ts";
import { Appender } from "./appender.ts";
import { away, within } from "./away.ts";
import { Offsets } from "./offsets.ts";
import { Reader } from "./reader.ts";
import { deadTopicOf, type Topic } from "./topics.ts";

export interface KafkaEventLogParts {
  readonly topic: Topic;
  readonly partitions: number;
  readonly pendingBytesMax: number;
  readonly producer: Producer;
  /** Asks for records, which may keep its connection waiting. */
  readonly records: Consumer;
  /** Asks for offsets, on a connection of its own. */
  readonly offsets: Consumer;
  /** Told how asking a broker for records went; null after a success. */
  readonly onOutcome: (broker: number, failure: unknown) => void;
}

/** The event log in a topic of a Kafka or Redpanda cluster, which other producers may write to as well. */
export class KafkaEventLog implements EventLog {
  readonly identity: string;
  readonly embedded = false;
  readonly #parts: KafkaEventLogParts;
  readonly #appender: Appender;
  readonly #reader: Reader;
  readonly #offsets: Offsets;
  readonly #listeners = new Set<(partitions: readonly number[]) => void>();
  #closing: Promise<void> | null = null;

  private constructor(parts: KafkaEventLogParts, offsets: Offsets, ends: readonly number[]) {
    const { topic, producer, pendingBytesMax, records, partitions, onOutcome } = parts;
    this.identity = `kafka ${topic.id}`;
    this.#parts = parts;
    this.#offsets = offsets;
    const onGrown = (grown: readonly number[]) => this.#announce(grown);
    this.#reader = new Reader({ consumer: records, topic, partitions, onGrown, onOutcome }, ends);
    this.#appender = new Appender(producer, topic.name, pendingBytesMax, (durable) => {
      for (const [partition, end] of durable) this.#reader.reaches(partition, end);
      this.#announce([...durable.keys()]);
    });
  }

  /** Takes up a topic that is there. Rejects when the broker goes away meanwhile. */
  static async open(parts: KafkaEventLogParts): Promise<KafkaEventLog> {
    const offsets = new Offsets(parts.offsets, parts.topic.name, parts.partitions);
    const log = new KafkaEventLog(parts, offsets, await offsets.ends());
    await log.#reader.start();
    return log;
  }

  async append(entries: readonly LogEntry[]): Promise<number[]> {
    this.#assertOpen();
    for (const { partition } of entries) this.#assertPartition(partition);
    return this.#appender.append(entries);
  }

  async read(
    partition: number,
    offset: number,
    max: { readonly records: number; readonly bytes: number },
  ): Promise<LogRecord[]> {
    this.#assertOpen();
    this.#assertPartition(partition);
    assert(Number.isSafeInteger(offset) && offset >= 0, "offsets count from 0");
    return this.#reader.read(partition, offset, max);
  }

  async endOffset(partition: number): Promise<number> {
    this.#assertOpen();
    this.#assertPartition(partition);
    const end = (await this.#offsets.ends())[partition] ?? 0;
    this.#reader.reaches(partition, end);
    return end;
  }

  async extents(): Promise<LogExtent[]> {
    this.#assertOpen();
    const [first, ends] = await Promise.all([this.#offsets.firsts(), this.#offsets.ends()]);
    return ends.map((end, partition) => ({ first: first[partition] ?? 0, end }));
  }

  onAppend(listener: (partitions: readonly number[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async bury(letters: readonly DeadLetter[]): Promise<void> {
    this.#assertOpen();
    const topic = deadTopicOf(this.#parts.topic.name);
    const messages = letters.map((letter) => {
      const told = { topic: this.#parts.topic.name, ...letter, at: new Date(letter.at).toISOString() };
      return { topic, partition: 0, value: Buffer.from(JSON.stringify(told)) };
    });
    const sent = this.#parts.producer.send({ messages, idempotent: true });
    await within(limits.eventLogAppendMsMax, sent).catch((error) => {
      throw away(error);
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    const { producer, records, offsets } = this.#parts;
    await this.#appender.finish();
    await this.#reader.close();
    await Promise.allSettled([producer.close(), records.close(true), offsets.close(true)]);
  }

  /** In turns of their own: what a listener throws is not the log's failure. */
  #announce(grown: readonly number[]): void {
    for (const listener of this.#listeners) queueMicrotask(() => listener(grown));
  }

  #assertPartition(partition: number): void {
    const { partitions } = this.#parts;
    assert(
      Number.isInteger(partition) && partition >= 0 && partition < partitions,
      `the log has partitions 0 to ${partitions - 1}, not ${partition}`,
    );
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw new BillingError("DEP_001", "The event log is closed");
  }
}
