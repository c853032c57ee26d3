import { describe, expect, test } from "bun:test";
import type { Filter } from "../../src/filter.ts";
import { matches } from "../../src/metering/filter.ts";
import type { Properties } from "../../src/metering/property.ts";
import { readJson } from "../../src/money/json.ts";

type Row = [op: Filter["op"], values: NonNullable<Filter["values"]>, property: string, matches: boolean];

// The property is JSON text as a client sends it; "" stands for one that is missing.
const rows: Row[] = [
  ["eq", ["gpt"], '"gpt"', true],
  ["eq", ["gpt"], '"GPT"', false],
  ["eq", [1], "1.0", true],
  ["eq", ["1"], "1", true],
  ["eq", [1], '"1.0"', false],
  ["eq", ["12345678901234567890"], "12345678901234567890", true],
  ["eq", ["12345678901234567890"], "12345678901234567891", false],
  ["eq", ["0.0000001"], "1e-7", true],
  ["eq", [true], "true", true],
  ["eq", [true], "false", false],
  ["eq", [""], "", false],
  ["eq", ["null"], "null", false],
  ["eq", ["x"], '["x"]', false],
  ["neq", ["gpt"], '"gpt"', false],
  ["neq", ["gpt"], '"other"', true],
  ["neq", ["gpt"], "", true],
  ["neq", ["gpt"], "{}", true],
  ["in", ["a", 2, false], "2", true],
  ["in", ["a", 2, false], "false", true],
  ["in", ["a", 2, false], '"b"', false],
  ["nin", ["a", 2], '"a"', false],
  ["nin", ["a", 2], '"b"', true],
  ["nin", ["a", 2], "", true],
  ["gt", [10], "10.000000000000000001", true],
  ["gt", [10], "10", false],
  ["gt", [9], '"10"', true],
  ["gt", ["10"], '"9"', false],
  ["gt", [1], '"many"', false],
  ["gt", [1], "", false],
  ["gt", [0], "true", false],
  ["gte", [10], "10.0", true],
  ["gte", [10], "9.99", false],
  ["gte", [10], "", false],
  ["lt", [10], "9.99", true],
  ["lt", [10], "10", false],
  ["lt", [10], "null", false],
  ["lte", [10], "10", true],
  ["lte", [10], "10.01", false],
  ["lte", [10], "", false],
  ["exists", [], "0", true],
  ["exists", [], '""', true],
  ["exists", [], "null", false],
  ["exists", [], "", false],
  ["exists", [true], "1", true],
  ["exists", [false], "1", false],
  ["exists", [false], "", true],
];

describe("a filter on one property", () => {
  for (const [op, values, property, expected] of rows) {
    test(`${op} ${JSON.stringify(values)} ${expected ? "takes" : "leaves out"} ${property || "none"}`, () => {
      const properties = readJson(property === "" ? "{}" : `{"p":${property}}`) as Properties;
      expect(matches([{ field: "p", op, values }], properties)).toBe(expected);
    });
  }
});

describe("fields", () => {
  const eq = (field: string): Filter[] => [{ field, op: "eq", values: ["x"] }];

  test("may be dotted paths", () => {
    expect(matches(eq("a.b.c"), { a: { b: { c: "x" } } })).toBe(true);
    expect(matches(eq("a.b.c"), { a: { b: "x" } })).toBe(false);
  });

  test("of exactly that name come first", () => {
    expect(matches(eq("a.b"), { "a.b": "x", a: { b: "y" } })).toBe(true);
  });

  test("never reach what the client did not send", () => {
    const present = (field: string, properties: Properties) => matches([{ field, op: "exists" }], properties);
    expect(present("constructor", {})).toBe(false);
    expect(present("a.length", { a: "text" })).toBe(false);
    expect(present("a.length", { a: ["list"] })).toBe(false);
    expect(present("a.rawJSON", readJson('{"a":12345678901234567890}') as Properties)).toBe(false);
    expect(present("__proto__.x", JSON.parse('{"__proto__":{"x":1}}'))).toBe(true);
  });
});

test("all filters must hold, and none hold always", () => {
  const both: Filter[] = [
    { field: "a", op: "exists" },
    { field: "b", op: "gt", values: [1] },
  ];
  expect(matches(both, { a: 1, b: 2 })).toBe(true);
  expect(matches(both, { a: 1, b: 1 })).toBe(false);
  expect(matches(both, { b: 2 })).toBe(false);
  expect(matches([], {})).toBe(true);
  expect(matches(undefined, {})).toBe(true);
});
