import type { Consumer } from "@platformatic/kafka";
import { BillingError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { LogRecord } from "../../ports/event_log.ts";
import { away, errorsWithin, hasErrorId, within } from "./away.ts";
import { ReadAhead } from "./read_ahead.ts";
import { type FetchAnswer, integer, type PartitionAnswer, recordsOf } from "./records.ts";
import type { Topic } from "./topics.ts";

/** Of transactions, only what was committed. */
const readCommitted = 1;
const offsetOutOfRange = 1;

export interface ReaderDeps {
  readonly consumer: Consumer;
  readonly topic: Topic;
  readonly partitions: number;
  /** Told which partitions have more to read. */
  readonly onGrown: (partitions: readonly number[]) => void;
  /** Told how asking a broker for records went; null after a success, or where it has none for us. */
  readonly onOutcome: (broker: number, failure: unknown) => void;
}

/**
 * Reads ahead on every partition somebody reads, from the offset that was asked for: one question at a time to each
 * broker, which waits until there is something. No consumer group: who owns a partition is settled in the store. A
 * partition that holds enough is left out of the question until there is room again.
 */
export class Reader {
  readonly #deps: ReaderDeps;
  readonly #ahead: readonly ReadAhead[];
  /** The broker that leads each partition. */
  #leaders: readonly number[] = [];
  readonly #polling = new Map<number, Promise<void>>();
  #changed = Promise.withResolvers<void>();
  #closed = false;

  constructor(deps: ReaderDeps, ends: readonly number[]) {
    this.#deps = deps;
    this.#ahead = ends.map((end) => Object.assign(new ReadAhead(), { end }));
  }

  /** Finds who leads which partition and begins to ask. */
  async start(): Promise<void> {
    const { consumer, topic, partitions } = this.#deps;
    const { topics } = await consumer.metadata({ topics: [topic.name], forceUpdate: true });
    const found = topics.get(topic.name)?.partitions ?? [];
    this.#leaders = Array.from({ length: partitions }, (_, id) => found[id]?.leader ?? -1);
    for (const leader of new Set(this.#leaders)) {
      if (leader >= 0 && !this.#polling.has(leader)) this.#polling.set(leader, this.#poll(leader));
    }
    this.#change();
  }

  /** Records from `offset` on within both bounds; none where the broker has none that can be read. */
  async read(
    partition: number,
    offset: number,
    max: { readonly records: number; readonly bytes: number },
  ): Promise<LogRecord[]> {
    const ahead = this.#of(partition);
    if (ahead.seek(offset)) this.#change();
    const before = ahead.bytes;
    const found = ahead.read(offset, max.records, max.bytes);
    if (ahead.bytes < before) this.#change();
    if (found.length > 0 || ahead.failure !== null || !ahead.promises(offset)) return ahead.orFailure(found);
    await within(limits.eventLogAnswerMsMax, this.#arrival(ahead, offset));
    return ahead.orFailure(ahead.read(offset, max.records, max.bytes));
  }

  /** Waits for the broker to send what is known to be there. */
  async #arrival(ahead: ReadAhead, offset: number): Promise<void> {
    while (!this.#closed && ahead.position === offset && ahead.promises(offset)) await ahead.answered;
  }

  /** Notes that a partition reaches at least so far. */
  reaches(partition: number, end: number): void {
    const ahead = this.#of(partition);
    if (end > ahead.end) ahead.end = end;
  }

  /** Ends the questions under way, which takes as long as a broker waits for records. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#change();
    for (const ahead of this.#ahead) ahead.answer();
    await Promise.all(this.#polling.values());
  }

  async #poll(leader: number): Promise<void> {
    for (let failures = 0; !this.#closed; ) {
      const asked = this.#asked(leader);
      if (asked.size === 0) {
        this.#deps.onOutcome(leader, null); // another may lead what it led
        await this.#changed.promise;
        continue;
      }
      try {
        this.#take(asked, (await this.#fetch(leader, asked)).responses);
        this.#deps.onOutcome(leader, null);
        failures = 0;
      } catch (error) {
        if (this.#closed) return;
        failures++;
        this.#refuse(leader, asked, error);
        await Bun.sleep(retryMs(failures));
        await this.start().catch(() => {}); // another broker may lead by now
      }
    }
  }

  /** What to ask a broker for: the position of each partition it leads that somebody reads and that has room. */
  #asked(leader: number): Map<number, number> {
    const total = this.#ahead.reduce((sum, { bytes }) => sum + bytes, 0);
    const asked = new Map<number, number>();
    for (const [id, { position, bytes, failure }] of this.#ahead.entries()) {
      const room = total < limits.eventLogAheadBytesMax && bytes < limits.eventLogAheadPartitionBytesMax;
      if (this.#leaders[id] === leader && position !== null && failure === null && (room || bytes === 0)) {
        asked.set(id, position);
      }
    }
    return asked;
  }

  #fetch(node: number, asked: ReadonlyMap<number, number>): Promise<FetchAnswer> {
    const partitions = [...asked].map(([partition, position]) => ({
      partition,
      currentLeaderEpoch: -1,
      fetchOffset: BigInt(position),
      lastFetchedEpoch: -1,
      partitionMaxBytes: limits.eventLogAheadPartitionBytesMax,
    }));
    const waiting = this.#ahead.some(({ position, bytes }) => position !== null && bytes > 0);
    return this.#deps.consumer.fetch({
      node,
      topics: [{ topicId: this.#deps.topic.id, partitions }],
      minBytes: 1,
      maxBytes: limits.eventLogFetchBytesMax,
      maxWaitTime: waiting ? limits.eventLogFetchWaitMsPaused : limits.eventLogFetchWaitMsMax,
      isolationLevel: readCommitted,
    });
  }

  #take(asked: ReadonlyMap<number, number>, responses: FetchAnswer["responses"]): void {
    const grown: number[] = [];
    for (const answer of responses.flatMap((topic) => topic.partitions)) {
      const position = asked.get(answer.partitionIndex);
      if (position === undefined) continue;
      if (this.#takeOne(answer, position)) grown.push(answer.partitionIndex);
    }
    // A broker leaves out partitions of which there is nothing new.
    for (const partition of asked.keys()) this.#of(partition).answer();
    if (grown.length > 0) this.#deps.onGrown(grown);
  }

  #takeOne(answer: PartitionAnswer, position: number): boolean {
    const ahead = this.#of(answer.partitionIndex);
    if (answer.errorCode === offsetOutOfRange) ahead.failure = outOfRange(answer.partitionIndex, position);
    if (answer.errorCode !== 0) return false;
    const [end, readable] = [integer(answer.highWatermark), integer(answer.lastStableOffset)];
    if (ahead.position === position) {
      ahead.end = end;
      ahead.blocked = readable < end && readable <= position;
    }
    return ahead.add(position, recordsOf(answer, position));
  }

  /** Takes from a failed question what it brought all the same, and what it says of single partitions. */
  #refuse(leader: number, asked: ReadonlyMap<number, number>, failure: unknown): void {
    for (const error of errorsWithin(failure)) {
      const { response } = error as Error & { response?: Partial<FetchAnswer> };
      if (response?.responses !== undefined) return this.#take(asked, response.responses);
    }
    if (!hasErrorId(failure, "NOT_LEADER_OR_FOLLOWER")) this.#deps.onOutcome(leader, failure);
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #of(partition: number): ReadAhead {
    const ahead = this.#ahead[partition];
    if (ahead === undefined) throw away(`no partition ${partition}`);
    return ahead;
  }
}

/** How long to wait after so many failures in a row. */
export function retryMs(failures: number): number {
  return Math.min(limits.eventLogRetryMsMax, 50 * 2 ** Math.min(failures, 10));
}

function outOfRange(partition: number, offset: number): BillingError {
  const text = `The event log no longer holds partition ${partition} from offset ${offset} on`;
  return new BillingError("DEP_001", text, { retryAfterS: 1 });
}
