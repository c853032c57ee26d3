import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BrokenFile, rowCharactersMax } from "../../shards/cli/import/broken_file.ts";
import { csvRows } from "../../shards/cli/import/csv.ts";
import { eventOf, timestampOf } from "../../shards/cli/import/event.ts";
import { readOptions, UsageError } from "../../shards/cli/import/options.ts";
import { csvFile, ndjsonFile } from "../../shards/cli/import/rows.ts";
import { tableLines } from "../../shards/cli/table.ts";
import { readJson } from "../../src/money/json.ts";

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(items);
}

async function* pieces(text: string, size = text.length || 1): AsyncGenerator<string> {
  for (let i = 0; i < text.length; i += size) yield text.slice(i, i + size);
}

interface SentEvent {
  readonly event_id: string;
  readonly timestamp: string;
  readonly properties: { readonly n: unknown };
}

const args = ["usage.csv", "--customer", "c", "--event-type", "t", "--api-key", "k"];

describe("CSV", () => {
  test.each([
    [
      "a,b\r\n1,2\r\n",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    ["\ufeffa\n\n1", [["a"], ["1"]]],
    ['"a,""b""\nc",d\n', [['a,"b"\nc', "d"]]],
    ['a,""\n', [["a", ""]]],
    ["", []],
  ])("%j", async (text, rows) => {
    expect(await all(csvRows(pieces(text)))).toEqual(rows);
  });

  test.each([
    ['a\n1\n"2\n3\n', 2],
    ["a\n1\n".concat("x".repeat(rowCharactersMax + 1)), 2],
    [`a\n"${"x\n".repeat(rowCharactersMax)}`, 1],
  ])("a row that does not end is told by its number, %#", async (text, row) => {
    const reading = all(csvRows(pieces(text)));
    await expect(reading).rejects.toThrow(BrokenFile);
    expect(await reading.catch((error: BrokenFile) => error.row)).toBe(row);
  });

  test("names the columns that are missing or there twice", async () => {
    await expect(all(csvFile(pieces("a,b,b\n"), ["c"]))).rejects.toThrow(
      "There is no column c; the file has a, b, b.",
    );
    await expect(all(csvFile(pieces("a,b,b\n"), ["b"]))).rejects.toThrow("more than one column b");
  });

  test("reads back what was quoted, however it is cut into pieces", async () => {
    const cell = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", " ", "é"), maxLength: 6 });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 7 }), async (rows, size) => {
        const text = rows.map((row) => row.map((c) => `"${c.replaceAll('"', '""')}"`).join(",")).join("\r\n");
        expect(await all(csvRows(pieces(text, size)))).toEqual(rows);
      }),
    );
  });
});

describe("a row's event", () => {
  const made = async (csv: string, ...more: string[]): Promise<(SentEvent | string)[]> => {
    const options = readOptions([...args, "--time", "at", "--property", "n=count", ...more], {});
    if (options === null) throw new Error("these are options");
    const rows = await all(csvFile(pieces(csv), ["at", "count"]));
    return rows.map((row) => {
      const event = eventOf(row, options);
      return "json" in event ? (readJson(event.json) as SentEvent) : event.fault;
    });
  };
  const idsOf = (events: (SentEvent | string)[]) =>
    events.map((event) => (typeof event === "string" ? event : event.event_id));

  test("keeps the digits of numbers and takes the rest for text", async () => {
    const big = "0.12345678901234567890";
    const csv = `at,count\n2023-11-16 18:17:03.9799600,${big}\n2023-11-16T18:17:03.979Z,007\n`;
    const [first, second] = await made(csv);
    expect(JSON.stringify(first)).toContain(`"n":${big}`);
    expect(second).toMatchObject({ properties: { n: "007" }, timestamp: "2023-11-16T18:17:03.979Z" });
  });

  test("carries an integer of any length", async () => {
    const integer = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n });
    await fc.assert(
      fc.asyncProperty(integer, async (n) => {
        const [event] = await made(`at,count\n2023-11-16,${n}\n`);
        expect(JSON.stringify(event)).toContain(`"properties":{"n":${n}}`);
      }),
    );
  });

  test("has an id of its own for every row, the same whenever the file is read, another under another source", async () => {
    const csv = "at,count\n1700000000,1\n1700000000,1\n1700000000,2\n";
    const ids = idsOf(await made(csv));
    expect(new Set(ids).size).toBe(3);
    expect(idsOf(await made(csv))).toEqual(ids);
    expect(new Set([...ids, ...idsOf(await made(csv, "--source", "other"))]).size).toBe(6);
  });

  test("takes ids from a column digit by digit", async () => {
    const csv = "at,count,id\n1700000000,1,5\n1700000000,1,5.0\n1700000000,1,12345678901234567890123\n";
    expect(idsOf(await made(csv, "--id", "id"))).toEqual(["5", "5.0", "12345678901234567890123"]);
  });

  test("is refused where a cell it needs is empty or no time, and where cells are shifted", async () => {
    const csv = "at,count\n2023-11-16,\nsoon,1\n2023-11-16,1,234\n2023-11-16,5,\n";
    const [empty, noTime, shifted, padded] = await made(csv);
    expect([empty, noTime, shifted]).toEqual([
      "column 'count' is empty",
      "column 'at' holds no time",
      "it has 3 cells, the header 2",
    ]);
    expect(padded).toMatchObject({ properties: { n: 5 } });
  });

  test.each<[string, string | null]>([
    ["2023-11-16 18:17:03.9799600", "2023-11-16T18:17:03.979Z"],
    ["2023-11-16", "2023-11-16T00:00:00Z"],
    ["2023-11-16T20:17:03+02:00", "2023-11-16T18:17:03Z"],
    ["1700158623", "2023-11-16T18:17:03Z"],
    ["1700158623.9799600", "2023-11-16T18:17:03.979Z"],
    ["1700158623979", "2023-11-16T18:17:03.979Z"],
    ["1700158623979123", null],
    ["16.11.2023", null],
    ["2023-02-30 00:00:00", null],
  ])("time %j is %p", (text, instant) => {
    expect(timestampOf(text)).toBe(instant);
  });

  test("may come out of NDJSON by a path", async () => {
    const text =
      '{"usage":{"n":1e2}}\nbroken\n\n{"usage":{"n":2}}\n{"usage":{"n":1700158623.9799600}}\n{"usage":null}';
    const rows = await all(ndjsonFile(pieces(text, 5)));
    expect(rows.map((row) => [row.number, row.fault, row.written("usage.n")])).toEqual([
      [1, null, "1e2"],
      [2, "it is no JSON", undefined],
      [3, null, "2"],
      [4, null, "1700158623.9799600"],
      [5, null, undefined],
    ]);
  });

  test("is not looked for in an NDJSON line that never ends", async () => {
    const rows = all(ndjsonFile(pieces(`{"n":1}\n${"x".repeat(rowCharactersMax * 2)}`, 1000)));
    await expect(rows).rejects.toThrow(BrokenFile);
  });
});

test.each([
  [[], "Name the file"],
  [["a.csv", "b.csv", "--customer", "c", "--event-type", "t", "--api-key", "k"], "Only one file"],
  [["-", "--customer", "c", "--event-type", "t", "--api-key", "k"], "--source is needed"],
  [["a.csv", "--event-type", "t", "--api-key", "k"], "--customer is needed"],
  [["a.csv", "--customer", "c", "--event-type", "t"], "--api-key"],
  [[...args, "--batch", "5000"], "--batch takes a number from 1 to 1000"],
  [[...args, "--url", "localhost:8000"], "--url takes an address"],
  [[...args, "--property", "x"], "--property takes NAME=COLUMN"],
  [[...args, "--what"], "--what"],
])("a wrong call says what to do: %j", (given, message) => {
  expect(() => readOptions(given, {})).toThrow(UsageError);
  expect(() => readOptions(given, {})).toThrow(message);
});

test("tables align words left and numbers right", () => {
  expect(
    tableLines(
      ["Name", "N"],
      [
        ["a", "10"],
        ["long", "7"],
      ],
      [1],
    ),
  ).toEqual(["Name   N", "────  ──", "a     10", "long   7"]);
});
