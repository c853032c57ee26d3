import type { BillingError } from "../../errors.ts";
import type { LogRecord } from "../../ports/event_log.ts";

/** What one record costs beside its bytes. */
const recordOverheadBytes = 64;

/** The records of one partition that were read and are not yet asked for, without gaps up to `position`. */
export class ReadAhead {
  #records: LogRecord[] = [];
  /** The offset the reader asked for last: everything before it is done with. */
  #from = 0;
  #position: number | null = null;
  #bytes = 0;
  /** Only where somebody waits for an answer: most are waited for by nobody. */
  #waited: PromiseWithResolvers<void> | null = null;
  /** The end of the partition as far as known. */
  end = 0;
  /** True where what comes next belongs to a transaction that is still open. */
  blocked = false;
  /** Why it cannot be read any further. */
  failure: BillingError | null = null;

  /** The next offset to ask the broker for; null while nobody reads the partition. */
  get position(): number | null {
    return this.#position;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves with the next answer about this partition, whatever it holds. */
  get answered(): Promise<void> {
    this.#waited ??= Promise.withResolvers();
    return this.#waited.promise;
  }

  /** Begins to read at `offset`, unless that is where it stands. True where it had to move. */
  seek(offset: number): boolean {
    if (
      this.#position !== null &&
      this.failure === null &&
      offset >= this.#from &&
      offset <= this.#position
    ) {
      this.#from = offset;
      return false;
    }
    this.#records = [];
    this.#bytes = 0;
    this.#from = offset;
    this.#position = offset;
    this.blocked = false;
    this.failure = null;
    return true;
  }

  /** Takes in what the broker sent for `asked`; nothing, where the reader has moved elsewhere since. */
  add(asked: number, records: readonly LogRecord[]): boolean {
    const last = records.at(-1);
    if (asked !== this.#position || last === undefined) return false;
    for (const record of records) this.#bytes += record.bytes.length + recordOverheadBytes;
    this.#records.push(...records);
    this.#position = last.offset + 1;
    return true;
  }

  /** Wakes whoever waits for an answer. */
  answer(): void {
    this.#waited?.resolve();
    this.#waited = null;
  }

  /** Whether the broker is known to have something to read at `offset`. */
  promises(offset: number): boolean {
    return this.failure === null && !this.blocked && offset < this.end;
  }

  /** The records, or why there can be none. */
  orFailure(found: LogRecord[]): LogRecord[] {
    if (found.length === 0 && this.failure !== null) throw this.failure;
    return found;
  }

  /** Records from `offset` on within both bounds, at least one if there is any; those before it are let go. */
  read(offset: number, recordsMax: number, bytesMax: number): LogRecord[] {
    const done = this.#records.findIndex((record) => record.offset >= offset);
    for (const record of this.#records.splice(0, done < 0 ? this.#records.length : done)) {
      this.#bytes -= record.bytes.length + recordOverheadBytes;
    }
    const found: LogRecord[] = [];
    let bytes = 0;
    for (const record of this.#records) {
      bytes += record.bytes.length;
      if (found.length >= recordsMax || (found.length > 0 && bytes > bytesMax)) break;
      found.push(record);
    }
    return found;
  }
}
