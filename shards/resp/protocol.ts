import { limits } from "../../src/limits.ts";

/** A command as it came: its name and its arguments. */
export type RawCommand = readonly Buffer[];

/** What has been read: whole commands, and what is wrong with what follows them; after that nothing can be understood. */
export interface Read {
  readonly commands: readonly RawCommand[];
  readonly fault: string | null;
}

const newline = 0x0a;
const [star, dollar] = [0x2a, 0x24];
const nothing = Buffer.alloc(0);

/** What is thrown within the reader alone. */
class Fault extends Error {}

/**
 * Cuts commands from the bytes of one connection, however they are split: RESP arrays of bulk strings, or lines of
 * words, as somebody types them; https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
export class CommandReader {
  #unread: Buffer = nothing;
  #at = 0;

  take(bytes: Buffer): Read {
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    this.#at = 0;
    const commands: RawCommand[] = [];
    try {
      for (let from = 0; from < this.#unread.length; from = this.#at) {
        const command = this.#unread[from] === star ? this.#array() : this.#inline();
        if (command === null) {
          // A copy, as the bytes belong to the socket and to commands that may be done long before.
          this.#unread = Buffer.from(this.#unread.subarray(from));
          return { commands, fault: null };
        }
        if (command.length > 0) commands.push(command);
      }
      this.#unread = nothing;
      return { commands, fault: null };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#unread = nothing;
      return { commands, fault: error.message };
    }
  }

  /** Null where there is more to come. */
  #array(): Buffer[] | null {
    const count = this.#count(limits.respArgumentsMax, "invalid multibulk length");
    if (count === null) return null;
    const command: Buffer[] = [];
    let size = 0;
    for (let i = 0; i < count; i++) {
      if (this.#at >= this.#unread.length) return null;
      if (this.#unread[this.#at] !== dollar) throw new Fault("expected '$'");
      const length = this.#count(limits.respCommandBytesMax - size, "invalid bulk length");
      if (length !== null && length < 0) throw new Fault("invalid bulk length");
      if (length === null || this.#at + length + 2 > this.#unread.length) return null;
      command.push(this.#unread.subarray(this.#at, this.#at + length));
      this.#at += length + 2;
      size += length;
    }
    return command;
  }

  /** The whole number of a line, after its first byte; -1 for nothing. */
  #count(most: number, wrong: string): number | null {
    const plain = this.#plainCount();
    if (plain !== null && plain > most) throw new Fault(wrong);
    if (plain !== null) return plain;
    const line = this.#line(32, wrong);
    if (line === null) return null;
    const text = line.toString("latin1", 1);
    const count = Number(text);
    if (!/^(?:\d{1,9}|-1)$/.test(text) || count > most) throw new Fault(wrong);
    return count;
  }

  /** As clients write it, up to nine digits: read without a copy. Null, and nothing is read, for any other line. */
  #plainCount(): number | null {
    const bytes = this.#unread;
    const from = this.#at + 1;
    let value = 0;
    let at = from;
    for (; at < from + 9; at++) {
      const digit = (bytes[at] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at === from || bytes[at] !== 0x0d || bytes[at + 1] !== newline) return null;
    this.#at = at + 2;
    return value;
  }

  #inline(): Buffer[] | null {
    const line = this.#line(limits.respInlineBytesMax, "too big inline request");
    const words = line?.toString("latin1").split(/[ \t]+/) ?? null;
    return words === null ? null : words.filter((word) => word !== "").map((w) => Buffer.from(w, "latin1"));
  }

  /** The line from here on without its end, if it is there and not too long. */
  #line(most: number, wrong: string): Buffer | null {
    const end = this.#unread.indexOf(newline, this.#at);
    if ((end < 0 ? this.#unread.length : end) - this.#at > most) throw new Fault(wrong);
    if (end < 0) return null;
    const line = this.#unread.subarray(this.#at, this.#unread[end - 1] === 0x0d ? end - 1 : end);
    this.#at = end + 1;
    return line;
  }
}

export function simple(text: string): string {
  return `+${text}\r\n`;
}

/** @param code its first word, by which clients tell errors apart */
export function failure(code: string, text: string): string {
  return `-${code} ${text.replace(/[\r\n]+/g, " ")}\r\n`;
}

export function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

export function integer(number: number): string {
  return `:${number}\r\n`;
}

export const emptyArray = "*0\r\n";

/** Pairs, which the second version of the protocol has only as a list. */
export function pairs(entries: readonly (readonly [string, string])[], version: 2 | 3): string {
  const head = version === 3 ? `%${entries.length}` : `*${entries.length * 2}`;
  return `${head}\r\n${entries.map(([key, value]) => bulk(key) + value).join("")}`;
}
