import { assert } from "../../errors.ts";
import type { LogRecord } from "../../ports/event_log.ts";

/** What one record costs beside its bytes, so that a bound in bytes also bounds empty ones. */
export const recordOverheadBytes = 64;

/** The newest records, kept in memory: the shard reads them right after they were appended. Oldest go first. */
export class Tail {
  readonly #bytesMax: number;
  readonly #partitions: Fifo<LogRecord>[];
  /** The partition of every record kept, oldest first. */
  readonly #order = new Fifo<number>();
  #bytes = 0;

  constructor(partitions: number, bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#partitions = Array.from({ length: partitions }, () => new Fifo<LogRecord>());
  }

  /** Takes records in, each the next of its partition. */
  add(records: readonly LogRecord[]): void {
    for (const record of records) {
      this.#of(record.partition).push(record);
      this.#order.push(record.partition);
      this.#bytes += record.bytes.length + recordOverheadBytes;
    }
    while (this.#bytes > this.#bytesMax) this.#dropOldest();
  }

  /** Records from `offset` on within both bounds, at least one; null when the first of them is no longer kept. */
  read(partition: number, offset: number, recordsMax: number, bytesMax: number): LogRecord[] | null {
    const kept = this.#of(partition);
    const oldest = kept.at(0)?.offset;
    if (oldest === undefined || offset < oldest) return null;
    const found: LogRecord[] = [];
    let bytes = 0;
    for (let i = offset - oldest; i < kept.length && found.length < recordsMax; i += 1) {
      const record = kept.at(i);
      if (record === undefined) break;
      bytes += record.bytes.length;
      if (found.length > 0 && bytes > bytesMax) break;
      found.push(record);
    }
    return found;
  }

  #dropOldest(): void {
    const partition = this.#order.shift();
    assert(partition !== undefined, "an empty tail weighs nothing");
    const record = this.#of(partition).shift();
    assert(record !== undefined, "the order lists what is kept");
    this.#bytes -= record.bytes.length + recordOverheadBytes;
  }

  #of(partition: number): Fifo<LogRecord> {
    const records = this.#partitions[partition];
    assert(records !== undefined, `no partition ${partition}`);
    return records;
  }
}

/** First in, first out, without moving what stays behind at every step. */
class Fifo<T> {
  #items: T[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  at(index: number): T | undefined {
    return this.#items[this.#head + index];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head += 1;
    // Dropping the dead half when it outgrows the living one costs each item one move.
    if (this.#head > this.#items.length / 2) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
