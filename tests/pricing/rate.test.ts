import { describe, expect, test } from "bun:test";
import { decimal, formatDecimal, ZERO } from "../../src/money/decimal.ts";
import { roundMoney } from "../../src/money/money.ts";
import { rate } from "../../src/pricing/rate.ts";
import { priceOf, shown } from "./prices.ts";

const amount = (parameters: Record<string, unknown>, quantity: string) =>
  formatDecimal(rate(priceOf(parameters), decimal(quantity)).amount);

describe("flat", () => {
  for (const quantity of ["0", "1", "-5", "1000000000000000"]) {
    test(`costs its amount at ${quantity}`, () => {
      expect(shown(rate(priceOf({ model: "flat", amount: "49.90" }), decimal(quantity)))).toEqual({
        amount: "49.9",
        unit: null,
        tiers: [],
      });
    });
  }
});

describe("per_unit", () => {
  const rows: [unitAmount: string, quantity: string, amount: string][] = [
    ["0.01", "0", "0"],
    ["0.01", "1", "0.01"],
    ["0.01", "-3", "0"],
    ["0.1", "0.1", "0.01"],
    ["0.000000000001", "1", "0.000000000001"],
    ["0.000000000001", "1000000000000000", "1000"],
    ["0.123456789012", "1000000000000000.5", "123456789012000.061728394506"],
    ["0", "12", "0"],
  ];
  for (const [unit_amount, quantity, expected] of rows) {
    test(`${quantity} at ${unit_amount} is ${expected}`, () => {
      expect(amount({ model: "per_unit", unit_amount }, quantity)).toBe(expected);
    });
  }
});

const tiers = [
  { up_to: "100", unit_amount: "0.10" },
  { up_to: "1000", unit_amount: "0.05", flat_amount: "5" },
  { up_to: null, unit_amount: "0.01", flat_amount: "20" },
];

describe("graduated: each unit costs the rate of the tier it falls in", () => {
  const rows: [quantity: string, amount: string, tiers: string[]][] = [
    ["-1", "0", []],
    ["0", "0", []],
    ["0.5", "0.05", ["0.5 × 0.1 = 0.05"]],
    ["99", "9.9", ["99 × 0.1 = 9.9"]],
    ["100", "10", ["100 × 0.1 = 10"]],
    ["100.5", "15.025", ["100 × 0.1 = 10", "0.5 × 0.05 + 5 = 5.025"]],
    ["101", "15.05", ["100 × 0.1 = 10", "1 × 0.05 + 5 = 5.05"]],
    ["1000", "60", ["100 × 0.1 = 10", "900 × 0.05 + 5 = 50"]],
    ["1001", "80.01", ["100 × 0.1 = 10", "900 × 0.05 + 5 = 50", "1 × 0.01 + 20 = 20.01"]],
    [
      "1000000000000000",
      "10000000000070",
      ["100 × 0.1 = 10", "900 × 0.05 + 5 = 50", "999999999999000 × 0.01 + 20 = 10000000000010"],
    ],
  ];
  for (const [quantity, expected, parts] of rows) {
    test(`${quantity} is ${expected}`, () => {
      const charge = rate(priceOf({ model: "graduated", tiers }), decimal(quantity));
      expect(shown(charge)).toEqual({ amount: expected, unit: null, tiers: parts });
    });
  }
});

describe("volume: every unit costs the rate of the tier the total falls in", () => {
  const rows: [quantity: string, amount: string, unit: string | null, tiers: string[]][] = [
    ["-1", "0", null, []],
    ["0", "0", null, []],
    ["0.5", "0.05", "0.1", ["0.5 × 0.1 = 0.05"]],
    ["100", "10", "0.1", ["100 × 0.1 = 10"]],
    ["100.000000000001", "10.00000000000005", "0.05", ["100.000000000001 × 0.05 + 5 = 10.00000000000005"]],
    ["101", "10.05", "0.05", ["101 × 0.05 + 5 = 10.05"]],
    ["1000", "55", "0.05", ["1000 × 0.05 + 5 = 55"]],
    ["1001", "30.01", "0.01", ["1001 × 0.01 + 20 = 30.01"]], // more costs less at an edge, as such prices do
  ];
  for (const [quantity, expected, unit, parts] of rows) {
    test(`${quantity} is ${expected}`, () => {
      const charge = rate(priceOf({ model: "volume", tiers }), decimal(quantity));
      expect(shown(charge)).toEqual({ amount: expected, unit, tiers: parts });
    });
  }
});

describe("flat_at_zero", () => {
  const withFlat = [
    { up_to: "10", unit_amount: "1", flat_amount: "5" },
    { up_to: null, unit_amount: "1", flat_amount: "7" },
  ];
  for (const model of ["graduated", "volume"]) {
    test(`makes the first tier's flat amount of a ${model} price due at zero, and below`, () => {
      const price = priceOf({ model, tiers: withFlat, flat_at_zero: true });
      const due = { amount: "5", unit: null, tiers: ["0 × 1 + 5 = 5"] };
      expect(shown(rate(price, ZERO))).toEqual(due);
      expect(shown(rate(price, decimal("-2")))).toEqual(due);
      expect(formatDecimal(rate(price, decimal("1")).amount)).toBe("6");
    });

    test(`left out, a ${model} price costs nothing at zero`, () => {
      expect(amount({ model, tiers: withFlat }, "0")).toBe("0");
    });

    test(`changes nothing for a ${model} price whose first tier has no flat amount`, () => {
      expect(amount({ model, tiers, flat_at_zero: true }, "0")).toBe("0");
    });
  }
});

describe("package: started packages count whole", () => {
  const rows: [size: string, quantity: string, amount: string][] = [
    ["1000", "-1", "0"],
    ["1000", "0", "0"],
    ["1000", "0.000000000001", "10"],
    ["1000", "1", "10"],
    ["1000", "999", "10"],
    ["1000", "1000", "10"],
    ["1000", "1001", "20"],
    ["1000", "1000000000000000", "10000000000000"],
    ["0.3", "0.9", "30"],
    ["0.3", "0.91", "40"],
  ];
  for (const [package_size, quantity, expected] of rows) {
    test(`${quantity} in packages of ${package_size} is ${expected}`, () => {
      expect(amount({ model: "package", package_size, package_amount: "10" }, quantity)).toBe(expected);
    });
  }
});

describe("the documented simulation", () => {
  test("150,000 calls and 250 GB", () => {
    const calls = [
      { up_to: 10_000, unit_amount: 0 },
      { up_to: 100_000, unit_amount: "0.001" },
      { up_to: null, unit_amount: "0.0005" },
    ];
    expect(amount({ model: "graduated", tiers: calls }, "150000")).toBe("115");
    expect(amount({ model: "per_unit", unit_amount: "0.25" }, "250")).toBe("62.5");
  });
});

describe("charges stay exact until they are rounded to the currency", () => {
  const rows: [currency: string, unitAmount: string, quantity: string, exact: string, rounded: string][] = [
    ["USD", "0.000000000001", "5000000000", "0.005", "0.01"],
    ["JPY", "0.5", "3", "1.5", "2"],
    ["JPY", "0.499999999999", "1", "0.499999999999", "0"],
    ["KWD", "0.0005", "3", "0.0015", "0.002"],
  ];
  for (const [currency, unit_amount, quantity, exact, rounded] of rows) {
    test(`${quantity} at ${unit_amount} ${currency}`, () => {
      const charge = rate(priceOf({ model: "per_unit", unit_amount, currency }), decimal(quantity));
      expect(formatDecimal(charge.amount)).toBe(exact);
      expect(formatDecimal(roundMoney(charge.amount, currency))).toBe(rounded);
    });
  }
});
