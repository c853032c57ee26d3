import { describe, expect, test } from "bun:test";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { readJson } from "../../src/money/json.ts";
import { PriceInput } from "../../src/pricing/price.ts";

const schema = TypeCompiler.Compile(PriceInput);
const open = [{ up_to: null, unit_amount: "1" }];
const base = { metric_id: "api_calls", currency: "USD" };
const matrix = {
  model: "matrix",
  dimensions: ["model"],
  cells: [{ match: { model: "large" } as Record<string, unknown>, unit_amount: "0.01" }],
};
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
    {
      ...base,
      model: "stairstep",
      tiers: [
        { up_to: 10, flat_amount: 5 },
        { up_to: null, flat_amount: "0" },
      ],
    },
    { ...base, model: "percentage", rate: 2.9, fixed_amount: "0.30", free_events: 3, free_amount: "250" },
    { ...base, model: "percentage", rate: "0", min_per_event: 1, max_per_event: 2 },
    { ...base, model: "graduated_percentage", tiers: [{ up_to: null, rate: "1.5", flat_amount: 1 }] },
    { ...base, ...matrix, default_unit_amount: 0 },
    { model: "seat", currency: "USD", unit_amount: 12, min: 1, max: "10", timing: "advance" },
    { ...base, model: "dynamic", amount_field: "order.price" },
    {
      ...base,
      model: "per_unit",
      unit_amount: 1,
      minimum_amount: 5,
      maximum_amount: "5.00",
      included_units: 1e3,
    },
    {
      ...base,
      model: "per_unit",
      unit_amount: 1,
      unit_transform: { operation: "divide", by: 1000, round: "up" },
    },
    { ...base, model: "per_unit", unit_amount: 1, window: "hour", filters: [{ field: "a", op: "exists" }] },
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
    { ...base, model: "stairstep", tiers: open },
    { ...base, model: "stairstep", tiers: [{ up_to: null }] },
    { ...base, model: "percentage", rate: -1 },
    { ...base, model: "percentage", rate: 1, free_events: -1 },
    { ...base, model: "graduated_percentage", tiers: open },
    { ...base, ...matrix, dimensions: [] },
    { ...base, ...matrix, dimensions: ["model", "model"] },
    { ...base, ...matrix, cells: [] },
    { ...base, ...matrix, cells: [{ match: { model: null }, unit_amount: 1 }] },
    { ...base, ...matrix, cells: [{ match: { model: ["a"] }, unit_amount: 1 }] },
    { ...base, ...matrix, cells: [{ match: { model: "" }, unit_amount: 1 }] },
    { ...base, model: "seat", unit_amount: 1, min: -1 },
    { ...base, model: "dynamic" },
    { ...base, model: "dynamic", amount_field: "" },
    { ...base, model: "per_unit", unit_amount: 1, window: "month" },
    {
      ...base,
      model: "per_unit",
      unit_amount: 1,
      unit_transform: { operation: "divide", by: 0, round: "up" },
    },
    { ...base, model: "per_unit", unit_amount: 1, unit_transform: { operation: "divide", by: 1 } },
    { ...base, model: "per_unit", unit_amount: 1, unit_transform: { operation: "add", by: 1, round: "up" } },
    { ...base, model: "per_unit", unit_amount: 1, minimum_amount: -1 },
    { ...base, model: "per_unit", unit_amount: 1, filters: [{ field: "a", op: "like", values: ["b"] }] },
  ];
  for (const row of rows) test(JSON.stringify(row), () => expect(schema.Check(row)).toBe(false));
});
