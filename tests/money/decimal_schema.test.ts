import { describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { DecimalText, decimalFault, isDecimalSchema, plainDecimals } from "../../src/money/decimal_schema.ts";
import { readJson } from "../../src/money/json.ts";

const free = DecimalText("any", "any decimal");
const notNegative = DecimalText("not_negative", "an amount");
const positive = DecimalText("positive", "a size");

describe("a decimal in a body", () => {
  const rows: [schema: typeof free, value: unknown, fault: string | null][] = [
    [free, 1.5, null],
    [free, "-1.50", null],
    [free, readJson("0.000000000001000"), null],
    [free, readJson("999999999999999999.999999999999"), null],
    [free, "1e3", null],
    [free, "", "must be a decimal number or string"],
    [free, "12 EUR", "must be a decimal number or string"],
    [free, null, "must be a decimal number or string"],
    [free, {}, "must be a decimal number or string"],
    [free, Number.POSITIVE_INFINITY, "must be a decimal number or string"],
    [free, "0.0000000000001", "must not have more than 12 decimals"],
    [free, "1000000000000000000", "must be below 10^18"],
    [free, "-1000000000000000000", "must be below 10^18"],
    [notNegative, 0, null],
    [notNegative, "-0", null],
    [notNegative, -0.01, "must not be negative"],
    [positive, "0.000000000001", null],
    [positive, 0, "must be above zero"],
    [positive, -1, "must be above zero"],
  ];
  for (const [schema, value, fault] of rows) {
    test(`${JSON.stringify(value)} ${fault ?? "is taken"}`, () => {
      expect(decimalFault(schema, value)).toBe(fault);
      expect(TypeCompiler.Compile(Type.Object({ x: schema })).Check({ x: value })).toBe(fault === null);
    });
  }
});

test("plainDecimals writes what the schema names, and leaves the rest", () => {
  const schema = Type.Object({
    amount: free,
    tiers: Type.Array(Type.Object({ up_to: Type.Union([free, Type.Null()]) })),
    count: Type.Integer(),
    name: Type.String(),
  });
  const value = readJson(
    '{"amount":1.50,"tiers":[{"up_to":1e3},{"up_to":null}],"count":7,"name":"007","more":"1.0"}',
  );
  expect(plainDecimals(schema, value)).toEqual({
    amount: "1.5",
    tiers: [{ up_to: "1000" }, { up_to: null }],
    count: 7,
    name: "007",
    more: "1.0",
  });
  expect([isDecimalSchema(free), isDecimalSchema(Type.Number())]).toEqual([true, false]);
});
