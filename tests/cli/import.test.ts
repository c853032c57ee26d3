import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { csvRows } from "../../shards/cli/import/csv.ts";
import { eventOf, timestampOf } from "../../shards/cli/import/event.ts";
import { readOptions, UsageError } from "../../shards/cli/import/options.ts";
import { csvFile, ndjsonFile, type Row } from "../../shards/cli/import/rows.ts";
import { runImport } from "../../shards/cli/import.ts";
import { tableLines } from "../../shards/cli/table.ts";

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(items);
}

async function* pieces(text: string, size = text.length || 1): AsyncGenerator<string> {
  for (let i = 0; i < text.length; i += size) yield text.slice(i, i + size);
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
  const options = readOptions([...args, "--time", "at", "--property", "n=count"], {});
  const made = async (csv: string): Promise<object[]> => {
    if (options === null) throw new Error("these are options");
    return (await all(csvFile(pieces(csv), ["at", "count"]))).map((row: Row) => eventOf(row, options));
  };

  test("keeps the digits of numbers and gives every row an id of its own, always the same", async () => {
    const csv = "at,count\n2023-11-16 18:17:03.9799600,0.12345678901234567890\n2023-11-16T18:17:03.979Z,x\n";
    const [first, second] = await made(csv);
    expect(JSON.stringify(first)).toContain('"n":0.12345678901234567890');
    expect(second).toMatchObject({
      event: { properties: { n: "x" }, timestamp: "2023-11-16T18:17:03.979Z" },
    });
    expect(JSON.stringify(await made(csv))).toBe(JSON.stringify([first, second]));
    const twice = await made("at,count\n1700000000,1\n1700000000,1\n");
    const ids = twice.map((row) => (row as { event: { event_id: string } }).event.event_id);
    expect(new Set(ids).size).toBe(2);
  });

  test("is refused where a cell it needs is empty or no time", async () => {
    expect(await made("at,count\n2023-11-16,\nsoon,1\n")).toEqual([
      { fault: "column 'count' is empty" },
      { fault: "column 'at' holds no time" },
    ]);
  });

  test.each<[string | number, string | null]>([
    ["2023-11-16 18:17:03.9799600", "2023-11-16T18:17:03.979Z"],
    ["2023-11-16", "2023-11-16T00:00:00Z"],
    ["2023-11-16T20:17:03+02:00", "2023-11-16T18:17:03Z"],
    ["1700158623", "2023-11-16T18:17:03Z"],
    ["1700158623.979", "2023-11-16T18:17:03.979Z"],
    [1_700_158_623_979, "2023-11-16T18:17:03.979Z"],
    ["16.11.2023", null],
    ["2023-02-30 00:00:00", null],
  ])("time %j is %p", (text, instant) => {
    expect(timestampOf(text)).toBe(instant);
  });

  test("may come out of NDJSON by a path", async () => {
    const rows = await all(ndjsonFile(pieces('{"usage":{"n":1e2}}\nbroken\n\n{"usage":{"n":2}}', 5)));
    expect(rows.map((row) => [row.number, JSON.stringify(row.cell("usage.n")) ?? "missing"])).toEqual([
      [1, "1e2"],
      [2, "missing"],
      [3, "2"],
    ]);
  });
});

test.each([
  [[], "Name the file"],
  [["a.csv", "b.csv", "--customer", "c", "--event-type", "t", "--api-key", "k"], "Only one file"],
  [["-", "--customer", "c", "--event-type", "t", "--api-key", "k"], "--source is needed"],
  [["a.csv", "--event-type", "t", "--api-key", "k"], "--customer is needed"],
  [["a.csv", "--customer", "c", "--event-type", "t"], "--api-key"],
  [[...args, "--batch", "5000"], "--batch takes a number from 1 to 1000"],
  [[...args, "--property", "x"], "--property takes NAME=COLUMN"],
  [[...args, "--what"], "--what"],
])("a wrong call says what to do: %j", (given, message) => {
  expect(() => readOptions(given, {})).toThrow(UsageError);
  expect(() => readOptions(given, {})).toThrow(message);
});

describe("an import", () => {
  let folder: string;
  let server: ReturnType<typeof Bun.serve>;
  const counted = new Set<string>();
  let answers = 0;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "billai-import-"));
    // Speaks the envelope; away at first, then loses every third answer after having counted.
    server = Bun.serve({
      port: 0,
      fetch: async (request) => {
        answers++;
        if (answers === 1) return new Response(null, { status: 503 });
        const { events } = (await request.json()) as {
          events: { event_id: string; properties: { n: unknown } }[];
        };
        const results = events.map(({ event_id, properties }) => {
          if (properties.n === "bad") return { event_id, status: "orphaned", reason: "value_error" };
          const status = counted.has(event_id) ? "duplicate" : "applied";
          counted.add(event_id);
          return { event_id, status };
        });
        if (answers % 3 === 0) return new Response(null, { status: 503 });
        return Response.json({ success: true, error: null, payload: { results } }, { status: 202 });
      },
    });
  });
  afterAll(async () => {
    await server.stop(true);
    rmSync(folder, { recursive: true });
  });

  const run = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    const call = [
      file,
      "--customer",
      "c",
      "--event-type",
      "t",
      "--property",
      "n=n",
      "--batch",
      "7",
      "--url",
      server.url.href,
    ];
    return runImport([...call, "--api-key", "k"], {});
  };

  test("counts every row once, whatever answers are lost and however often it is run", async () => {
    const text = `n\n${Array.from({ length: 100 }, (_, i) => i).join("\n")}\n`;
    expect([await run("a.csv", text), await run("a.csv", text)]).toEqual([0, 0]);
    expect(counted.size).toBe(100);
  });

  test("ends with 1 where a row is not counted", async () => {
    expect(await run("b.csv", "n\n1\nbad\n")).toBe(1);
  });
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
