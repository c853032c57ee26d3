import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { compare, decimal, formatDecimal, isZero, ZERO } from "../../src/money/decimal.ts";
import {
  addExact,
  addRatio,
  compareExact,
  compareRatio,
  formatExact,
  isRatio,
  isZeroRatio,
  mulRatio,
  type Ratio,
  ratio,
  ratioToDecimal,
  subRatio,
  toRatio,
  ZERO_RATIO,
} from "../../src/money/ratio.ts";
import { minus, order, plus, type Rational, same, samples, times } from "./rational.ts";

const of = (a: string, b = "1"): Ratio => ratio(decimal(a), decimal(b));
const fraction = (r: Ratio): Rational => ({ n: r.num, d: r.den });

test.each([
  ["1", "3", 1n, 3n],
  ["10", "-4", -5n, 2n],
  ["0", "-7", 0n, 1n],
  ["0.1", "0.25", 2n, 5n],
  ["2.50", "1", 5n, 2n],
])("ratio(%s, %s) is reduced, its denominator above zero", (a, b, num, den) => {
  expect(of(a, b)).toEqual({ num, den });
});

test("a quotient by zero is a bug", () => {
  expect(() => of("1", "0")).toThrow();
});

test.each([
  ["1", "3", 2, "half_up", "0.33"],
  ["2", "3", 2, "half_up", "0.67"],
  ["-2", "3", 2, "half_up", "-0.67"],
  ["1", "8", 2, "half_up", "0.13"],
  ["1", "8", 2, "half_even", "0.12"],
  ["3", "8", 2, "half_even", "0.38"],
  ["-1", "8", 2, "half_up", "-0.13"],
  ["1", "3", 0, "up", "1"],
  ["-1", "3", 0, "up", "-1"],
  ["-2", "3", 0, "down", "0"],
  ["6", "3", 0, "up", "2"],
] as const)("%s / %s at %d places, %s, is %s", (a, b, places, mode, wanted) => {
  expect(formatDecimal(ratioToDecimal(of(a, b), places, mode))).toBe(wanted);
});

test.each([
  ["1", "8", "0.125"],
  ["-7", "1", "-7"],
  ["1", "3", "0.333333333333"],
  ["-2", "3", "-0.666666666667"],
  ["1", "1099511627776", "0.0000000000009094947017729282379150390625"], // 2^-40 ends, so all of it is shown
])("the quotient %s / %s is shown as %s", (a, b, wanted) => {
  expect(formatExact(of(a, b))).toBe(wanted);
});

test("formatExact shows a decimal, and a quotient that nobody reduced, like any other", () => {
  expect(formatExact(decimal("25.00"))).toBe("25");
  expect(formatExact({ num: 50n, den: 100n })).toBe("0.5");
});

test("addExact stays a decimal while both are", () => {
  expect(isRatio(addExact(decimal("0.1"), decimal("0.2")))).toBe(false);
  expect(isRatio(addExact(decimal("0.1"), of("1", "3")))).toBe(true);
  expect(compareExact(addExact(of("1", "3"), of("2", "3")), decimal("1"))).toBe(0);
  expect(isZeroRatio(ZERO_RATIO)).toBe(true);
});

describe("laws", () => {
  const quotients = fc
    .tuple(samples, samples)
    .filter(([, y]) => y.value.n !== 0n)
    .map(([x, y]) => ({
      r: of(x.text, y.text),
      value: times(x.value, { n: y.value.d, d: y.value.n }),
    }));

  test("arithmetic and order are those of the fractions, always reduced", () => {
    fc.assert(
      fc.property(quotients, quotients, (x, y) => {
        const results: [Ratio, Rational][] = [
          [x.r, x.value],
          [addRatio(x.r, y.r), plus(x.value, y.value)],
          [subRatio(x.r, y.r), minus(x.value, y.value)],
          [mulRatio(x.r, y.r), times(x.value, y.value)],
        ];
        for (const [result, wanted] of results) {
          expect(same(fraction(result), wanted)).toBe(true);
          expect(result.den > 0n).toBe(true);
          expect(gcd(result.num, result.den)).toBe(1n);
        }
        expect(compareRatio(x.r, y.r)).toBe(order(fraction(x.r), fraction(y.r)) as -1 | 0 | 1);
      }),
    );
  });

  test("mixed sums and comparisons do not care which of the two a value is", () => {
    fc.assert(
      fc.property(samples, quotients, (x, y) => {
        const a = decimal(x.text);
        expect(compareExact(addExact(a, y.r), addRatio(toRatio(a), y.r))).toBe(0);
        expect(compareExact(a, y.r)).toBe(compareRatio(toRatio(a), y.r));
        expect(compareExact(a, toRatio(a))).toBe(0);
      }),
    );
  });

  test("a decimal comes back from a quotient as it was", () => {
    fc.assert(
      fc.property(samples, (x) => {
        const a = decimal(x.text);
        expect(compare(ratioToDecimal(toRatio(a), a.s, "half_up"), a)).toBe(0);
        expect(formatExact(toRatio(a))).toBe(formatDecimal(a));
        expect(isZeroRatio(toRatio(a))).toBe(isZero(a));
        expect(compareExact(a, ZERO)).toBe(compare(a, ZERO));
      }),
    );
  });
});

function gcd(a: bigint, b: bigint): bigint {
  if (b === 0n) return a < 0n ? -a : a;
  return gcd(b, a % b);
}
