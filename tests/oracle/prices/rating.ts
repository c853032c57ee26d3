import {
  type Fraction,
  fraction,
  isAbove,
  larger,
  minus,
  over,
  plus,
  rounded,
  smaller,
  sum,
  times,
  whole,
  zero,
} from "../fraction.ts";
import type { OraclePrice, OracleTier, Tiered, UnitTransform } from "./case.ts";

/** How much falls in a tier, counted from 0, and what that costs. */
export interface OracleTierCharge {
  readonly index: number;
  readonly quantity: Fraction;
  readonly amount: Fraction;
}

export interface OracleCharge {
  readonly amount: Fraction;
  readonly tiers: readonly OracleTierCharge[];
}

/** What a quantity costs, straight from the words of API.md §3; for models that need no more than a quantity. */
export function oracleRate(price: OraclePrice, quantity: Fraction): OracleCharge {
  const units = billed(price, quantity);
  switch (price.model) {
    case "flat":
      return { amount: fraction(price.amount), tiers: [] };
    case "per_unit":
      return { amount: times(units, fraction(price.unit_amount)), tiers: [] };
    case "package": {
      const started = rounded(over(units, fraction(price.package_size)), 0, "up");
      return { amount: times(started, fraction(price.package_amount)), tiers: [] };
    }
    case "seat": {
      const least = larger(units, fraction(price.min ?? "0"));
      const seats = price.max === undefined ? least : smaller(least, fraction(price.max));
      return { amount: times(seats, fraction(price.unit_amount)), tiers: [] };
    }
    case "graduated":
    case "graduated_percentage":
      return total(isAbove(units, zero) ? unitByUnit(price.tiers, units) : atZero(price));
    case "volume":
    case "stairstep":
      return total(isAbove(units, zero) ? allInOne(price.tiers, units) : atZero(price));
    default:
      throw new Error(`${price.model} needs more than a quantity`);
  }
}

/** The units of a quantity that are to be paid for: made into the billed unit, less the included. */
function billed(price: OraclePrice, quantity: Fraction): Fraction {
  const units = transformed(price.unit_transform, quantity);
  return larger(minus(units, fraction(price.included_units ?? "0")), zero);
}

/** A quantity in the billed unit; one below zero counts as zero. */
export function transformed(transform: UnitTransform | undefined, quantity: Fraction): Fraction {
  const q = larger(quantity, zero);
  if (transform === undefined) return q;
  const by = fraction(transform.by);
  const units = transform.operation === "divide" ? over(q, by) : times(q, by);
  return transform.round === "none" ? units : rounded(units, 0, transform.round);
}

/** Of every tier the part of the units between its bounds. */
function unitByUnit(tiers: readonly OracleTier[], units: Fraction): OracleTierCharge[] {
  const charges: OracleTierCharge[] = [];
  let from = zero;
  for (const [index, tier] of tiers.entries()) {
    const to = tier.up_to === null ? units : smaller(units, fraction(tier.up_to));
    if (isAbove(to, from)) charges.push(chargeFor(tier, index, minus(to, from)));
    from = larger(from, to);
  }
  return charges;
}

/** The first tier that all units fit in. */
function allInOne(tiers: readonly OracleTier[], units: Fraction): OracleTierCharge[] {
  const index = tiers.findIndex(({ up_to }) => up_to === null || !isAbove(units, fraction(up_to)));
  const tier = tiers[index];
  return tier === undefined ? [] : [chargeFor(tier, index, units)];
}

function atZero({ tiers, flat_at_zero }: Tiered): OracleTierCharge[] {
  const [first] = tiers;
  return flat_at_zero === true && first?.flat_amount !== undefined ? [chargeFor(first, 0, zero)] : [];
}

function chargeFor(tier: OracleTier, index: number, quantity: Fraction): OracleTierCharge {
  const rate = tier.rate === undefined ? fraction(tier.unit_amount ?? "0") : percent(tier.rate);
  return { index, quantity, amount: plus(times(quantity, rate), fraction(tier.flat_amount ?? "0")) };
}

/** 2.9 is 29 thousandths. */
export const percent = (rate: string): Fraction => over(fraction(rate), whole(100));

function total(tiers: readonly OracleTierCharge[]): OracleCharge {
  return { amount: sum(tiers.map((tier) => tier.amount)), tiers };
}
