import { describe, expect, test } from "bun:test";
import { decimal, formatDecimal } from "../../src/money/decimal.ts";
import { roundMoney } from "../../src/money/money.ts";
import { formatExact, ratio } from "../../src/money/ratio.ts";
import { recurringAmount } from "../../src/pricing/rate.ts";
import { charged, priceOf, shown } from "./prices.ts";

const amount = (parameters: Record<string, unknown>, quantity: string) =>
  formatExact(charged(priceOf(parameters), quantity).amount);

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
      const charge = charged(priceOf({ model: "graduated", tiers }), quantity);
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
      const charge = charged(priceOf({ model: "volume", tiers }), quantity);
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
      expect(shown(charged(price, "0"))).toEqual(due);
      expect(shown(charged(price, "-2"))).toEqual(due);
      expect(formatExact(charged(price, "1").amount)).toBe("6");
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

describe("stairstep: one amount for the tier the total falls in", () => {
  const steps = [
    { up_to: "100", flat_amount: "25" },
    { up_to: "1000.5", flat_amount: "45" },
    { up_to: null, flat_amount: "99" },
  ];
  const rows: [quantity: string, amount: string, tiers: string[]][] = [
    ["-1", "0", []],
    ["0", "0", []],
    ["0.000000000001", "25", ["0.000000000001 × - + 25 = 25"]],
    ["99", "25", ["99 × - + 25 = 25"]],
    ["100", "25", ["100 × - + 25 = 25"]],
    ["100.000000000001", "45", ["100.000000000001 × - + 45 = 45"]],
    ["101", "45", ["101 × - + 45 = 45"]],
    ["1000.5", "45", ["1000.5 × - + 45 = 45"]],
    ["1000.6", "99", ["1000.6 × - + 99 = 99"]],
    ["1000000000000000", "99", ["1000000000000000 × - + 99 = 99"]],
  ];
  for (const [quantity, expected, parts] of rows) {
    test(`${quantity} is ${expected}`, () => {
      const charge = charged(priceOf({ model: "stairstep", tiers: steps }), quantity);
      expect(shown(charge)).toEqual({ amount: expected, unit: null, tiers: parts });
    });
  }

  test("with flat_at_zero the first step is due at zero, and below", () => {
    const price = priceOf({ model: "stairstep", tiers: steps, flat_at_zero: true });
    for (const quantity of ["0", "-7", "100"]) expect(shown(charged(price, quantity)).amount).toBe("25");
  });
});

describe("graduated_percentage: each part of the amount pays its tier's percent", () => {
  const parts = [
    { up_to: "1000", rate: "2.5", flat_amount: "1" },
    { up_to: "10000", rate: "1", flat_amount: "3" },
    { up_to: null, rate: "0.000000000001" },
  ];
  const rows: [quantity: string, amount: string, tiers: string[]][] = [
    ["-10", "0", []],
    ["0", "0", []],
    ["0.01", "1.00025", ["0.01 × 0.025 + 1 = 1.00025"]],
    ["999", "25.975", ["999 × 0.025 + 1 = 25.975"]],
    ["1000", "26", ["1000 × 0.025 + 1 = 26"]],
    ["1001", "29.01", ["1000 × 0.025 + 1 = 26", "1 × 0.01 + 3 = 3.01"]],
    ["10000", "119", ["1000 × 0.025 + 1 = 26", "9000 × 0.01 + 3 = 93"]],
    [
      "1000000000010000",
      "129",
      ["1000 × 0.025 + 1 = 26", "9000 × 0.01 + 3 = 93", "1000000000000000 × 0.00000000000001 = 10"],
    ],
  ];
  for (const [quantity, expected, tiersOf] of rows) {
    test(`${quantity} is ${expected}`, () => {
      const charge = charged(priceOf({ model: "graduated_percentage", tiers: parts }), quantity);
      expect(shown(charge)).toEqual({ amount: expected, unit: null, tiers: tiersOf });
    });
  }

  test("with flat_at_zero the first tier's flat amount is due at zero", () => {
    const price = priceOf({ model: "graduated_percentage", tiers: parts, flat_at_zero: true });
    expect(shown(charged(price, "0"))).toEqual({ amount: "1", unit: null, tiers: ["0 × 0.025 + 1 = 1"] });
  });
});

describe("seat: seats between min and max", () => {
  const rows: [limits: object, seats: string, amount: string][] = [
    [{}, "0", "0"],
    [{}, "-2", "0"],
    [{}, "3", "37.5"],
    [{ min: "5" }, "0", "62.5"],
    [{ min: "5" }, "4", "62.5"],
    [{ min: "5" }, "5", "62.5"],
    [{ min: "5" }, "6", "75"],
    [{ max: "10" }, "9.5", "118.75"],
    [{ max: "10" }, "10", "125"],
    [{ max: "10" }, "11", "125"],
    [{ min: "2", max: "2" }, "1000000000000000", "25"],
  ];
  for (const [limits, seats, expected] of rows) {
    test(`${seats} seats of ${JSON.stringify(limits)} are ${expected}`, () => {
      const parameters = { model: "seat", unit_amount: "12.50", ...limits };
      expect(amount(parameters, seats)).toBe(expected);
      const recurring = priceOf({ ...parameters, metric_id: undefined });
      if (!seats.startsWith("-"))
        expect(formatDecimal(recurringAmount(recurring, decimal(seats)))).toBe(expected);
    });
  }
});

describe("flat recurs, whatever the seats", () => {
  for (const seats of ["0", "1", "1000000000000000"]) {
    test(`at ${seats} seats`, () => {
      const price = priceOf({ model: "flat", amount: "49.90" });
      expect(formatDecimal(recurringAmount(price, decimal(seats)))).toBe("49.9");
    });
  }
});

describe("quotients", () => {
  const third = ratio(decimal("1000"), decimal("3"));
  const rows: [parameters: Record<string, unknown>, amount: string][] = [
    [{ model: "per_unit", unit_amount: "0.03" }, "10"],
    [{ model: "per_unit", unit_amount: "0.01" }, "3.333333333333"],
    [{ model: "package", package_size: "0.5", package_amount: "0.01" }, "6.67"],
    [
      {
        model: "stairstep",
        tiers: [
          { up_to: "333.333333333333", flat_amount: "1" },
          { up_to: null, flat_amount: "2" },
        ],
      },
      "2",
    ],
    [
      {
        model: "graduated",
        tiers: [
          { up_to: "333", unit_amount: "0.01" },
          { up_to: null, unit_amount: "3" },
        ],
      },
      "4.33",
    ],
    [
      {
        model: "volume",
        tiers: [
          { up_to: "334", unit_amount: "0.06" },
          { up_to: null, unit_amount: "3" },
        ],
      },
      "20",
    ],
    [{ model: "seat", unit_amount: "0.06", max: "333.333333333333" }, "19.99999999999998"],
  ];
  for (const [parameters, expected] of rows) {
    test(`1000/3 at ${JSON.stringify(parameters)} is ${expected}`, () => {
      expect(formatExact(charged(priceOf(parameters), third).amount)).toBe(expected);
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
      const charge = charged(priceOf({ model: "per_unit", unit_amount, currency }), quantity);
      expect(formatExact(charge.amount)).toBe(exact);
      expect(formatDecimal(roundMoney(charge.amount, currency))).toBe(rounded);
    });
  }
});
