import { describe, expect, test } from "bun:test";
import { decimal } from "../../src/money/decimal.ts";
import { type Exact, formatExact } from "../../src/money/ratio.ts";
import { cellKey } from "../../src/pricing/matrix.ts";
import { rate } from "../../src/pricing/rate.ts";
import { priceOf, shownCells } from "./prices.ts";

const parameters = {
  model: "matrix",
  dimensions: ["region", "tier"],
  cells: [
    { match: { region: "eu", tier: 1 }, unit_amount: "0.10" },
    { match: { tier: 2, region: "eu" }, unit_amount: "0.05" },
    { match: { region: "us", tier: true }, unit_amount: "0.000000000001" },
  ],
};
const eu1 = cellKey(["eu", "1"]);
const eu2 = cellKey(["eu", "2"]);
const us = cellKey(["us", "true"]);

function charge(more: Record<string, unknown>, quantities: Record<string, string>) {
  const cells = new Map<string, Exact>();
  for (const [key, quantity] of Object.entries(quantities)) cells.set(key, decimal(quantity));
  const result = rate(priceOf({ ...parameters, ...more }), { quantity: decimal("0"), cells });
  return { amount: formatExact(result.amount), cells: shownCells(result) };
}

describe("matrix: every cell's units at its own rate", () => {
  test("in the order of the price, without cells that have no usage", () => {
    expect(charge({}, { [us]: "1000000000000000", [eu1]: "3" })).toEqual({
      amount: "1000.3",
      cells: ["eu 1: 3 × 0.1 = 0.3", "us true: 1000000000000000 × 0.000000000001 = 1000"],
    });
  });

  test("what is in no cell costs the default, else nothing", () => {
    const usage = { [eu2]: "2", "": "10" };
    expect(charge({ default_unit_amount: "1" }, usage)).toEqual({
      amount: "10.1",
      cells: ["eu 2: 2 × 0.05 = 0.1", "default: 10 × 1 = 10"],
    });
    expect(charge({}, usage)).toEqual({
      amount: "0.1",
      cells: ["eu 2: 2 × 0.05 = 0.1", "default: 10 × 0 = 0"],
    });
  });

  test("a cell below zero counts as zero and gives nothing to the others", () => {
    expect(charge({}, { [eu1]: "-5", [eu2]: "2" })).toEqual({
      amount: "0.1",
      cells: ["eu 1: 0 × 0.1 = 0", "eu 2: 2 × 0.05 = 0.1"],
    });
  });

  const included: [units: string, amount: string, cells: string[]][] = [
    ["0", "10.75", ["eu 1: 5 × 0.1 = 0.5", "eu 2: 5 × 0.05 = 0.25", "default: 10 × 1 = 10"]],
    ["4", "10.35", ["eu 1: 1 × 0.1 = 0.1", "eu 2: 5 × 0.05 = 0.25", "default: 10 × 1 = 10"]],
    ["5", "10.25", ["eu 1: 0 × 0.1 = 0", "eu 2: 5 × 0.05 = 0.25", "default: 10 × 1 = 10"]],
    ["12", "8", ["eu 1: 0 × 0.1 = 0", "eu 2: 0 × 0.05 = 0", "default: 8 × 1 = 8"]],
    ["21", "0", ["eu 1: 0 × 0.1 = 0", "eu 2: 0 × 0.05 = 0", "default: 0 × 1 = 0"]],
  ];
  for (const [included_units, amount, cells] of included) {
    test(`${included_units} included units are used up in listed order, the default last`, () => {
      const usage = { "": "10", [eu2]: "5", [eu1]: "5" };
      expect(charge({ default_unit_amount: "1", included_units }, usage)).toEqual({ amount, cells });
    });
  }

  test("units are transformed cell by cell", () => {
    const unit_transform = { operation: "divide", by: "10", round: "up" };
    expect(charge({ unit_transform }, { [eu1]: "11", [eu2]: "1" }).cells).toEqual([
      "eu 1: 2 × 0.1 = 0.2",
      "eu 2: 1 × 0.05 = 0.05",
    ]);
  });
});
