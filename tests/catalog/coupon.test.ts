import { describe, expect, test } from "bun:test";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import fc from "fast-check";
import "../../shards/http/validate.ts"; // knows what a date-time is
import { CouponInput, checkCoupon, couponOf } from "../../src/catalog/coupon.ts";
import { decimal } from "../../src/money/decimal.ts";

const schema = TypeCompiler.Compile(CouponInput);
const percent: CouponInput = { key: "launch", name: "Launch", percent: 20, duration: "once" };
const fixed: CouponInput = {
  key: "five",
  name: "Five off",
  amount: "5.00",
  currency: "USD",
  duration: "forever",
};

describe("the schema", () => {
  const rows: [input: unknown, fits: boolean][] = [
    [percent, true],
    [fixed, true],
    [{ ...percent, product_ids: ["api"], max_redemptions: 1, expires_at: "2026-07-01T00:00:00Z" }, true],
    [{ ...percent, percent: 0 }, false],
    [{ ...percent, percent: "0.0000000000001" }, false],
    [{ ...fixed, amount: 0 }, false],
    [{ ...percent, duration: "always" }, false],
    [{ ...percent, duration: undefined }, false],
    [{ ...percent, duration: "repeating", periods: 0 }, false],
    [{ ...percent, duration: "repeating", periods: 1.5 }, false],
    [{ ...percent, max_redemptions: 0 }, false],
    [{ ...percent, product_ids: [] }, false],
    [{ ...percent, expires_at: "July" }, false],
    [{ ...percent, code: "X" }, false],
    [{ ...percent, key: undefined }, false],
  ];
  for (const [input, fits] of rows) {
    test(`${fits ? "takes" : "refuses"} ${JSON.stringify(input)}`, () => {
      expect(schema.Check(JSON.parse(JSON.stringify(input)))).toBe(fits);
    });
  }
});

describe("checkCoupon", () => {
  const rows: [input: CouponInput, message: string][] = [
    [{ ...percent, percent: "100.000000000001" }, "field 'c.percent' must be at most 100"],
    [{ ...percent, amount: 5 }, "field 'c.amount' must be left out beside 'percent'"],
    [{ ...percent, currency: "USD" }, "field 'c.currency' must be left out beside 'percent'"],
    [{ key: "none", name: "None", duration: "once" }, "field 'c.percent' or 'amount' is required"],
    [
      { key: "none", name: "None", currency: "USD", duration: "once" },
      "field 'c.percent' or 'amount' is required",
    ],
    [
      { key: "none", name: "None", amount: 5, duration: "once" },
      "field 'c.currency' is required with 'amount'",
    ],
    [{ ...fixed, currency: "XXZ" }, "field 'c.currency' is no active ISO 4217 currency"],
    [{ ...fixed, amount: "0.001" }, "field 'c.amount' must not have more decimals than USD, 2"],
    [
      { ...fixed, amount: "0.5", currency: "JPY" },
      "field 'c.amount' must not have more decimals than JPY, 0",
    ],
    [{ ...percent, duration: "repeating" }, "field 'c.periods' is required for 'repeating'"],
    [{ ...percent, periods: 2 }, "field 'c.periods' must be left out for 'once'"],
    [{ ...fixed, periods: 2 }, "field 'c.periods' must be left out for 'forever'"],
    [{ ...percent, expires_at: "July" }, "field 'c.expires_at' must be an RFC 3339 date-time"],
    [{ ...percent, key: "coup_00000000000000000000000000" }, "field 'c.key' must not have the form of an id"],
  ];
  for (const [input, message] of rows) {
    test(`refuses: ${message}`, () => {
      expect(() => checkCoupon(input, "c.")).toThrow(
        expect.objectContaining({ code: "VAL_001", message: `Validation error: ${message}` }),
      );
    });
  }

  test("takes the last of what it may: all of a price, a thousandth of a dinar, whole yen written with zeros", () => {
    expect(checkCoupon({ ...percent, percent: "100.0" }, "").percent).toBe("100");
    expect(checkCoupon({ ...fixed, amount: "0.001", currency: "KWD" }, "").amount).toBe("0.001");
    expect(checkCoupon({ ...fixed, amount: "500.00", currency: "JPY" }, "").amount).toBe("500");
  });
});

describe("couponOf", () => {
  test("reads a percentage for some products, some times, for a while", () => {
    const stored = checkCoupon(
      {
        ...percent,
        percent: "12.50",
        duration: "repeating",
        periods: 3,
        product_ids: ["prod_1"],
        max_redemptions: 500,
        expires_at: "2026-07-01T02:00:00+02:00",
      },
      "",
    );
    expect(stored).toMatchObject({ percent: "12.5", expires_at: "2026-07-01T00:00:00Z" });
    expect(couponOf("coup_1", 2, stored)).toEqual({
      id: "coup_1",
      version: 2,
      key: "launch",
      name: "Launch",
      percent: decimal("12.5"),
      amount: null,
      currency: null,
      duration: "repeating",
      periods: 3,
      productIds: ["prod_1"],
      maxRedemptions: 500,
      expiresAt: Date.UTC(2026, 6, 1),
    });
  });

  test("reads an amount that is for everything and for ever", () => {
    expect(couponOf("coup_2", 1, checkCoupon(fixed, ""))).toEqual({
      id: "coup_2",
      version: 1,
      key: "five",
      name: "Five off",
      percent: null,
      amount: decimal("5"),
      currency: "USD",
      duration: "forever",
      periods: null,
      productIds: null,
      maxRedemptions: null,
      expiresAt: null,
    });
  });

  test("says the same of a coupon that was stored, read and stored again", () => {
    const duration = fc.oneof(
      fc.record({ duration: fc.constantFrom("once" as const, "forever" as const) }),
      fc.record({ duration: fc.constant("repeating" as const), periods: fc.integer({ min: 1, max: 1200 }) }),
    );
    const discount = fc.oneof(
      fc.integer({ min: 1, max: 10_000 }).map((n) => ({ percent: (n / 100).toFixed(2) })),
      fc.integer({ min: 1, max: 10_000 }).map((n) => ({
        amount: `${Math.floor(n / 100)}.${String(n % 100).padStart(2, "0")}`,
        currency: "EUR",
      })),
    );
    fc.assert(
      fc.property(duration, discount, (lasting, off) => {
        const input: CouponInput = { key: "k", name: "n", ...lasting, ...off };
        expect(schema.Check(input)).toBe(true);
        const stored = checkCoupon(input, "");
        const again = JSON.parse(JSON.stringify(checkCoupon(stored, "")));
        expect(couponOf("coup_1", 1, again)).toEqual(couponOf("coup_1", 1, stored));
        const { percent, amount, periods } = couponOf("coup_1", 1, stored);
        expect([percent === null, periods === null]).toEqual([
          amount !== null,
          lasting.duration !== "repeating",
        ]);
      }),
    );
  });
});
