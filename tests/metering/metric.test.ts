import { describe, expect, test } from "bun:test";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { checkMetric, MetricInput } from "../../src/metering/metric.ts";
import { readJson } from "../../src/money/json.ts";

const schema = TypeCompiler.Compile(MetricInput);
const count = { key: "calls", name: "Calls", event_type: "api_call", aggregation: "count" };
const sum = { ...count, aggregation: "sum", field: "tokens" };
const worked = { ...count, aggregation: "sum" };
const p95 = { ...sum, aggregation: "percentile", percentile: 95 };
const filtered = (...filters: unknown[]) => ({ ...count, filters });

describe("the schema takes", () => {
  const rows: unknown[] = [
    count,
    sum,
    { ...sum, group_by: ["model", "region"], unit: "token" },
    { ...sum, aggregation: "average", rounding: { mode: "half_even", scale: 12 } },
    { ...sum, aggregation: "weighted_sum", carry_over: true },
    { ...sum, aggregation: "unique", operation_field: "op" },
    { ...p95, percentile: "0.5" },
    { ...worked, expression: "x".repeat(1000) },
    filtered({ field: "a.b", op: "in", values: ["x", 1, 2.5, true] }),
    filtered({ field: "a", op: "exists" }),
    filtered({ field: "a", op: "eq", values: [readJson("123456789012345678")] }),
    { ...count, name: "Größe 😀" },
  ];
  for (const row of rows) test(JSON.stringify(row), () => expect(schema.Check(row)).toBe(true));
});

describe("the schema refuses", () => {
  const rows: unknown[] = [
    { ...count, key: undefined },
    { ...count, key: "" },
    { ...count, key: "-x" },
    { ...count, name: "" },
    { ...count, name: "a\nb" },
    { ...count, name: "a\ud800b" },
    { ...count, name: "x".repeat(256) },
    { ...count, aggregation: "median" },
    { ...sum, rounding: { mode: "nearest", scale: 0 } },
    { ...sum, rounding: { mode: "up", scale: 13 } },
    { ...sum, rounding: { mode: "up", scale: 0.5 } },
    { ...sum, rounding: { mode: "up" } },
    { ...p95, percentile: 0 },
    { ...p95, percentile: "p95" },
    { ...sum, carry_over: "yes" },
    { ...worked, expression: "" },
    { ...worked, expression: "x".repeat(1001) },
    { ...count, surprise: 1 },
    filtered({ field: "a", op: "like", values: ["x"] }),
    filtered({ field: "a", op: "eq", values: [null] }),
    filtered({ field: "a", op: "eq", values: [{}] }),
    { ...count, filters: Array.from({ length: 21 }, () => ({ field: "a", op: "exists" })) },
    { ...count, group_by: Array.from({ length: 9 }, (_, i) => `f${i}`) },
  ];
  for (const row of rows) test(JSON.stringify(row), () => expect(schema.Check(row)).toBe(false));
});

describe("checkMetric refuses", () => {
  const rows: [input: Record<string, unknown>, message: string][] = [
    [{ ...count, expression: "a + b" }, "field 'expression' must be left out for 'count'"],
    [{ ...sum, expression: "a + b" }, "field 'expression' must be left out beside 'field'"],
    [
      { ...worked, expression: "a +" },
      "field 'expression' cannot be read: Expected expression after + at character 3",
    ],
    [{ ...worked, expression: "sqrt(a)" }, "field 'expression' cannot have the function 'sqrt'"],
    [{ ...sum, aggregation: "percentile" }, "field 'percentile' is required for 'percentile'"],
    [{ ...p95, percentile: "100.000001" }, "field 'percentile' must not be above 100"],
    [{ ...sum, percentile: "95" }, "field 'percentile' goes with 'percentile' only"],
    [{ ...sum, operation_field: "op" }, "field 'operation_field' goes with 'unique' only"],
    [
      { ...count, carry_over: true },
      "field 'carry_over' goes with 'sum', 'unique', 'latest', 'weighted_sum' only",
    ],
    [
      { ...p95, carry_over: true },
      "field 'carry_over' goes with 'sum', 'unique', 'latest', 'weighted_sum' only",
    ],
    [{ ...count, aggregation: "max" }, "field 'field' is required for 'max'"],
    [{ ...count, field: "tokens" }, "field 'field' must be left out for 'count'"],
    [{ ...count, group_by: ["a", "a"] }, "field 'group_by' must not name a field twice"],
    [{ ...count, key: "met_00000000000000000000000000" }, "field 'key' must not have the form of an id"],
    [filtered({ field: "a", op: "eq" }), "field 'filters[0].values' needs exactly one value for 'eq'"],
    [
      filtered({ field: "a", op: "neq", values: [1, 2] }),
      "field 'filters[0].values' needs exactly one value for 'neq'",
    ],
    [
      filtered({ field: "a", op: "in", values: [] }),
      "field 'filters[0].values' needs at least one value for 'in'",
    ],
    [
      filtered({ field: "a", op: "gt", values: ["x"] }),
      "field 'filters[0].values' needs exactly one number for 'gt'",
    ],
    [
      filtered({ field: "b", op: "exists" }, { field: "a", op: "exists", values: ["x"] }),
      "field 'filters[1].values' takes no value for 'exists', or one that is true or false",
    ],
  ];
  for (const [input, message] of rows) {
    test(message, () => {
      expect(schema.Check(input)).toBe(true);
      expect(() => checkMetric(input as MetricInput)).toThrow(
        expect.objectContaining({ code: "VAL_001", message: `Validation error: ${message}` }),
      );
    });
  }
});

test("a percentile is kept as plain text", () => {
  expect(checkMetric({ ...p95, percentile: 99.9 } as MetricInput).percentile).toBe("99.9");
  expect(checkMetric({ ...p95, percentile: "1e2" } as MetricInput).percentile).toBe("100");
});

test("carry_over that says no goes with every aggregation", () => {
  expect(checkMetric({ ...count, carry_over: false } as MetricInput).carry_over).toBe(false);
});

test("numbers a double cannot hold are kept as their text", () => {
  const values = readJson("[1, 12345678901234567890.5, 1e-20]");
  const terms = checkMetric(filtered({ field: "a", op: "in", values }) as unknown as MetricInput);
  expect(terms.filters?.[0]?.values).toEqual([1, "12345678901234567890.5", "0.00000000000000000001"]);
});
