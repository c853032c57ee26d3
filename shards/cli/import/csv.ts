/**
 * Rows of a CSV text that arrives in pieces, as RFC 4180 has it: quoted cells may hold commas, quotes (doubled) and
 * line ends; lines end with LF or CRLF; a byte order mark is passed over. Empty lines are no rows.
 */
export async function* csvRows(pieces: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string[]> {
  const reader = new CsvReader();
  for await (const piece of pieces) yield* reader.read(piece);
  yield* reader.end();
}

class CsvReader {
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
    const row = this.#endRow();
    if (row !== null) yield row;
  }

  #take(char: string): string[] | null {
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
    return row.length === 1 && row[0] === "" ? null : row;
  }
}
