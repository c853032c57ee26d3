import { add, type Decimal, sign, sub } from "../money/decimal.ts";
import type { Charge } from "./charge.ts";
import { rateNothing } from "./nothing.ts";
import { chargeIn, compileTiers, type Tier, TiersInput, tierOf } from "./tier.ts";

/** Parameters of `graduated`. */
export const graduatedParameters = { tiers: TiersInput };

export interface GraduatedTerms {
  readonly model: "graduated";
  readonly tiers: readonly Tier[];
  readonly flatAtZero: boolean;
}

export function graduatedTerms(
  input: { tiers: TiersInput; flat_at_zero?: boolean },
  at: string,
): GraduatedTerms {
  return {
    model: "graduated",
    tiers: compileTiers(input.tiers, at),
    flatAtZero: input.flat_at_zero ?? false,
  };
}

/**
 * Each unit costs the rate of the tier it falls in; a tier's flat amount is due once any part of a unit falls in it.
 * API.md §3, Tiers. Only the last tier reached is worked out: those before are full and were when the price was read.
 */
export function rateGraduated(terms: GraduatedTerms, quantity: Decimal): Charge {
  if (sign(quantity) <= 0) return rateNothing(terms);
  const tier = tierOf(terms.tiers, quantity);
  const last = chargeIn(tier, sub(quantity, tier.from));
  return { amount: add(tier.before, last.amount), unitAmount: null, tiers: [...tier.fullBefore, last] };
}
