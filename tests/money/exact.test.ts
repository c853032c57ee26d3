import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Decimal, decimal, fromInteger } from "../../src/money/decimal.ts";
import {
  addExact,
  compareExact,
  divideExact,
  type Exact,
  formatExact,
  isRatio,
  mulExact,
  ratio,
  signExact,
} from "../../src/money/ratio.ts";

const third = ratio(decimal("1"), decimal("3"));

describe("mulExact and divideExact", () => {
  const rows: [a: Exact, by: string, product: string, quotient: string][] = [
    [decimal("2.5"), "4", "10", "0.625"],
    [third, "0.3", "0.1", "1.111111111111"],
    [third, "-3", "-1", "-0.111111111111"],
    [decimal("0"), "7", "0", "0"],
    [decimal("1000000000000000"), "0.000000000001", "1000", "1000000000000000000000000000"],
  ];
  for (const [a, by, product, quotient] of rows) {
    test(`${formatExact(a)} × and / ${by}`, () => {
      expect(formatExact(mulExact(a, decimal(by)))).toBe(product);
      expect(formatExact(divideExact(a, decimal(by)))).toBe(quotient);
    });
  }

  test("a product of decimals stays a decimal", () => {
    expect(isRatio(mulExact(decimal("0.1"), decimal("0.2")))).toBe(false);
  });

  const decimals: fc.Arbitrary<Decimal> = fc
    .tuple(fc.bigInt(-(10n ** 20n), 10n ** 20n), fc.integer({ min: 0, max: 12 }))
    .map(([c, s]) => ({ ...fromInteger(c), s }));
  const divisors = decimals.filter((value) => signExact(value) !== 0);
  const exacts: fc.Arbitrary<Exact> = fc.oneof(
    decimals,
    fc.tuple(decimals, divisors).map(([a, b]) => ratio(a, b)),
  );

  test("undo each other, and multiply out of a sum", () => {
    fc.assert(
      fc.property(exacts, exacts, divisors, (a, b, by) => {
        expect(compareExact(mulExact(divideExact(a, by), by), a)).toBe(0);
        const together = mulExact(addExact(a, b), by);
        expect(compareExact(together, addExact(mulExact(a, by), mulExact(b, by)))).toBe(0);
      }),
    );
  });

  test("signExact is where a value stands to zero", () => {
    fc.assert(fc.property(exacts, (a) => expect(signExact(a)).toBe(compareExact(a, decimal("0")))));
  });
});
