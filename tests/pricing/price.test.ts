import { describe, expect, test } from "bun:test";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { decimal } from "../../src/money/decimal.ts";
import { readJson } from "../../src/money/json.ts";
import { compilePrice, PriceInput, priceVariants } from "../../src/pricing/price.ts";

const schema = TypeCompiler.Compile(PriceInput);
const open = [{ up_to: null, unit_amount: "1" }];
const base = { metric_id: "api_calls", currency: "USD" };
const perUnit = { model: "per_unit", unit_amount: 1 };
const matrix = {
  model: "matrix",
  dimensions: ["model"],
  cells: [{ match: { model: "large" } as Record<string, unknown>, unit_amount: "0.01" }],
};
/** Something that fits every field. */
const sensible: Readonly<Record<string, unknown>> = {
  included_units: 1,
  unit_transform: { operation: "divide", by: 1000, round: "up" },
  window: "day",
  filters: [{ field: "a", op: "exists" }],
};
const tiered = (...tiers: unknown[]) => ({ ...base, model: "graduated", tiers });

describe("compilePrice refuses, naming the field", () => {
  const rows: [input: Record<string, unknown>, message: string][] = [
    [
      { ...base, ...perUnit, timing: "advance" },
      "field 'timing' must be 'arrears' for a price with a metric: usage is known once it happened",
    ],
    [
      { ...base, ...perUnit, minimum_amount: 5, maximum_amount: "4.99" },
      "field 'maximum_amount' must not be below minimum_amount",
    ],
    [{ ...base, model: "seat", unit_amount: 1, min: 3, max: 2.5 }, "field 'max' must not be below min"],
    [
      { ...base, model: "percentage", rate: 1, min_per_event: 3, max_per_event: 2.5 },
      "field 'max_per_event' must not be below min_per_event",
    ],
    [
      { ...base, model: "percentage", rate: 1, free_events: 1.5 },
      "field 'free_events' must be a whole number up to 100000",
    ],
    [
      { ...base, model: "percentage", rate: 1, free_events: 100001 },
      "field 'free_events' must be a whole number up to 100000",
    ],
    ...["included_units", "unit_transform", "window", "filters"].map(
      (field): [Record<string, unknown>, string] => [
        { model: "seat", currency: "USD", unit_amount: 1, [field]: sensible[field] },
        `field '${field}' is for prices with a metric, of which it is a part`,
      ],
    ),
    ...["included_units", "unit_transform"].map((field): [Record<string, unknown>, string] => [
      { ...base, model: "dynamic", amount_field: "price", [field]: sensible[field] },
      `field '${field}' does not go with 'dynamic', where the price travels on the event`,
    ]),
    ...["included_units", "unit_transform"].map((field): [Record<string, unknown>, string] => [
      { ...base, model: "percentage", rate: 1, [field]: sensible[field] },
      `field '${field}' does not go with 'percentage', which takes a part of an amount; free_events and free_amount say what is free`,
    ]),
    [
      { ...base, ...perUnit, filters: [{ field: "a", op: "gt", values: ["b"] }] },
      "field 'filters[0].values' needs exactly one number for 'gt'",
    ],
    [
      { ...base, ...matrix, cells: [...matrix.cells, { match: { model: "a", x: 1 }, unit_amount: 1 }] },
      "field 'cells[1].match.x' is not one of the dimensions",
    ],
    [
      { ...base, ...matrix, dimensions: ["model", "region"] },
      "field 'cells[0].match.region' is required, as every dimension is",
    ],
    [
      { ...base, ...matrix, cells: [1, "1.0", "1"].map((model) => ({ match: { model }, unit_amount: 1 })) },
      "field 'cells[2].match' is the same as that of a cell before it",
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

  const kept: Record<string, unknown>[] = [
    { ...base, model: "volume", tiers: open, interval: "week" },
    {
      ...base,
      model: "graduated",
      tiers: [{ up_to: "1.50", unit_amount: 1e-7 }, ...open],
      flat_at_zero: true,
    },
    { ...base, ...perUnit, ...sensible, minimum_amount: 1, maximum_amount: 2 },
    { ...base, model: "stairstep", tiers: [{ up_to: null, flat_amount: 1 }] },
    { ...base, model: "package", package_size: 10, package_amount: 1 },
    {
      ...base,
      model: "percentage",
      rate: 2.9,
      fixed_amount: 0.3,
      free_events: 1,
      free_amount: 9,
      max_per_event: 5,
    },
    { ...base, model: "graduated_percentage", tiers: [{ up_to: null, rate: "0.5" }] },
    { ...base, ...matrix, default_unit_amount: 1 },
    { model: "seat", currency: "JPY", unit_amount: 500, min: 1, timing: "advance" },
    { model: "flat", currency: "KWD", amount: "1.005", timing: "advance" },
    { ...base, model: "dynamic", amount_field: "price" },
  ];
  for (const input of kept) {
    test(`reads what it wrote as the same price: ${input.model}`, () => {
      expect(schema.Check(input)).toBe(true);
      const price = compilePrice("price_1", 1, input as PriceInput);
      const stored = JSON.parse(JSON.stringify(price.input)) as PriceInput;
      expect(schema.Check(stored)).toBe(true);
      expect(compilePrice("price_1", 1, stored)).toEqual(price);
      expect(price.timing).toBe((input.timing ?? "arrears") as "arrears");
    });
  }

  test("reads every modifier", () => {
    const input = {
      ...base,
      ...perUnit,
      ...sensible,
      minimum_amount: "1.50",
      maximum_amount: 20,
    } as PriceInput;
    const price = compilePrice("price_1", 1, input);
    expect(price).toMatchObject({
      minimumAmount: decimal("1.50"),
      maximumAmount: decimal("20"),
      includedUnits: decimal("1"),
      unitTransform: { operation: "divide", by: decimal("1000"), round: "up" },
      window: "day",
      filters: [{ field: "a", op: "exists" }],
    });
    const plain = compilePrice("price_1", 1, { ...base, ...perUnit } as PriceInput);
    expect(plain).toMatchObject({
      timing: "arrears",
      minimumAmount: null,
      maximumAmount: null,
      includedUnits: null,
      unitTransform: null,
      window: null,
      filters: [],
    });
  });

  test("keeps what is compared as text as it was written, and numbers by their value", () => {
    const raw = `{"metric_id":"m","currency":"USD","model":"matrix","dimensions":["zip","size"],"cells":[
      {"match":{"zip":"007","size":12345678901234567890},"unit_amount":"1.0"},
      {"match":{"zip":"7","size":1.50},"unit_amount":2}],
      "filters":[{"field":"zip","op":"in","values":["007",true,12345678901234567890,1.5]}]}`;
    const price = compilePrice("price_1", 1, readJson(raw) as PriceInput);
    expect(price.input).toMatchObject({
      cells: [
        { match: { zip: "007", size: "12345678901234567890" }, unit_amount: "1" },
        { match: { zip: "7", size: "1.5" }, unit_amount: "2" },
      ],
      filters: [{ values: ["007", true, "12345678901234567890", 1.5] }],
    });
  });
});

test("decimals are published as a string or a number", () => {
  const published = JSON.parse(JSON.stringify(priceVariants.per_unit));
  expect(published.properties.unit_amount).toEqual({
    type: ["string", "number"],
    minimum: 0,
    description: expect.any(String),
  });
});
