import type { Static } from "@sinclair/typebox";
import { addExact, type Exact, signExact, subExact } from "../money/ratio.ts";
import { amountOf, optionalAmount } from "./amount.ts";
import { type Charge, tieredCharge } from "./charge.ts";
import { chargeIn, compileTiers, rateNothing, type TieredTerms, TiersInput, tierOf } from "./tier.ts";

/** Parameters of `graduated`. */
export const graduatedParameters = { tiers: TiersInput };

export interface GraduatedTerms extends TieredTerms {
  readonly model: "graduated";
}

export function graduatedTerms(
  input: { tiers: Static<typeof TiersInput>; flat_at_zero?: boolean },
  at: string,
): GraduatedTerms {
  const rates = input.tiers.map(({ up_to, unit_amount, flat_amount }) => ({
    up_to,
    unitAmount: amountOf(unit_amount),
    flatAmount: optionalAmount(flat_amount),
  }));
  return { model: "graduated", tiers: compileTiers(rates, at), flatAtZero: input.flat_at_zero ?? false };
}

/**
 * Each unit costs the rate of the tier it falls in; a tier's flat amount is due once any part of a unit falls in it.
 * API.md §3, Tiers. Only the last tier reached is worked out: those before are full and were when the price was read.
 */
export function rateGraduated(terms: TieredTerms, units: Exact): Charge {
  if (signExact(units) <= 0) return rateNothing(terms);
  const tier = tierOf(terms.tiers, units);
  const last = chargeIn(tier, subExact(units, tier.from));
  return tieredCharge(addExact(tier.before, last.amount), null, [...tier.fullBefore, last]);
}
