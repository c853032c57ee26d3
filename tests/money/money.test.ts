import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { abs, add, compare, decimal, formatDecimal, mul, sub, ZERO } from "../../src/money/decimal.ts";
import {
  allocate,
  formatMoney,
  prorate,
  type RoundingMode,
  roundMoney,
  roundTo,
} from "../../src/money/money.ts";
import { addRatio, compareExact, compareRatio, ratio, toRatio, ZERO_RATIO } from "../../src/money/ratio.ts";
import { isWellFormed, type Rational, samples } from "./rational.ts";

const modes: RoundingMode[] = ["half_up", "half_even", "up", "down"];

describe("roundTo", () => {
  const rows: [amount: string, places: number, halfUp: string, halfEven: string, up: string, down: string][] =
    [
      ["2.5", 0, "3", "2", "3", "2"],
      ["3.5", 0, "4", "4", "4", "3"],
      ["-2.5", 0, "-3", "-2", "-3", "-2"],
      ["-3.5", 0, "-4", "-4", "-4", "-3"],
      ["0.005", 2, "0.01", "0", "0.01", "0"],
      ["0.015", 2, "0.02", "0.02", "0.02", "0.01"],
      ["-0.005", 2, "-0.01", "0", "-0.01", "0"],
      ["1.0049999", 2, "1", "1", "1.01", "1"],
      ["1.0050001", 2, "1.01", "1.01", "1.01", "1"],
      ["-1.0050001", 2, "-1.01", "-1.01", "-1.01", "-1"],
      ["0.000000000001", 2, "0", "0", "0.01", "0"],
      ["12.30", 2, "12.3", "12.3", "12.3", "12.3"],
      ["12", 2, "12", "12", "12", "12"],
      [
        "9007199254740993.5",
        0,
        "9007199254740994",
        "9007199254740994",
        "9007199254740994",
        "9007199254740993",
      ],
    ];
  test.each(rows)("%s at %d places", (amount, places, halfUp, halfEven, up, down) => {
    expect(modes.map((mode) => formatDecimal(roundTo(decimal(amount), places, mode)))).toEqual([
      halfUp,
      halfEven,
      up,
      down,
    ]);
    expect(formatDecimal(roundTo(decimal(amount), places))).toBe(halfUp);
  });

  test("is the nearest step in every mode, for decimals and quotients alike", () => {
    const divisors = fc.bigInt(1n, 10n ** 12n);
    fc.assert(
      fc.property(samples, divisors, fc.integer({ min: 0, max: 6 }), (x, divisor, places) => {
        const decimals = decimal(x.text);
        const exact = ratio(decimals, { c: divisor, s: 0 });
        for (const mode of modes) {
          expect(compare(roundTo(toRatio(decimals), places, mode), roundTo(decimals, places, mode))).toBe(0);
          const rounded = roundTo(exact, places, mode);
          expect(isWellFormed(rounded)).toBe(true);
          const wanted = naiveRound({ n: exact.num, d: exact.den }, places, mode);
          expect(compare(rounded, { c: wanted, s: places })).toBe(0);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

test.each([
  ["25", "USD", "25.00"],
  ["25.005", "USD", "25.01"],
  ["-25.005", "USD", "-25.01"],
  ["25.5", "JPY", "26"],
  ["-25.5", "JPY", "-26"],
  ["25.4999", "JPY", "25"],
  ["1.0005", "KWD", "1.001"],
  ["1.2", "KWD", "1.200"],
  ["1.00005", "CLF", "1.0001"],
])("%s %s on an invoice is %s", (amount, currency, wanted) => {
  expect(formatMoney(roundMoney(decimal(amount), currency), currency)).toBe(wanted);
});

test("money in an unknown currency, or not rounded, is a bug", () => {
  expect(() => roundMoney(decimal("1"), "XYZ")).toThrow();
  expect(() => formatMoney(decimal("1.005"), "USD")).toThrow();
});

describe("prorate", () => {
  const day = 86_400_000;
  test.each([
    ["30", 10 * day, 30 * day, "10.00"],
    ["100", 17 * day, 28 * day, "60.71"],
    ["100", 0, 28 * day, "0.00"],
    ["100", 28 * day, 28 * day, "100.00"],
    ["-31", day, 31 * day, "-1.00"],
    ["0.01", 1, 3, "0.00"],
  ])("%s for %d of %d is %s", (amount, part, whole, wanted) => {
    expect(formatMoney(roundMoney(prorate(decimal(amount), part, whole), "USD"), "USD")).toBe(wanted);
  });

  test("the parts of any cut add up to the whole, before rounding", () => {
    const cuts = fc.array(fc.nat({ max: 10 ** 10 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(samples, cuts, (x, parts) => {
        const amount = decimal(x.text);
        const whole = parts.reduce((sum, part) => sum + part, 0);
        fc.pre(whole > 0);
        const sum = parts.map((part) => prorate(amount, part, whole)).reduce(addRatio, ZERO_RATIO);
        expect(compareRatio(sum, toRatio(amount))).toBe(0);
      }),
    );
  });

  test.each([
    [-1, 10],
    [11, 10],
    [0, 0],
    [0.5, 1],
  ])("%d of %d is a bug", (part, whole) => {
    expect(() => prorate(decimal("1"), part, whole)).toThrow();
  });
});

describe("allocate", () => {
  const shared = (total: string, weights: string[], places: number): string[] =>
    allocate(decimal(total), weights.map(decimal), places).map(formatDecimal);

  test.each([
    ["10", ["1", "1", "1"], 2, ["3.34", "3.33", "3.33"]],
    ["-10", ["1", "1", "1"], 2, ["-3.34", "-3.33", "-3.33"]],
    ["0.05", ["0.3", "0.7"], 2, ["0.02", "0.03"]], // 1.5 and 3.5 cents: equal remainders, the earlier one wins
    ["100", ["1", "2", "4"], 0, ["14", "29", "57"]],
    ["0.01", ["1", "1"], 2, ["0.01", "0"]],
    ["5", ["0", "3", "0"], 2, ["0", "5", "0"]],
    ["1", ["1"], 3, ["1"]],
    ["0", ["0", "0"], 2, ["0", "0"]],
    ["0", [], 2, []],
    ["7", ["0.5", "0.25", "0.25"], 0, ["3", "2", "2"]],
  ] as [string, string[], number, string[]][])(
    "%s over %j at %d places",
    (total, weights, places, wanted) => {
      expect(shared(total, weights, places)).toEqual(wanted);
    },
  );

  test("refuses what it could not share exactly", () => {
    expect(() => shared("0.001", ["1"], 2)).toThrow();
    expect(() => shared("1", [], 2)).toThrow();
    expect(() => shared("1", ["0", "0"], 2)).toThrow();
    expect(() => shared("1", ["2", "-1"], 2)).toThrow();
  });

  test("shares add up, each within one step of its exact share, and zero weights get nothing", () => {
    const weights = fc.array(
      fc.oneof(
        fc.constant("0"),
        samples.map((x) => x.text),
      ),
      { minLength: 1, maxLength: 9 },
    );
    fc.assert(
      fc.property(
        fc.bigInt(-(10n ** 20n), 10n ** 20n),
        fc.integer({ min: 0, max: 4 }),
        weights,
        (n, places, texts) => {
          const total = decimal(`${n}e-${places}`);
          const parts = texts.map((text) => abs(decimal(text)));
          const whole = parts.reduce(add, ZERO);
          fc.pre(compare(whole, ZERO) > 0);
          const shares = allocate(total, parts, places);
          expect(compare(shares.reduce(add, ZERO), total)).toBe(0);
          const step = decimal(`1e-${places}`);
          shares.forEach((share, index) => {
            const part = parts[index] ?? ZERO;
            const exact = ratio(mul(total, part), whole);
            expect(isWellFormed(share)).toBe(true);
            expect(compareExact(exact, add(share, step))).toBe(-1);
            expect(compareExact(exact, sub(share, step))).toBe(1);
            if (compare(part, ZERO) === 0) expect(compare(share, ZERO)).toBe(0);
          });
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** Rounding by search: of the steps below and above, the one the mode asks for. */
function naiveRound(x: Rational, places: number, mode: RoundingMode): bigint {
  const n = x.n * 10n ** BigInt(places);
  let below = n / x.d;
  if (below * x.d > n) below -= 1n;
  if (below * x.d === n) return below;
  const above = below + 1n;
  const [nearZero, farZero] = n < 0n ? [above, below] : [below, above];
  if (mode === "down") return nearZero;
  if (mode === "up") return farZero;
  const toBelow = n - below * x.d;
  const toAbove = above * x.d - n;
  if (toBelow !== toAbove) return toBelow < toAbove ? below : above;
  if (mode === "half_up") return farZero;
  return below % 2n === 0n ? below : above;
}
