import { readJson } from "../../../src/money/json.ts";
import { BrokenFile, rowCharactersMax } from "./broken_file.ts";
import { csvRows } from "./csv.ts";
import { UsageError } from "./options.ts";

/** One row of a file: its number from 1, its text for deriving an id, and its cells by column. */
export interface Row {
  readonly number: number;
  readonly text: string;
  /** Why the row as a whole cannot be used; null where it can. */
  readonly fault: string | null;
  /** As JSON has it; undefined where the row has no such column or nothing in it. */
  readonly cell: (column: string) => unknown;
  /** As the file has it, digit by digit; undefined where it is no text or number. */
  readonly written: (column: string) => string | undefined;
}

/** Rows of a CSV file with a header. Throws UsageError where a column that is asked for is not there; BrokenFile. */
export async function* csvFile(
  pieces: AsyncIterable<string>,
  columns: readonly string[],
): AsyncGenerator<Row> {
  let places: Map<string, number> | null = null;
  let width = 0;
  let number = 0;
  for await (const cells of csvRows(pieces)) {
    if (places === null) {
      places = placesOf(cells, columns);
      width = cells.length;
      continue;
    }
    const known = places;
    number++;
    const written = (column: string) => cells[known.get(column) ?? -1] || undefined;
    // A comma that should have been quoted moves every cell behind it.
    const shifted = cells.slice(width).some((cell) => cell !== "");
    const fault = shifted ? `it has ${cells.length} cells, the header ${width}` : null;
    const cell = (column: string) => cellValue(written(column));
    yield { number, text: JSON.stringify(cells), fault, cell, written };
  }
}

function placesOf(header: readonly string[], columns: readonly string[]): Map<string, number> {
  const names = header.map((name) => name.trim());
  const missing = columns.filter((column) => !names.includes(column));
  if (missing.length > 0)
    throw new UsageError(`There is no column ${missing.join(", ")}; the file has ${names.join(", ")}.`);
  const twice = columns.find((column) => names.indexOf(column) !== names.lastIndexOf(column));
  if (twice !== undefined) throw new UsageError(`The file has more than one column ${twice}.`);
  return new Map(names.map((name, place) => [name, place]));
}

/** Rows of an NDJSON file; a column is a path into the object of a line. Throws BrokenFile. */
export async function* ndjsonFile(pieces: AsyncIterable<string>): AsyncGenerator<Row> {
  let number = 0;
  for await (const line of lines(pieces)) {
    if (line.trim() === "") continue;
    number++;
    if (line.length > rowCharactersMax) throw new BrokenFile(number, "the line is too long");
    const value = parsed(line);
    const fault = value === undefined ? "it is no JSON" : null;
    const cell = (column: string) => at(value, column) ?? undefined;
    yield { number, text: line, fault, cell, written: (column) => writtenOf(cell(column)) };
  }
}

/** The lines of a text, the last one too; one beyond all bounds ends it, cut short. */
async function* lines(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of pieces) {
    const parts = (rest + piece).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
    if (rest.length > rowCharactersMax) break;
  }
  yield rest;
}

function parsed(line: string): unknown {
  try {
    return readJson(line);
  } catch {
    return undefined;
  }
}

function at(value: unknown, path: string): unknown {
  let found = value;
  for (const name of path.split(".")) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[name];
  }
  return found;
}

const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** A cell as JSON has it: a number where it reads as one, with the digits it has, else text. */
function cellValue(cell: string | undefined): unknown {
  return cell !== undefined && jsonNumber.test(cell) ? readJson(cell) : cell;
}

/** A JSON number's digits, be it kept as a number or as it was written; a string itself. */
function writtenOf(value: unknown): string | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  const json = JSON.stringify(value) as string | undefined;
  return json !== undefined && jsonNumber.test(json) ? json : undefined;
}
