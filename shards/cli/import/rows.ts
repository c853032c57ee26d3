import { readJson } from "../../../src/money/json.ts";
import { csvRows } from "./csv.ts";
import { UsageError } from "./options.ts";

/** One row of a file: its number from 1, its text for deriving an id, and its cells by column. */
export interface Row {
  readonly number: number;
  readonly text: string;
  /** Undefined where the row has no such column. */
  readonly cell: (column: string) => unknown;
}

/** Rows of a CSV file with a header. Throws UsageError where a column that is asked for is not there. */
export async function* csvFile(
  pieces: AsyncIterable<string>,
  columns: readonly string[],
): AsyncGenerator<Row> {
  let places: Map<string, number> | null = null;
  let number = 0;
  for await (const cells of csvRows(pieces)) {
    if (places === null) {
      places = placesOf(cells, columns);
      continue;
    }
    const known = places;
    number++;
    yield {
      number,
      text: JSON.stringify(cells),
      cell: (column) => cellValue(cells[known.get(column) ?? -1]),
    };
  }
}

function placesOf(header: readonly string[], columns: readonly string[]): Map<string, number> {
  const places = new Map(header.map((name, place) => [name.trim(), place]));
  const missing = columns.filter((column) => !places.has(column));
  if (missing.length > 0) {
    throw new UsageError(
      `There is no column ${missing.join(", ")}; the file has ${[...places.keys()].join(", ")}.`,
    );
  }
  return places;
}

/** Rows of an NDJSON file; a column is a path into the object of a line. */
export async function* ndjsonFile(pieces: AsyncIterable<string>): AsyncGenerator<Row> {
  let number = 0;
  for await (const line of lines(pieces)) {
    if (line.trim() === "") continue;
    number++;
    const value = parsed(line);
    yield { number, text: line, cell: (column) => at(value, column) };
  }
}

async function* lines(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of pieces) {
    const parts = (rest + piece).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
  yield rest;
}

function parsed(line: string): unknown {
  try {
    return readJson(line);
  } catch {
    return undefined; // every cell of it is missing: the row is told as unusable
  }
}

function at(value: unknown, path: string): unknown {
  let found = value;
  for (const name of path.split(".")) {
    if (typeof found !== "object" || found === null) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[name];
  }
  return found;
}

const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** A cell as JSON has it: a number where it reads as one, with the digits it has, else text; empty cells are missing. */
function cellValue(cell: string | undefined): unknown {
  if (cell === undefined || cell === "") return undefined;
  return jsonNumber.test(cell) ? readJson(cell) : cell;
}
