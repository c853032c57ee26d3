import type { Consumer } from "@platformatic/kafka";
import { limits } from "../../limits.ts";
import { away, within } from "./away.ts";
import { integer } from "./records.ts";

/** Kafka's names for the two ends of a partition, in place of a time. */
const latest = -1n;
const earliest = -2n;
/** Up to what is durable, also within transactions that are still open: whoever waits for it waits for them. */
const readUncommitted = 0;

/** Where the partitions of a topic begin and end, by the broker's word at the time of asking or later. */
export class Offsets {
  readonly #consumer: Consumer;
  readonly #topic: string;
  readonly #partitions: number;
  /** The question that has not been sent yet, which all who ask now share. */
  #next: Promise<number[]> | null = null;
  #asking: Promise<unknown> = Promise.resolve();

  constructor(consumer: Consumer, topic: string, partitions: number) {
    this.#consumer = consumer;
    this.#topic = topic;
    this.#partitions = partitions;
  }

  /** The offset the next record of each partition gets. Rejects with DEP_001. */
  ends(): Promise<number[]> {
    this.#next ??= this.#askNext();
    return this.#next;
  }

  /** The oldest offset each partition still holds. Rejects with DEP_001. */
  firsts(): Promise<number[]> {
    return this.#ask(earliest);
  }

  async #askNext(): Promise<number[]> {
    await this.#asking.catch(() => {});
    this.#next = null;
    const asked = this.#ask(latest);
    this.#asking = asked;
    return asked;
  }

  async #ask(timestamp: bigint): Promise<number[]> {
    const question = { topics: [this.#topic], timestamp, isolationLevel: readUncommitted };
    try {
      const answer = await within(limits.eventLogAnswerMsMax, this.#consumer.listOffsets(question));
      const offsets = answer.get(this.#topic) ?? [];
      return Array.from({ length: this.#partitions }, (_, id) => integer(offsets[id] ?? 0n));
    } catch (error) {
      throw away(error);
    }
  }
}
