import { BrokenFile, rowCharactersMax } from "./broken_file.ts";

/**
 * Rows of a CSV text that arrives in pieces, as RFC 4180 has it: quoted cells may hold commas, quotes (doubled) and
 * line ends; lines end with LF or CRLF; a byte order mark is passed over. Empty lines are no rows.
 * Throws BrokenFile where a quote is left open or a row does not end.
 */
export async function* csvRows(pieces: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string[]> {
  const reader = new CsvReader();
  for await (const piece of pieces) yield* reader.read(piece);
  yield* reader.end();
}

class CsvReader {
  /** Rows that ended; with a header among them it is the number of the one being read. */
  #ended = 0;
  #characters = 0;
  #row: string[] = [];
  #cell = "";
  /** True inside quotes. */
  #quoted = false;
  /** True right after a quote inside quotes: it closes them, or is the first of two. */
  #closing = false;
  #started = false;
  #afterReturn = false;

  *read(piece: string): Generator<string[]> {
    const text = this.#started ? piece : piece.replace(/^\ufeff/, "");
    this.#started ||= piece !== "";
    for (const char of text) {
      const row = this.#take(char);
      if (row !== null) yield row;
    }
  }

  *end(): Generator<string[]> {
    if (this.#quoted && !this.#closing) throw new BrokenFile(this.#ended, "a quote is left open");
    const row = this.#endRow();
    if (row !== null) yield row;
  }

  #take(char: string): string[] | null {
    if (++this.#characters > rowCharactersMax)
      throw new BrokenFile(
        this.#ended,
        `it does not end; ${this.#quoted ? "a quote" : "a line"} is left open`,
      );
    if (this.#closing) {
      this.#closing = false;
      if (char === '"') {
        this.#cell += char;
        return null;
      }
      this.#quoted = false;
    } else if (this.#quoted) {
      if (char === '"') this.#closing = true;
      else this.#cell += char;
      return null;
    }
    const afterReturn = this.#afterReturn;
    this.#afterReturn = char === "\r";
    switch (char) {
      case '"':
        if (this.#cell === "") this.#quoted = true;
        else this.#cell += char;
        return null;
      case ",":
        this.#row.push(this.#cell);
        this.#cell = "";
        return null;
      case "\r":
        return this.#endRow();
      case "\n":
        return afterReturn ? null : this.#endRow();
      default:
        this.#cell += char;
        return null;
    }
  }

  #endRow(): string[] | null {
    const row = [...this.#row, this.#cell];
    this.#row = [];
    this.#cell = "";
    this.#quoted = false;
    this.#closing = false;
    this.#characters = 0;
    if (row.length === 1 && row[0] === "") return null;
    this.#ended++;
    return row;
  }
}
