import { type Fraction, fraction, isAbove, minus, plus, times, timesStarted, zero } from "./fraction.ts";

/** A tier as the API writes it, amounts as text. */
export interface OracleTier {
  readonly up_to: string | null;
  readonly unit_amount: string;
  readonly flat_amount?: string;
}

/** A price as the API writes it, as far as it bears on the amount. */
export type OraclePrice =
  | { readonly model: "flat"; readonly amount: string }
  | { readonly model: "per_unit"; readonly unit_amount: string }
  | {
      readonly model: "graduated" | "volume";
      readonly tiers: readonly OracleTier[];
      readonly flat_at_zero?: boolean;
    }
  | { readonly model: "package"; readonly package_size: string; readonly package_amount: string };

/** How much falls in a tier and what that costs. */
export interface OracleTierCharge {
  readonly quantity: Fraction;
  readonly amount: Fraction;
}

export interface OracleCharge {
  readonly amount: Fraction;
  readonly tiers: readonly OracleTierCharge[];
}

/** What a quantity costs, straight from the words of API.md §3. */
export function oracleRate(price: OraclePrice, quantity: Fraction): OracleCharge {
  const q = isAbove(quantity, zero) ? quantity : zero;
  switch (price.model) {
    case "flat":
      return { amount: fraction(price.amount), tiers: [] };
    case "per_unit":
      return { amount: times(q, fraction(price.unit_amount)), tiers: [] };
    case "package": {
      const started = isAbove(q, zero) ? timesStarted(q, fraction(price.package_size)) : zero;
      return { amount: times(started, fraction(price.package_amount)), tiers: [] };
    }
    case "graduated":
      return total(isAbove(q, zero) ? graduated(price.tiers, q) : atZero(price));
    case "volume":
      return total(isAbove(q, zero) ? volume(price.tiers, q) : atZero(price));
  }
}

function graduated(tiers: readonly OracleTier[], q: Fraction): OracleTierCharge[] {
  const charges: OracleTierCharge[] = [];
  let from = zero;
  for (const tier of tiers) {
    if (!isAbove(q, from)) break;
    const to = tier.up_to !== null && isAbove(q, fraction(tier.up_to)) ? fraction(tier.up_to) : q;
    charges.push(chargeFor(tier, minus(to, from)));
    from = to;
  }
  return charges;
}

function volume(tiers: readonly OracleTier[], q: Fraction): OracleTierCharge[] {
  const tier = tiers.find(({ up_to }) => up_to === null || !isAbove(q, fraction(up_to)));
  return tier === undefined ? [] : [chargeFor(tier, q)];
}

function atZero(price: {
  readonly tiers: readonly OracleTier[];
  readonly flat_at_zero?: boolean;
}): OracleTierCharge[] {
  const [first] = price.tiers;
  return price.flat_at_zero === true && first?.flat_amount !== undefined ? [chargeFor(first, zero)] : [];
}

function chargeFor(tier: OracleTier, quantity: Fraction): OracleTierCharge {
  const units = times(quantity, fraction(tier.unit_amount));
  return { quantity, amount: plus(units, fraction(tier.flat_amount ?? "0")) };
}

function total(tiers: readonly OracleTierCharge[]): OracleCharge {
  return { amount: tiers.reduce((sum, tier) => plus(sum, tier.amount), zero), tiers };
}
