import { describe, expect, test } from "bun:test";
import { formatExact } from "../../src/money/ratio.ts";
import { charged, priceOf } from "./prices.ts";

const amount = (parameters: Record<string, unknown>, quantity: string) =>
  formatExact(charged(priceOf({ unit_amount: "1", ...parameters }), quantity).amount);
const perUnit = (rules: Record<string, unknown>) => ({ model: "per_unit", ...rules });
const transform = (operation: string, by: string, round: string) =>
  perUnit({ unit_transform: { operation, by, round } });

describe("unit_transform", () => {
  const rows: [operation: string, by: string, round: string, quantity: string, units: string][] = [
    ["divide", "1000", "up", "1400", "2"],
    ["divide", "1000", "up", "2000", "2"],
    ["divide", "1000", "up", "2000.000000000001", "3"],
    ["divide", "1000", "up", "0", "0"],
    ["divide", "1000", "up", "0.000000000001", "1"],
    ["divide", "1000", "up", "-1400", "0"],
    ["divide", "1000", "down", "1400", "1"],
    ["divide", "1000", "down", "999", "0"],
    ["divide", "1000", "half_up", "1499", "1"],
    ["divide", "1000", "half_up", "1500", "2"],
    ["divide", "1000", "none", "1400", "1.4"],
    ["divide", "3", "none", "1", "0.333333333333"],
    ["divide", "0.5", "up", "1.2", "3"],
    ["divide", "1000", "up", "1000000000000001", "1000000000001"],
    ["multiply", "1.5", "none", "3", "4.5"],
    ["multiply", "1.5", "up", "3", "5"],
    ["multiply", "1.5", "down", "3", "4"],
    ["multiply", "1.5", "half_up", "3", "5"],
    ["multiply", "8", "none", "1000000000000000", "8000000000000000"],
  ];
  for (const [operation, by, round, quantity, units] of rows) {
    test(`${quantity} ${operation}d by ${by}, rounded ${round}, are ${units}`, () => {
      expect(amount(transform(operation, by, round), quantity)).toBe(units);
    });
  }

  test("keeps a quotient until the line is rounded: three thirds of a unit at 0.10 are 0.1", () => {
    const price = { ...transform("divide", "3", "none"), unit_amount: "0.3" };
    expect(amount(price, "1")).toBe("0.1");
  });
});

describe("included_units", () => {
  const rows: [included: string, quantity: string, units: string][] = [
    ["100", "0", "0"],
    ["100", "99", "0"],
    ["100", "100", "0"],
    ["100", "100.5", "0.5"],
    ["100", "101", "1"],
    ["0", "7", "7"],
    ["0.000000000001", "1", "0.999999999999"],
    ["100", "-5", "0"],
  ];
  for (const [included_units, quantity, units] of rows) {
    test(`${included_units} of ${quantity} leave ${units}`, () => {
      expect(amount(perUnit({ included_units }), quantity)).toBe(units);
    });
  }

  test("are taken off what the transform gives: 3,400 calls are 4 thousands, one of them included", () => {
    const rules = { unit_transform: { operation: "divide", by: "1000", round: "up" }, included_units: "1" };
    expect(amount(perUnit(rules), "3400")).toBe("3");
    expect(amount(perUnit(rules), "1000")).toBe("0");
  });

  const tiers = [
    { up_to: "10", unit_amount: "1", flat_amount: "5" },
    { up_to: null, unit_amount: "0.5" },
  ];
  const models: [model: string, parameters: Record<string, unknown>, quantity: string, amount: string][] = [
    ["graduated", { tiers }, "115", "17.5"],
    ["graduated", { tiers }, "100", "0"],
    ["graduated", { tiers, flat_at_zero: true }, "100", "5"],
    ["volume", { tiers }, "110", "15"],
    ["volume", { tiers }, "112", "6"],
    ["package", { package_size: "10", package_amount: "2" }, "121", "6"],
    [
      "stairstep",
      {
        tiers: [
          { up_to: "10", flat_amount: "3" },
          { up_to: null, flat_amount: "4" },
        ],
      },
      "110",
      "3",
    ],
    ["graduated_percentage", { tiers: [{ up_to: null, rate: "10" }] }, "150", "5"],
    ["seat", { unit_amount: "2", min: "3" }, "101", "6"],
  ];
  for (const [model, parameters, quantity, expected] of models) {
    test(`100 of ${quantity} at ${model} ${JSON.stringify(parameters)} leave ${expected} to pay`, () => {
      const price = priceOf({ model, ...parameters, included_units: "100" });
      expect(formatExact(charged(price, quantity).amount)).toBe(expected);
    });
  }
});
