import type { Producer } from "@platformatic/kafka";
import { BillingError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { LogEntry } from "../../ports/event_log.ts";
import { away, errorsWithin, within } from "./away.ts";
import { integer, ownHeader } from "./records.ts";

/** What one record costs beside its bytes, so that a bound in bytes also bounds empty ones. */
const recordOverheadBytes = 64;
const headers = new Map([[Buffer.from(ownHeader), Buffer.from("1")]]);

/** One append waiting to be durable. */
interface Call {
  readonly entries: readonly LogEntry[];
  readonly bytes: number;
  readonly resolve: (offsets: number[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers appends into batches and sends one after the other: a partition keeps its order only while a single batch
 * is under way, as the client tries batches again on its own. While one is away the next one gathers.
 */
export class Appender {
  readonly #producer: Producer;
  readonly #topic: string;
  readonly #pendingBytesMax: number;
  /** Told of the partitions of a batch, each with its new end, once they are durable. */
  readonly #onDurable: (ends: ReadonlyMap<number, number>) => void;
  #waiting: Call[] = [];
  #pendingBytes = 0;
  #sending: Promise<void> | null = null;
  /** True while a batch is overdue: what comes now would only wait behind it. */
  #overdue = false;

  constructor(
    producer: Producer,
    topic: string,
    pendingBytesMax: number,
    onDurable: (ends: ReadonlyMap<number, number>) => void,
  ) {
    this.#producer = producer;
    this.#topic = topic;
    this.#pendingBytesMax = pendingBytesMax;
    this.#onDurable = onDurable;
  }

  /** Durable when it resolves, with the offset of each entry. Rejects with DEP_001. */
  async append(entries: readonly LogEntry[]): Promise<number[]> {
    if (entries.length === 0) return [];
    if (this.#overdue) throw away("an earlier append is still without an answer");
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes.length + recordOverheadBytes, 0);
    if (this.#pendingBytes + bytes > this.#pendingBytesMax) {
      throw new BillingError("DEP_001", "The event log is busy; try again", { retryAfterS: 1 });
    }
    this.#pendingBytes += bytes;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entries, bytes, resolve, reject });
      this.#sending ??= this.#sendWaiting();
    });
  }

  /** Resolves once everything appended before is durable or refused. */
  async finish(): Promise<void> {
    await this.#sending;
  }

  async #sendWaiting(): Promise<void> {
    await null; // calls of the same turn share the first batch
    while (this.#waiting.length > 0) await this.#send(this.#takeBatch());
    this.#sending = null;
  }

  /** The calls of the next batch, in order: at least one, else as many as no partition's share grows too large by. */
  #takeBatch(): Call[] {
    const shares = new Map<number, number>();
    const fits = ({ entries }: Call): boolean => {
      for (const { partition, bytes } of entries) {
        const share = (shares.get(partition) ?? 0) + bytes.length + recordOverheadBytes;
        shares.set(partition, share);
        if (share > limits.eventLogBatchBytesMax) return false;
      }
      return true;
    };
    const count = this.#waiting.findIndex((call, i) => !fits(call) && i > 0);
    return this.#waiting.splice(0, count < 0 ? this.#waiting.length : count);
  }

  async #send(calls: readonly Call[]): Promise<void> {
    const entries = calls.flatMap((call) => call.entries);
    const sent = this.#produce(entries);
    try {
      this.#settle(calls, await within(limits.eventLogAppendMsMax, sent));
    } catch (error) {
      this.#overdue = true;
      for (const call of [...calls, ...this.#waiting.splice(0)]) this.#end(call).reject(error);
      await sent; // the client still has it: the next batch must not overtake it
      this.#overdue = false;
    }
  }

  /** Where each partition's records begin, or why they are not there. */
  async #produce(entries: readonly LogEntry[]): Promise<Produced> {
    const messages = entries.map(({ partition, bytes }) => {
      return {
        topic: this.#topic,
        partition,
        value: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
        headers,
      };
    });
    try {
      const { offsets = [] } = await this.#producer.send({ messages, idempotent: true });
      return {
        begin: new Map(offsets.map(({ partition, offset }) => [partition, integer(offset)])),
        failure: null,
      };
    } catch (failure) {
      return { begin: writtenIn(failure), failure };
    }
  }

  /** Answers every call whose records are all there; the others failed, each on its own. */
  #settle(calls: readonly Call[], { begin, failure }: Produced): void {
    const ends = new Map(begin);
    for (const call of calls) {
      const offsets: number[] = [];
      for (const { partition } of call.entries) {
        const offset = ends.get(partition);
        if (offset === undefined) break;
        ends.set(partition, offset + 1);
        offsets.push(offset);
      }
      if (offsets.length === call.entries.length) this.#end(call).resolve(offsets);
      else this.#end(call).reject(away(failure));
    }
    if (ends.size > 0) this.#onDurable(ends);
  }

  #end(call: Call): Call {
    this.#pendingBytes -= call.bytes;
    return call;
  }
}

interface Produced {
  /** The offset of the first record of this batch, by partition. */
  readonly begin: ReadonlyMap<number, number>;
  readonly failure: unknown;
}

/** What a broker's refusal says it wrote all the same: one partition's trouble is not another's. */
function writtenIn(failure: unknown): Map<number, number> {
  const written = new Map<number, number>();
  for (const error of errorsWithin(failure)) {
    const { response, produced } = error as Error & { response?: ProduceAnswer; produced?: SendAnswer };
    for (const { partition, offset } of produced?.offsets ?? []) written.set(partition, integer(offset));
    for (const { partitionResponses } of response?.responses ?? []) {
      for (const { index, errorCode, baseOffset } of partitionResponses ?? []) {
        if (errorCode === 0) written.set(index, integer(baseOffset));
      }
    }
  }
  return written;
}

interface ProduceAnswer {
  readonly responses?: readonly {
    readonly partitionResponses?: readonly {
      readonly index: number;
      readonly errorCode: number;
      readonly baseOffset: bigint;
    }[];
  }[];
}

interface SendAnswer {
  readonly offsets?: readonly { readonly partition: number; readonly offset: bigint }[];
}
