import { describe, expect, test } from "bun:test";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { readJson } from "../../src/money/json.ts";
import { compilePrice, PriceInput } from "../../src/pricing/price.ts";

const schema = TypeCompiler.Compile(PriceInput);
const open = [{ up_to: null, unit_amount: "1" }];
const base = { metric_id: "api_calls", currency: "USD" };
const tiered = (...tiers: unknown[]) => ({ ...base, model: "graduated", tiers });

describe("the schema takes", () => {
  const rows: unknown[] = [
    { model: "flat", currency: "USD", amount: 25.5 },
    { model: "flat", currency: "USD", amount: "25.00", key: "base_fee", product_id: "api", interval: "year" },
    { ...base, model: "per_unit", unit_amount: readJson("0.00000000000000001e5") },
    { ...base, model: "per_unit", unit_amount: "1", interval: "day", interval_count: 28, timing: "arrears" },
    tiered({ up_to: 10, unit_amount: 1, flat_amount: "0.5" }, { up_to: null, unit_amount: 0 }),
    { ...base, model: "volume", tiers: open, flat_at_zero: true },
    { ...base, model: "package", package_size: "1000", package_amount: 10 },
  ];
  for (const row of rows) test(JSON.stringify(row), () => expect(schema.Check(row)).toBe(true));
});

describe("the schema refuses", () => {
  const rows: unknown[] = [
    null,
    { model: "flat", currency: "USD" },
    { model: "flat", currency: "usd", amount: "1" },
    { model: "flat", currency: "USD", amount: "1", unit_amount: "1" },
    { model: "flat", currency: "USD", amount: "-0.01" },
    { model: "flat", currency: "USD", amount: "" },
    { model: "flat", currency: "USD", amount: "1,000" },
    { model: "flat", currency: "USD", amount: true },
    { model: "flat", currency: "USD", amount: Number.NaN },
    { model: "flat", currency: "USD", amount: "0.1234567890123" },
    { model: "flat", currency: "USD", amount: "1000000000000000000" },
    { model: "flat", currency: "USD", amount: "1", interval: "quarter" },
    { model: "flat", currency: "USD", amount: "1", interval_count: 0 },
    { model: "flat", currency: "USD", amount: "1", key: "a b" },
    { model: "flat", currency: "USD", amount: "1", surprise: 1 },
    { ...base, model: "package", package_size: 0, package_amount: 10 },
    { ...base, model: "graduated", tiers: [] },
    { ...base, model: "graduated", tiers: Array.from({ length: 101 }, () => open[0]) },
    tiered({ up_to: 0, unit_amount: 1 }, ...open),
    tiered({ unit_amount: 1 }),
    tiered({ up_to: null, unit_amount: 1, from: 0 }),
    { ...base, model: "tiered", tiers: open },
  ];
  for (const row of rows) test(JSON.stringify(row), () => expect(schema.Check(row)).toBe(false));
});

describe("compilePrice refuses, naming the field", () => {
  const rows: [input: Record<string, unknown>, message: string][] = [
    [{ model: "stairstep", tiers: [] }, "field 'model' 'stairstep' is not available yet"],
    [{ model: "matrix" }, "field 'model' 'matrix' is not available yet"],
    [
      { ...base, model: "per_unit", unit_amount: 1, minimum_amount: 5 },
      "field 'minimum_amount' is not available yet",
    ],
    [{ ...base, model: "per_unit", unit_amount: 1, window: "day" }, "field 'window' is not available yet"],
    [
      { model: "flat", currency: "USD", amount: 1, timing: "advance" },
      "field 'timing' 'advance' is not available yet",
    ],
    [{ model: "flat", currency: "XXX", amount: 1 }, "field 'currency' is no active ISO 4217 currency"],
    [{ ...base, model: "flat", amount: 1 }, "field 'metric_id' must be left out for 'flat'"],
    [{ model: "per_unit", currency: "USD", unit_amount: 1 }, "field 'metric_id' is required for 'per_unit'"],
    [
      { ...base, model: "per_unit", unit_amount: 1, flat_at_zero: true },
      "field 'flat_at_zero' is for prices with tiers",
    ],
    [
      { ...base, model: "per_unit", unit_amount: 1, key: "price_00000000000000000000000000" },
      "field 'key' must not have the form of an id",
    ],
    [tiered({ up_to: "10", unit_amount: 1 }), "field 'tiers[0].up_to' must be null in the last tier"],
    [tiered(...open, ...open), "field 'tiers[0].up_to' must not be null before the last tier"],
    [
      tiered({ up_to: "10", unit_amount: 1 }, { up_to: 10.0, unit_amount: 1 }, ...open),
      "field 'tiers[1].up_to' must be above the up_to before it",
    ],
    [
      tiered({ up_to: "10", unit_amount: 1 }, { up_to: "9.99", unit_amount: 1 }, ...open),
      "field 'tiers[1].up_to' must be above the up_to before it",
    ],
  ];
  for (const [input, message] of rows) {
    test(message, () => {
      expect(schema.Check(input)).toBe(true);
      const compile = () => compilePrice("price_1", 1, input as PriceInput, "prices[1].");
      const inPlace = message.replace("field '", "field 'prices[1].");
      expect(compile).toThrow(
        expect.objectContaining({ code: "VAL_001", message: `Validation error: ${inPlace}` }),
      );
    });
  }
});

describe("compilePrice", () => {
  test("fills in defaults and writes amounts as plain text", () => {
    const input = readJson(`{"model":"graduated","metric_id":"m","currency":"USD","tiers":[
      {"up_to":1e3,"unit_amount":0.10,"flat_amount":"5.00"},{"up_to":null,"unit_amount":12345678901234567.5}]}`);
    expect(compilePrice("price_1", 3, input as PriceInput)).toMatchObject({
      id: "price_1",
      version: 3,
      key: null,
      productId: null,
      metricId: "m",
      interval: "month",
      intervalCount: 1,
      input: {
        model: "graduated",
        metric_id: "m",
        currency: "USD",
        tiers: [
          { up_to: "1000", unit_amount: "0.1", flat_amount: "5" },
          { up_to: null, unit_amount: "12345678901234567.5" },
        ],
        interval: "month",
        interval_count: 1,
        timing: "arrears",
        flat_at_zero: false,
      },
    });
  });

  test("reads what it wrote as the same price", () => {
    const price = compilePrice("price_1", 1, {
      ...base,
      model: "volume",
      tiers: open,
      interval: "week",
    } as PriceInput);
    const stored = JSON.parse(JSON.stringify(price.input)) as PriceInput;
    expect(schema.Check(stored)).toBe(true);
    expect(compilePrice("price_1", 1, stored)).toEqual(price);
  });
});

test("decimals are published as a string or a number", () => {
  const published = JSON.parse(JSON.stringify(PriceInput.anyOf[1]));
  expect(published.properties.unit_amount).toEqual({
    type: ["string", "number"],
    minimum: 0,
    description: expect.any(String),
  });
});
