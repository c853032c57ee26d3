import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { add, compare, type Decimal, decimal, formatDecimal, sub, ZERO } from "../../src/money/decimal.ts";
import type { Price } from "../../src/pricing/price.ts";
import { rate } from "../../src/pricing/rate.ts";
import { written } from "../oracle/random.ts";
import { priceOf } from "./prices.ts";

/** Decimals not below zero, of up to 12 decimals and all sizes. */
const amounts = fc
  .tuple(fc.oneof(fc.bigInt(0n, 1000n), fc.bigInt(0n, 10n ** 18n)), fc.integer({ min: 0, max: 12 }))
  .map(([c, s]) => written(c, s));
const quantities = amounts.map(decimal);
const positive = fc.bigInt(1n, 10n ** 9n).map((c) => written(c, 3));

const tierLists = fc
  .tuple(
    fc.uniqueArray(fc.bigInt(1n, 10n ** 6n), { maxLength: 5 }),
    fc.array(fc.tuple(amounts, fc.option(amounts, { nil: undefined })), { minLength: 6, maxLength: 6 }),
  )
  .map(([bounds, rates]) => {
    const ends = [...bounds.sort((a, b) => (a < b ? -1 : 1)).map((bound) => written(bound, 2)), null];
    return ends.map((up_to, index) => {
      const [unit_amount, flat_amount] = rates[index] ?? ["0", undefined];
      return { up_to, unit_amount, ...(flat_amount === undefined ? {} : { flat_amount }) };
    });
  });
const graduated = tierLists.map((tiers) => priceOf({ model: "graduated", tiers }));
const volume = tierLists.map((tiers) => priceOf({ model: "volume", tiers }));
const perUnit = amounts.map((unit_amount) => priceOf({ model: "per_unit", unit_amount }));
const packages = fc
  .tuple(positive, amounts)
  .map(([package_size, package_amount]) => priceOf({ model: "package", package_size, package_amount }));
const prices: fc.Arbitrary<Price> = fc.oneof(graduated, volume, perUnit, packages);

const same = (a: Decimal, b: Decimal) => expect(formatDecimal(a)).toBe(formatDecimal(b));
const sum = (list: readonly Decimal[]) => list.reduce(add, ZERO);

describe("laws of rating", () => {
  test("tier quantities add up to the quantity, tier amounts to the amount", () => {
    fc.assert(
      fc.property(fc.oneof(graduated, volume), quantities, (price, quantity) => {
        const charge = rate(price, quantity);
        same(sum(charge.tiers.map((tier) => tier.quantity)), quantity);
        same(sum(charge.tiers.map((tier) => tier.amount)), charge.amount);
      }),
    );
  });

  test("no tier takes more than it holds, and all but the last are full", () => {
    fc.assert(
      fc.property(graduated, quantities, (price, quantity) => {
        let from = ZERO;
        const { tiers } = rate(price, quantity);
        for (const [index, tier] of tiers.entries()) {
          const room = tier.upTo === null ? null : sub(tier.upTo, from);
          if (index < tiers.length - 1) same(tier.quantity, room ?? ZERO);
          else expect(room === null || compare(tier.quantity, room) <= 0).toBe(true);
          from = tier.upTo ?? from;
        }
      }),
    );
  });

  test("usage in any parts and order is charged as the whole", () => {
    fc.assert(
      fc.property(prices, fc.array(quantities, { maxLength: 8 }), (price, parts) => {
        let quantity = ZERO;
        let charged = ZERO;
        for (const part of parts) {
          const after = add(quantity, part);
          charged = add(charged, sub(rate(price, after).amount, rate(price, quantity).amount));
          quantity = after;
        }
        same(charged, rate(price, sum(parts.toReversed())).amount);
      }),
    );
  });

  test("what is taken back is credited to the last digit", () => {
    fc.assert(
      fc.property(prices, quantities, quantities, (price, quantity, more) => {
        const up = sub(rate(price, add(quantity, more)).amount, rate(price, quantity).amount);
        const down = sub(rate(price, quantity).amount, rate(price, add(quantity, more)).amount);
        same(add(up, down), ZERO);
      }),
    );
  });

  test("more usage never costs less, but under volume prices", () => {
    fc.assert(
      fc.property(fc.oneof(graduated, perUnit, packages), quantities, quantities, (price, quantity, more) => {
        expect(compare(rate(price, add(quantity, more)).amount, rate(price, quantity).amount)).not.toBe(-1);
      }),
    );
  });

  test("one open tier is a price per unit", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("graduated", "volume"),
        amounts,
        quantities,
        (model, unit_amount, quantity) => {
          const tiered = priceOf({ model, tiers: [{ up_to: null, unit_amount }] });
          same(
            rate(tiered, quantity).amount,
            rate(priceOf({ model: "per_unit", unit_amount }), quantity).amount,
          );
        },
      ),
    );
  });

  test("a package of one is a price per unit for whole quantities", () => {
    fc.assert(
      fc.property(amounts, fc.bigInt(0n, 10n ** 18n), (unit, whole) => {
        const packaged = priceOf({ model: "package", package_size: "1", package_amount: unit });
        const quantity = decimal(String(whole));
        same(
          rate(packaged, quantity).amount,
          rate(priceOf({ model: "per_unit", unit_amount: unit }), quantity).amount,
        );
      }),
    );
  });

  test("a quantity below zero costs what zero does", () => {
    fc.assert(
      fc.property(prices, quantities, (price, quantity) => {
        same(rate(price, sub(ZERO, quantity)).amount, rate(price, ZERO).amount);
      }),
    );
  });
});
