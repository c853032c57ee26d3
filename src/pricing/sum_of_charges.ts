import { add, compare, type Decimal, ZERO } from "../money/decimal.ts";
import { addExact, type Exact } from "../money/ratio.ts";
import { type CellCharge, type Charge, noCharge, type TierCharge } from "./charge.ts";
import type { PriceTerms } from "./terms.ts";

/**
 * What the windows of one price cost together. What fell in the same tier or cell is added up, so that tiers and
 * cells still add up to the amount; flat amounts count once per window.
 */
export function sumOfCharges(terms: PriceTerms, charges: readonly Charge[]): Charge {
  const [first] = charges;
  if (first === undefined) return noCharge;
  if (charges.length === 1) return first;
  let amount: Exact = ZERO;
  for (const charge of charges) amount = addExact(amount, charge.amount);
  const oneRate = charges.every(({ unitAmount }) => unitAmount === first.unitAmount);
  return {
    amount,
    unitAmount: oneRate ? first.unitAmount : null,
    tiers: tiersOf(charges),
    cells: cellsOf(terms, charges),
  };
}

// Bounds and matches are compiled once with their price, so equal ones are the same object.
function tiersOf(charges: readonly Charge[]): TierCharge[] {
  const tiers = new Map<Decimal | null, TierCharge>();
  for (const tier of charges.flatMap((charge) => charge.tiers)) {
    const before = tiers.get(tier.upTo);
    tiers.set(tier.upTo, before === undefined ? tier : bothTiers(before, tier));
  }
  return [...tiers.values()].sort((a, b) => byBound(a.upTo, b.upTo));
}

function bothTiers(a: TierCharge, b: TierCharge): TierCharge {
  const both = { ...a, quantity: addExact(a.quantity, b.quantity), amount: addExact(a.amount, b.amount) };
  if (a.flatAmount === undefined || b.flatAmount === undefined) return both;
  return { ...both, flatAmount: add(a.flatAmount, b.flatAmount) };
}

function byBound(a: Decimal | null, b: Decimal | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return compare(a, b);
}

function cellsOf(terms: PriceTerms, charges: readonly Charge[]): readonly CellCharge[] {
  if (terms.model !== "matrix") return [];
  const all = charges.flatMap((charge) => charge.cells);
  return [...terms.cells.map((cell) => cell.match), null].flatMap((match) => {
    const [first, ...others] = all.filter((cell) => cell.match === match);
    return first === undefined ? [] : [others.reduce(bothCells, first)];
  });
}

function bothCells(a: CellCharge, b: CellCharge): CellCharge {
  return { ...a, quantity: addExact(a.quantity, b.quantity), amount: addExact(a.amount, b.amount) };
}
