import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Coupon } from "../../src/catalog/coupon.ts";
import { type CouponInUse, type Discountable, discountsOn } from "../../src/invoicing/discount.ts";
import { add, compare, decimal, formatDecimal, fromInteger, sub, ZERO } from "../../src/money/decimal.ts";

const line = (amount: string, productId: string | null = null, isNet = false): Discountable => ({
  amount: decimal(amount),
  productId,
  isNet,
});

let age = 0;
function inUse(more: Partial<Coupon>, used = 0, appliedAt = age++): CouponInUse {
  const coupon = {
    id: `coup_${appliedAt}`,
    percent: null,
    amount: null,
    currency: null,
    duration: "forever",
    periods: null,
    productIds: null,
    ...more,
  } as Coupon;
  return { coupon, used, appliedAt };
}
const percent = (text: string, more: Partial<Coupon> = {}) => ({ percent: decimal(text), ...more });
const off = (text: string, more: Partial<Coupon> = {}) => ({
  amount: decimal(text),
  currency: "USD",
  ...more,
});

const byLine = (lines: readonly Discountable[], coupons: readonly CouponInUse[], currency = "USD") =>
  discountsOn(lines, coupons, currency).byLine.map((amount) => formatDecimal(amount));

describe("a coupon", () => {
  test("of a percentage is rounded once and shared over its lines by largest remainder", () => {
    // 10 % of 0.99 = 0.099 → 0.10, over three lines of 0.33: 0.04 + 0.03 + 0.03
    expect(byLine([line("0.33"), line("0.33"), line("0.33")], [inUse(percent("10"))])).toEqual([
      "0.04",
      "0.03",
      "0.03",
    ]);
  });

  test("of an amount takes no more than there is", () => {
    expect(byLine([line("3"), line("1.5")], [inUse(off("20"))])).toEqual(["3", "1.5"]);
  });

  test("of a percentage goes before one of an amount, however young; equals go by age", () => {
    // 50 % of 10 = 5, then 2 off: 7 in all; the other way round it would be 2 + 4 = 6
    expect(byLine([line("10")], [inUse(off("2")), inUse(percent("50"))])).toEqual(["7"]);
    const [young, old] = [inUse(off("8"), 0, 9), inUse(off("5"), 0, 1)];
    const { byCoupon } = discountsOn([line("10")], [young, old], "USD");
    expect(byCoupon.map(({ coupon, amount }) => [coupon.id, formatDecimal(amount)])).toEqual([
      ["coup_1", "5"],
      ["coup_9", "5"],
    ]);
  });

  test("for a product leaves the lines of others alone", () => {
    const lines = [line("10", "api"), line("10", "storage"), line("10")];
    expect(byLine(lines, [inUse(percent("50", { productIds: ["api"] }))])).toEqual(["5", "0", "0"]);
  });

  test("takes nothing off what was discounted before", () => {
    expect(byLine([line("10", null, true), line("10")], [inUse(percent("50"))])).toEqual(["0", "5"]);
  });

  test("counts credit lines among what it is a part of, and gives those nothing", () => {
    // 50 % of 10 − 4
    expect(byLine([line("10"), line("-4")], [inUse(percent("50"))])).toEqual(["3", "0"]);
    expect(byLine([line("3"), line("-4")], [inUse(percent("50"))])).toEqual(["0", "0"]);
  });

  test.each([
    ["once", { duration: "once" as const }, [0], [1, 2]],
    ["repeating", { duration: "repeating" as const, periods: 3 }, [0, 1, 2], [3, 4]],
    ["forever", {}, [0, 1, 1000], []],
  ])("%s is used as often as it says", (_, more, taken, spent) => {
    const at = (used: number) => byLine([line("10")], [inUse(percent("10", more), used)])[0];
    expect(taken.map(at)).toEqual(taken.map(() => "1"));
    expect(spent.map(at)).toEqual(spent.map(() => "0"));
  });

  test("in another currency takes nothing; where there are no decimals it is whole", () => {
    expect(byLine([line("10")], [inUse(off("2", { currency: "EUR" }))])).toEqual(["0"]);
    expect(byLine([line("1005")], [inUse(percent("10"))], "JPY")).toEqual(["101"]);
    expect(byLine([line("0.005")], [inUse(percent("10"))], "KWD")).toEqual(["0.001"]);
  });
});

test("discounts add up over lines and coupons alike, and never exceed a line", () => {
  const product = fc.constantFrom("api", "storage", null);
  const lines = fc.array(fc.tuple(fc.integer({ min: 0, max: 100_000 }), product), {
    minLength: 1,
    maxLength: 6,
  });
  const products = fc.option(fc.constantFrom(["api"], ["storage"], ["api", "storage"]), { nil: null });
  const coupon = fc.oneof(
    fc.record({ percent: fc.integer({ min: 1, max: 10_000 }), productIds: products }),
    fc.record({ amount: fc.integer({ min: 1, max: 50_000 }), productIds: products }),
  );
  const cents = (n: number) => ({ c: fromInteger(n).c, s: 2 });
  fc.assert(
    fc.property(lines, fc.array(coupon, { maxLength: 5 }), (amounts, coupons) => {
      const drawn = amounts.map(([n, productId]) => ({ amount: decimal(`${n / 100}`), productId }));
      const used = coupons.map((one) =>
        "percent" in one
          ? inUse(percent(formatDecimal(cents(one.percent)), { productIds: one.productIds }))
          : inUse(off(formatDecimal(cents(one.amount)), { productIds: one.productIds })),
      );
      const { byLine: shares, byCoupon } = discountsOn(drawn, used, "USD");
      const total = shares.reduce((sum, share) => add(sum, share), ZERO);
      expect(
        compare(
          total,
          byCoupon.reduce((sum, { amount }) => add(sum, amount), ZERO),
        ),
      ).toBe(0);
      for (const [index, share] of shares.entries()) {
        expect(compare(share, ZERO)).toBeGreaterThanOrEqual(0);
        expect(compare(sub(drawn[index]?.amount ?? ZERO, share), ZERO)).toBeGreaterThanOrEqual(0);
      }
    }),
    { numRuns: 300 },
  );
});
