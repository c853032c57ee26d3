import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Decimal, decimal, ONE, ZERO } from "../../src/money/decimal.ts";
import { addExact, compareExact, type Exact, formatExact, ratio, subExact } from "../../src/money/ratio.ts";
import type { Price } from "../../src/pricing/price.ts";
import { charged, priceOf } from "./prices.ts";

/** c × 10^-s as plain text. */
function written(c: bigint, s: number): string {
  const digits = String(c).padStart(s + 1, "0");
  return s === 0 ? digits : `${digits.slice(0, -s)}.${digits.slice(-s)}`;
}

/** Decimals not below zero, of up to 12 decimals and all sizes. */
const amounts = fc
  .tuple(fc.oneof(fc.bigInt(0n, 1000n), fc.bigInt(0n, 10n ** 18n)), fc.integer({ min: 0, max: 12 }))
  .map(([c, s]) => written(c, s));
const decimals = amounts.map(decimal);
/** Decimals, and quotients such as averages are. */
const quantities: fc.Arbitrary<Exact> = fc.oneof(
  { weight: 3, arbitrary: decimals },
  fc.tuple(decimals, fc.constantFrom("3", "7", "0.9")).map(([value, by]) => ratio(value, decimal(by))),
);
const positive = fc.bigInt(1n, 10n ** 9n).map((c) => written(c, 3));

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
/** Tiers with up to five bounds, the rates of each drawn by `rates`. */
const tiersOf = <T extends object>(rates: fc.Arbitrary<T>) =>
  fc
    .tuple(
      fc.uniqueArray(fc.bigInt(1n, 10n ** 6n), { maxLength: 5 }),
      fc.array(rates, { minLength: 6, maxLength: 6 }),
    )
    .map(([bounds, drawn]) => {
      const ends = bounds.sort((a, b) => (a < b ? -1 : 1)).map((bound) => written(bound, 2));
      return [...ends, null].map((up_to, index) => {
        const known = Object.entries(drawn[index] ?? {}).filter(([, value]) => value !== undefined);
        return { up_to, ...Object.fromEntries(known) };
      });
    });
const unitTiers = tiersOf(fc.record({ unit_amount: amounts, flat_amount: optional(amounts) }));
const flatTiers = tiersOf(fc.record({ flat_amount: amounts }));
const percentTiers = tiersOf(fc.record({ rate: amounts, flat_amount: optional(amounts) }));

const transforms = fc.record({
  operation: fc.constantFrom("divide", "multiply"),
  by: positive,
  round: fc.constantFrom("up", "down", "half_up", "none"),
});
/** What stands before the model, mostly nothing. */
const rules = fc
  .record({ included_units: optional(amounts), unit_transform: optional(transforms) })
  .map((drawn) => Object.fromEntries(Object.entries(drawn).filter(([, value]) => value !== undefined)));
const made = (model: string, parameters: fc.Arbitrary<object>) =>
  fc.tuple(parameters, fc.boolean(), fc.oneof(fc.constant({}), rules)).map(([own, flat_at_zero, before]) => {
    const tiered = Object.hasOwn(own, "tiers") ? { flat_at_zero } : {};
    return priceOf({ model, ...own, ...tiered, ...before });
  });

const graduated = made(
  "graduated",
  unitTiers.map((tiers) => ({ tiers })),
);
const percents = made(
  "graduated_percentage",
  percentTiers.map((tiers) => ({ tiers })),
);
const volume = made(
  "volume",
  unitTiers.map((tiers) => ({ tiers })),
);
const stairs = made(
  "stairstep",
  flatTiers.map((tiers) => ({ tiers })),
);
const perUnit = made("per_unit", fc.record({ unit_amount: amounts }));
const packages = made("package", fc.record({ package_size: positive, package_amount: amounts }));
const seats = made(
  "seat",
  fc.record({ unit_amount: amounts, min: positive }).map((drawn) => ({ ...drawn, max: "1000000000" })),
);
const prices: fc.Arbitrary<Price> = fc.oneof(graduated, percents, volume, stairs, perUnit, packages, seats);

const amountAt = (price: Price, quantity: Exact) => charged(price, quantity).amount;
const same = (a: Exact, b: Exact) => expect(formatExact(subExact(a, b))).toBe("0");
const sum = (list: readonly Exact[]) => list.reduce(addExact, ZERO);

describe("laws of rating", () => {
  test("tier quantities add up to the billed units, tier amounts to the amount", () => {
    fc.assert(
      fc.property(fc.oneof(graduated, percents, volume, stairs), quantities, (price, quantity) => {
        const charge = charged(price, quantity);
        const billed = amountAt({ ...price, terms: { model: "per_unit", unitAmount: ONE } }, quantity);
        same(sum(charge.tiers.map((tier) => tier.quantity)), billed);
        same(sum(charge.tiers.map((tier) => tier.amount)), charge.amount);
      }),
    );
  });

  test("no tier takes more than it holds, and all but the last are full", () => {
    fc.assert(
      fc.property(fc.oneof(graduated, percents), quantities, (price, quantity) => {
        let from: Decimal = ZERO;
        const { tiers } = charged(price, quantity);
        for (const [index, tier] of tiers.entries()) {
          const room = tier.upTo === null ? null : subExact(tier.upTo, from);
          if (index < tiers.length - 1) same(tier.quantity, room ?? ZERO);
          else expect(room === null || compareExact(tier.quantity, room) <= 0).toBe(true);
          from = tier.upTo ?? from;
        }
      }),
    );
  });

  test("usage in any parts and order is charged as the whole", () => {
    fc.assert(
      fc.property(prices, fc.array(quantities, { maxLength: 8 }), (price, parts) => {
        let quantity: Exact = ZERO;
        let charge = amountAt(price, ZERO);
        for (const part of parts) {
          const after = addExact(quantity, part);
          charge = addExact(charge, subExact(amountAt(price, after), amountAt(price, quantity)));
          quantity = after;
        }
        same(charge, amountAt(price, sum(parts.toReversed())));
      }),
    );
  });

  test("more usage never costs less, but under volume and falling steps", () => {
    const rising = fc.oneof(graduated, percents, perUnit, packages, seats);
    fc.assert(
      fc.property(rising, quantities, quantities, (price, quantity, more) => {
        expect(compareExact(amountAt(price, addExact(quantity, more)), amountAt(price, quantity))).not.toBe(
          -1,
        );
      }),
    );
  });

  test("one open tier is a price per unit", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("graduated", "volume"),
        amounts,
        rules,
        quantities,
        (model, unit_amount, before, quantity) => {
          const tiered = priceOf({ model, tiers: [{ up_to: null, unit_amount }], ...before });
          const plain = priceOf({ model: "per_unit", unit_amount, ...before });
          same(amountAt(tiered, quantity), amountAt(plain, quantity));
        },
      ),
    );
  });

  test("one open tier of percents is a percentage", () => {
    fc.assert(
      fc.property(amounts, quantities, (percent, quantity) => {
        const tiered = priceOf({ model: "graduated_percentage", tiers: [{ up_to: null, rate: percent }] });
        same(amountAt(tiered, quantity), amountAt(priceOf({ model: "percentage", rate: percent }), quantity));
      }),
    );
  });

  test("a step is a tier of volume whose units are free", () => {
    fc.assert(
      fc.property(flatTiers, rules, quantities, (tiers, before, quantity) => {
        const units = tiers.map((tier) => ({ ...tier, unit_amount: "0" }));
        const steps = priceOf({ model: "stairstep", tiers, ...before });
        same(
          amountAt(steps, quantity),
          amountAt(priceOf({ model: "volume", tiers: units, ...before }), quantity),
        );
      }),
    );
  });

  test("a package of one is a price per unit for whole quantities", () => {
    fc.assert(
      fc.property(amounts, fc.bigInt(0n, 10n ** 18n), (unit, whole) => {
        const packaged = priceOf({ model: "package", package_size: "1", package_amount: unit });
        const quantity = decimal(String(whole));
        same(
          amountAt(packaged, quantity),
          amountAt(priceOf({ model: "per_unit", unit_amount: unit }), quantity),
        );
      }),
    );
  });

  test("packages are units divided by their size and rounded up", () => {
    fc.assert(
      fc.property(positive, amounts, quantities, (size, unit, quantity) => {
        const packaged = priceOf({ model: "package", package_size: size, package_amount: unit });
        const unit_transform = { operation: "divide", by: size, round: "up" };
        const divided = priceOf({ model: "per_unit", unit_amount: unit, unit_transform });
        same(amountAt(packaged, quantity), amountAt(divided, quantity));
      }),
    );
  });

  test("included units are a first tier that is free", () => {
    fc.assert(
      fc.property(positive, amounts, quantities, (included_units, unit_amount, quantity) => {
        const tiers = [
          { up_to: included_units, unit_amount: "0" },
          { up_to: null, unit_amount },
        ];
        const tiered = priceOf({ model: "graduated", tiers });
        same(
          amountAt(tiered, quantity),
          amountAt(priceOf({ model: "per_unit", unit_amount, included_units }), quantity),
        );
      }),
    );
  });

  test("a quantity below zero costs what zero does", () => {
    fc.assert(
      fc.property(prices, quantities, (price, quantity) => {
        same(amountAt(price, subExact(ZERO, quantity)), amountAt(price, ZERO));
      }),
    );
  });
});
