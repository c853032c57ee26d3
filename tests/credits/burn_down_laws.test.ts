import { expect, test } from "bun:test";
import fc from "fast-check";
import { burnDown, type DueLine } from "../../src/credits/burn_down.ts";
import type { Grant } from "../../src/credits/grant.ts";
import {
  add,
  compare,
  type Decimal,
  decimal,
  formatDecimal,
  fromBigInt,
  sub,
  ZERO,
} from "../../src/money/decimal.ts";
import { grant } from "./grants.ts";

const NOW = 100;
const products = ["api", "seats", "disk"];

const cents = (from: number, to: number): fc.Arbitrary<Decimal> =>
  fc.integer({ min: from, max: to }).map((c) => fromBigInt(BigInt(c), 2));
const lines: fc.Arbitrary<DueLine[]> = fc.array(
  fc.record({
    productId: fc.constantFrom(...products, null),
    due: fc.oneof({ weight: 5, arbitrary: cents(0, 9000) }, cents(-4000, 0)),
  }),
  { maxLength: 8 },
);
const oneGrant = fc.record({
  remaining: cents(0, 6000),
  currency: fc.constantFrom("USD", "USD", "USD", "EUR"),
  kind: fc.constantFrom("paid" as const, "promotional" as const),
  priority: fc.integer({ min: 1, max: 3 }),
  effectiveAt: fc.constantFrom(0, 0, 0, NOW, NOW + 1),
  expiresAt: fc.constantFrom(null, null, NOW, NOW + 1, NOW + 2),
  productIds: fc.option(fc.subarray(products, { minLength: 1 })),
  createdAt: fc.integer({ min: 0, max: 2 }),
});
const grants: fc.Arbitrary<Grant[]> = fc
  .array(oneGrant, { maxLength: 7 })
  .map((all) => all.map((one, i) => grant(`grant_${i}`, "0", { ...one, amount: one.remaining })));

const sum = (amounts: readonly Decimal[]): Decimal => amounts.reduce(add, ZERO);
const atMost = (a: Decimal, b: Decimal): boolean => compare(a, b) <= 0;
const least = (amounts: readonly Decimal[]): Decimal => amounts.reduce((a, b) => (atMost(a, b) ? a : b));
const notBelowZero = (amount: Decimal): Decimal => (atMost(ZERO, amount) ? amount : ZERO);
const netOf = (all: readonly DueLine[], id: string | null): Decimal =>
  notBelowZero(sum(all.filter((line) => line.productId === id).map((line) => line.due)));

/** What grants can pay together: the least cut between them and the lines, every set of products tried. */
function mostOf(all: readonly DueLine[], some: readonly Grant[]): Decimal {
  const parts = [...products, null];
  const cuts = Array.from({ length: 2 ** parts.length }, (_, bits) => {
    const cut = new Set(parts.filter((_part, i) => (bits >> i) & 1));
    const reachesPast = ({ productIds }: Grant): boolean =>
      parts.some((p) => !cut.has(p) && canPay(productIds, p));
    return add(
      sum([...cut].map((part) => netOf(all, part))),
      sum(some.filter(reachesPast).map((one) => one.remaining)),
    );
  });
  return notBelowZero(least([...cuts, sum(all.map((line) => line.due))]));
}

function canPay(productIds: readonly string[] | null, product: string | null): boolean {
  return productIds === null || (product !== null && productIds.includes(product));
}

test("credits never go below zero, no more is paid than is due, the total is the sum, each grant is used once", () => {
  fc.assert(
    fc.property(grants, lines, (all, owed) => {
      const { applied, total } = burnDown(all, owed, "USD", NOW);
      expect(formatDecimal(total)).toBe(formatDecimal(sum(applied.map((one) => one.amount))));
      expect(atMost(total, notBelowZero(sum(owed.map((line) => line.due))))).toBe(true);
      expect(new Set(applied.map((one) => one.grantId)).size).toBe(applied.length);
      for (const { grantId, amount } of applied) {
        const one = all.find(({ id }) => id === grantId) ?? expect.unreachable();
        expect(compare(amount, ZERO)).toBe(1);
        expect(atMost(amount, one.remaining)).toBe(true);
        expect([one.currency, one.effectiveAt <= NOW, one.expiresAt === null || one.expiresAt > NOW]).toEqual(
          ["USD", true, true],
        );
        if (one.productIds === null) continue;
        const reach = sum(one.productIds.map((id) => netOf(owed, id)));
        expect(atMost(amount, reach)).toBe(true);
      }
    }),
  );
});

test("every grant in its order pays all it can, given those before it", () => {
  fc.assert(
    fc.property(grants, lines, (all, owed) => {
      const usable = all
        .filter((g) => g.currency === "USD" && g.effectiveAt <= NOW && (g.expiresAt ?? NOW + 1) > NOW)
        .sort(
          (a, b) =>
            a.priority - b.priority ||
            (a.expiresAt ?? 1e9) - (b.expiresAt ?? 1e9) ||
            b.kind.localeCompare(a.kind) ||
            a.createdAt - b.createdAt ||
            a.id.localeCompare(b.id),
        );
      const expected = usable.flatMap((one, i) => {
        const amount = sub(mostOf(owed, usable.slice(0, i + 1)), mostOf(owed, usable.slice(0, i)));
        return compare(amount, ZERO) === 0 ? [] : [`${one.id} ${formatDecimal(amount)}`];
      });
      const { applied } = burnDown(all, owed, "USD", NOW);
      expect(applied.map(({ grantId, amount }) => `${grantId} ${formatDecimal(amount)}`)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test("the order of grants and of lines does not matter", () => {
  const shuffled = fc
    .tuple(grants, lines)
    .chain(([all, owed]) =>
      fc.tuple(
        fc.constant(all),
        fc.constant(owed),
        fc.shuffledSubarray(all, { minLength: all.length }),
        fc.shuffledSubarray(owed, { minLength: owed.length }),
      ),
    );
  fc.assert(
    fc.property(shuffled, ([all, owed, mixed, mixedLines]) => {
      expect(shown(mixed, mixedLines)).toEqual(shown(all, owed));
    }),
  );
});

test("what has been applied is not applied again: a second invoice finds only what is left", () => {
  fc.assert(
    fc.property(grants, lines, lines, (all, first, second) => {
      const rest = without(all, burnDown(all, first, "USD", NOW));
      const last = without(rest, burnDown(rest, second, "USD", NOW));
      for (const one of last) expect(compare(one.remaining, ZERO)).not.toBe(-1);
      const given = sum(all.map((one) => one.remaining));
      const spent = add(burnDown(all, first, "USD", NOW).total, burnDown(rest, second, "USD", NOW).total);
      expect(formatDecimal(add(spent, sum(last.map((one) => one.remaining))))).toBe(formatDecimal(given));
    }),
  );
});

test("unlimited credit covers what is due exactly", () => {
  fc.assert(
    fc.property(lines, (owed) => {
      const { total } = burnDown([grant("all", "1000000")], owed, "USD", NOW);
      expect(formatDecimal(total)).toBe(formatDecimal(notBelowZero(sum(owed.map((line) => line.due)))));
    }),
  );
  expect(burnDown([grant("all", "1")], [{ productId: null, due: decimal("0.5") }], "USD", NOW).total).toEqual(
    decimal("0.5"),
  );
});

function shown(all: readonly Grant[], owed: readonly DueLine[]): string[] {
  const { applied, total } = burnDown(all, owed, "USD", NOW);
  return [
    ...applied.map(({ grantId, amount }) => `${grantId} ${formatDecimal(amount)}`),
    formatDecimal(total),
  ];
}

function without(all: readonly Grant[], { applied }: ReturnType<typeof burnDown>): Grant[] {
  return all.map((one) => {
    const amount = applied.find(({ grantId }) => grantId === one.id)?.amount ?? ZERO;
    return { ...one, remaining: sub(one.remaining, amount) };
  });
}
