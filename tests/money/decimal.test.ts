import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  abs,
  add,
  compare,
  type Decimal,
  decimal,
  divideUp,
  formatDecimal,
  formatFixed,
  fromInteger,
  isZero,
  max,
  min,
  mul,
  neg,
  ONE,
  parseDecimal,
  scaleOf,
  sign,
  sub,
  ZERO,
} from "../../src/money/decimal.ts";
import {
  fractionOf,
  isWellFormed,
  minus,
  order,
  plus,
  type Sample,
  same,
  samples,
  times,
} from "./rational.ts";

const biggest = "9007199254740991"; // 2^53 - 1

describe("parseDecimal reads", () => {
  const rows: [text: string, c: number | bigint, s: number, plain: string][] = [
    ["25", 25, 0, "25"],
    ["25.00", 25, 0, "25"],
    ["25.50", 255, 1, "25.5"],
    ["-1.5", -15, 1, "-1.5"],
    ["+1.5", 15, 1, "1.5"],
    ["-0", 0, 0, "0"],
    ["-0.00", 0, 0, "0"],
    ["007.10", 71, 1, "7.1"],
    ["0.0000004", 4, 7, "0.0000004"],
    ["4e-7", 4, 7, "0.0000004"],
    ["1.5E+3", 1500, 0, "1500"],
    ["1.25e1", 125, 1, "12.5"],
    ["-1e0002", -100, 0, "-100"],
    ["0e-60", 0, 0, "0"],
    [biggest, 9007199254740991, 0, biggest],
    ["9007199254740992", 9007199254740992n, 0, "9007199254740992"],
    ["-9007199254740993", -9007199254740993n, 0, "-9007199254740993"],
    ["0.9007199254740993", 9007199254740993n, 16, "0.9007199254740993"],
    [
      "123456789012345678901234567890.5",
      1234567890123456789012345678905n,
      1,
      "123456789012345678901234567890.5",
    ],
    [`1.${"0".repeat(58)}1`, 10n ** 59n + 1n, 59, `1.${"0".repeat(58)}1`],
    ["1e60", 10n ** 60n, 0, `1${"0".repeat(60)}`],
    ["1e-60", 1, 60, `0.${"0".repeat(59)}1`],
  ];
  test.each(rows)("%s", (text, c, s, plain) => {
    expect(parseDecimal(text)).toEqual({ c, s });
    expect(formatDecimal(decimal(text))).toBe(plain);
  });
});

test.each([
  "",
  "-",
  "+",
  ".",
  ".5",
  "5.",
  "-.5",
  "1..2",
  "1.2.3",
  "--1",
  "+-1",
  " 1",
  "1 ",
  "1_000",
  "1,000",
  "0x10",
  "NaN",
  "Infinity",
  "1e",
  "1e+",
  "e5",
  "1e1.5",
  "١٢",
  "1\n",
  "12345678901234567\n",
  "1e61",
  "1e-61",
  `1${"0".repeat(60)}`,
  `0.${"1".repeat(60)}`,
])("parseDecimal refuses %j", (text) => {
  expect(parseDecimal(text)).toBeNull();
  expect(() => decimal(text)).toThrow();
});

test("formatFixed pads and never cuts", () => {
  expect(formatFixed(decimal("25"), 2)).toBe("25.00");
  expect(formatFixed(decimal("25.5"), 2)).toBe("25.50");
  expect(formatFixed(decimal("-0.5"), 3)).toBe("-0.500");
  expect(formatFixed(decimal("25"), 0)).toBe("25");
  expect(formatFixed({ c: 2500, s: 4 }, 2)).toBe("0.25");
  expect(() => formatFixed(decimal("0.25"), 1)).toThrow();
});

test("a coefficient that is not normalised reads as its value", () => {
  const twoAndAHalf: Decimal = { c: 2500, s: 3 };
  expect(formatDecimal(twoAndAHalf)).toBe("2.5");
  expect(scaleOf(twoAndAHalf)).toBe(1);
  expect(scaleOf({ c: 3000, s: 3 })).toBe(0);
  expect(compare(twoAndAHalf, decimal("2.5"))).toBe(0);
  expect(isZero(mul(ZERO, decimal("-0.001")))).toBe(true);
});

test("sums and products promote where they must, and come back where they can", () => {
  const top = decimal(biggest);
  const beyond = add(top, ONE);
  expect(beyond.c).toBe(9007199254740992n);
  expect(sub(beyond, ONE).c).toBe(9007199254740991);
  expect(mul(decimal("94906267"), decimal("94906267")).c).toBe(9007199515875289n);
  expect(mul(decimal("0.000000000003"), decimal("123456789012345")).c).toBe(370370367037035);
  expect(formatDecimal(add(top, decimal("0.000000000001")))).toBe("9007199254740991.000000000001");
});

test("fromInteger takes whole numbers of any size and refuses what is not exact", () => {
  expect(fromInteger(-0)).toEqual({ c: 0, s: 0 });
  expect(fromInteger(42n).c).toBe(42);
  expect(fromInteger(10n ** 20n).c).toBe(10n ** 20n);
  expect(() => fromInteger(0.5)).toThrow();
  expect(() => fromInteger(2 ** 53)).toThrow();
});

test.each([
  ["0", "10", "0"],
  ["1", "10", "1"],
  ["10", "10", "1"],
  ["10.000000000001", "10", "2"],
  ["-7", "5", "-1"],
  ["-10", "5", "-2"],
  ["0.3", "0.1", "3"],
  ["9007199254740993", "2", "4503599627370497"],
  ["1e30", "0.000000000001", "1000000000000000000000000000000000000000000"],
])("divideUp(%s, %s) = %s", (a, b, wanted) => {
  const packages = divideUp(decimal(a), decimal(b));
  expect(formatDecimal(packages)).toBe(wanted);
  expect(isWellFormed(packages)).toBe(true);
});

test("divideUp refuses a divisor that is not above zero", () => {
  expect(() => divideUp(ONE, ZERO)).toThrow();
  expect(() => divideUp(ONE, decimal("-1"))).toThrow();
});

describe("laws", () => {
  const read = (sample: Sample): Decimal => decimal(sample.text);

  test("a decimal is the fraction its text says, and parse undoes format", () => {
    fc.assert(
      fc.property(samples, (x) => {
        const a = read(x);
        expect(isWellFormed(a)).toBe(true);
        expect(same(fractionOf(a), x.value)).toBe(true);
        const text = formatDecimal(a);
        expect(text).toMatch(/^(-?[1-9]\d*|-?0\.\d*[1-9]|0|-?[1-9]\d*\.\d*[1-9])$/);
        expect(compare(decimal(text), a)).toBe(0);
        expect(formatDecimal(decimal(text))).toBe(text);
        expect(scaleOf(a)).toBe(text.split(".")[1]?.length ?? 0);
      }),
      { numRuns: 2000 },
    );
  });

  test("+ − × and the order are those of the fractions", () => {
    fc.assert(
      fc.property(samples, samples, (x, y) => {
        const [a, b] = [read(x), read(y)];
        const results: [Decimal, ReturnType<typeof fractionOf>][] = [
          [add(a, b), plus(x.value, y.value)],
          [sub(a, b), minus(x.value, y.value)],
          [mul(a, b), times(x.value, y.value)],
          [neg(a), times(x.value, { n: -1n, d: 1n })],
        ];
        for (const [result, wanted] of results) {
          expect(isWellFormed(result)).toBe(true);
          expect(same(fractionOf(result), wanted)).toBe(true);
        }
        expect(compare(a, b)).toBe(order(x.value, y.value) as -1 | 0 | 1);
        expect(sign(a)).toBe(compare(a, ZERO));
        expect(isZero(a)).toBe(sign(a) === 0);
      }),
      { numRuns: 5000 },
    );
  });

  test("a long sum is exact in any order", () => {
    fc.assert(
      fc.property(fc.array(samples, { maxLength: 30 }), (list) => {
        const total = list.map(read).reduce(add, ZERO);
        expect(same(fractionOf(total), list.map((x) => x.value).reduce(plus, { n: 0n, d: 1n }))).toBe(true);
        expect(compare(list.map(read).reverse().reduce(add, ZERO), total)).toBe(0);
      }),
    );
  });

  test("min, max and abs pick by value", () => {
    fc.assert(
      fc.property(samples, samples, (x, y) => {
        const [a, b] = [read(x), read(y)];
        expect(compare(min(a, b), max(a, b))).toBeLessThanOrEqual(0);
        expect(compare(add(min(a, b), max(a, b)), add(a, b))).toBe(0);
        expect(compare(abs(a), max(a, neg(a)))).toBe(0);
      }),
    );
  });

  test("divideUp is the smallest whole number that covers", () => {
    fc.assert(
      fc.property(samples, samples, (x, y) => {
        const [a, b] = [read(x), abs(read(y))];
        fc.pre(!isZero(b));
        const packages = divideUp(a, b);
        expect(isWellFormed(packages)).toBe(true);
        expect(scaleOf(packages)).toBe(0);
        expect(compare(mul(packages, b), a)).toBeGreaterThanOrEqual(0);
        expect(compare(mul(sub(packages, ONE), b), a)).toBe(-1);
      }),
      { numRuns: 2000 },
    );
  });
});
