import { assert, BillingError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { EventLog, LogEntry, LogExtent, LogRecord } from "../../ports/event_log.ts";
import { LogThread } from "./log_thread.ts";
import { recordOverheadBytes, Tail } from "./tail.ts";

/** How to open the log; the bounds are for tests to narrow. */
export interface SqliteEventLogOptions {
  readonly file: string;
  /** Fixed when the file is made: another number is refused. */
  readonly partitions: number;
  readonly pendingBytesMax?: number;
  readonly tailBytesMax?: number;
}

/** One append waiting to be durable. */
interface Call {
  readonly entries: readonly LogEntry[];
  readonly bytes: number;
  readonly resolve: (offsets: number[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Opens the embedded event log, making the file if it is missing. Throws DEP_001 with one line naming the file when
 * another process has it, or it has another number of partitions or another format.
 */
export async function openSqliteEventLog(options: SqliteEventLogOptions): Promise<EventLog> {
  const { file, partitions, pendingBytesMax, tailBytesMax } = options;
  const { thread, ends } = await LogThread.open({ file, partitions });
  const tail = new Tail(partitions, tailBytesMax ?? limits.eventLogTailBytesMax);
  return new SqliteEventLog(thread, ends, tail, pendingBytesMax ?? limits.eventLogPendingBytesMax);
}

/** Numbers and groups appends; the thread makes them durable. While one group syncs, the next one gathers. */
class SqliteEventLog implements EventLog {
  readonly identity = "embedded";
  readonly embedded = true;
  readonly #thread: LogThread;
  readonly #ends: number[];
  readonly #tail: Tail;
  readonly #pendingBytesMax: number;
  readonly #listeners = new Set<(partitions: readonly number[]) => void>();
  #waiting: Call[] = [];
  #pendingBytes = 0;
  /** The commits under way; null when nothing waits. */
  #committing: Promise<void> | null = null;
  #closing: Promise<void> | null = null;

  constructor(thread: LogThread, ends: number[], tail: Tail, pendingBytesMax: number) {
    this.#thread = thread;
    this.#ends = ends;
    this.#tail = tail;
    this.#pendingBytesMax = pendingBytesMax;
  }

  async append(entries: readonly LogEntry[]): Promise<number[]> {
    this.#assertOpen();
    for (const { partition } of entries) this.#end(partition);
    if (entries.length === 0) return [];
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes.length + recordOverheadBytes, 0);
    if (this.#pendingBytes + bytes > this.#pendingBytesMax) {
      throw new BillingError("DEP_001", "The event log is busy; try again", { retryAfterS: 1 });
    }
    this.#pendingBytes += bytes;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entries, bytes, resolve, reject });
      this.#committing ??= this.#commitWaiting();
    });
  }

  async read(
    partition: number,
    offset: number,
    max: { readonly records: number; readonly bytes: number },
  ): Promise<LogRecord[]> {
    this.#assertOpen();
    assert(Number.isSafeInteger(offset) && offset >= 0, "offsets count from 0");
    if (offset >= this.#end(partition)) return [];
    const records = Math.max(1, max.records);
    const recent = this.#tail.read(partition, offset, records, max.bytes);
    return recent ?? this.#thread.read(partition, offset, records, max.bytes);
  }

  async endOffset(partition: number): Promise<number> {
    return this.#end(partition);
  }

  async extents(): Promise<LogExtent[]> {
    return this.#ends.map((end) => ({ first: 0, end }));
  }

  /** Nobody watches an embedded log. */
  async bury(): Promise<void> {}

  onAppend(listener: (partitions: readonly number[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    await this.#committing;
    await this.#thread.close();
  }

  async #commitWaiting(): Promise<void> {
    await null; // calls of the same turn share the first sync
    while (this.#waiting.length > 0) {
      const calls = this.#waiting;
      this.#waiting = [];
      await this.#commit(calls);
    }
    this.#committing = null;
  }

  async #commit(calls: readonly Call[]): Promise<void> {
    const ends = [...this.#ends];
    const offsets = calls.map(({ entries }) => entries.map(({ partition }) => take(ends, partition)));
    const records = calls.flatMap(({ entries }, i) =>
      entries.map((entry, j): LogRecord => ({ ...entry, offset: offsets[i]?.[j] ?? 0 })),
    );
    try {
      this.#tail.add(await this.#thread.append(records));
    } catch (error) {
      for (const { reject } of calls) reject(error);
      return;
    } finally {
      for (const { bytes } of calls) this.#pendingBytes -= bytes;
    }
    for (const [partition, end] of ends.entries()) this.#ends[partition] = end;
    for (const [i, { resolve }] of calls.entries()) resolve(offsets[i] ?? []);
    this.#announce([...new Set(records.map(({ partition }) => partition))]);
  }

  /** In turns of their own: what a listener throws is not the log's failure. */
  #announce(grown: readonly number[]): void {
    for (const listener of this.#listeners) queueMicrotask(() => listener(grown));
  }

  #end(partition: number): number {
    const end = this.#ends[partition];
    assert(end !== undefined, `the log has partitions 0 to ${this.#ends.length - 1}, not ${partition}`);
    return end;
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw new BillingError("DEP_001", "The event log is closed");
  }
}

function take(ends: number[], partition: number): number {
  const offset = ends[partition] ?? 0;
  ends[partition] = offset + 1;
  return offset;
}
