import type { Static } from "@sinclair/typebox";
import { type Exact, signExact } from "../money/ratio.ts";
import { amountOf, optionalAmount } from "./amount.ts";
import { type Charge, tieredCharge } from "./charge.ts";
import { chargeIn, compileTiers, rateNothing, type TieredTerms, TiersInput, tierOf } from "./tier.ts";

/** Parameters of `volume`. */
export const volumeParameters = { tiers: TiersInput };

export interface VolumeTerms extends TieredTerms {
  readonly model: "volume";
}

export function volumeTerms(
  input: { tiers: Static<typeof TiersInput>; flat_at_zero?: boolean },
  at: string,
): VolumeTerms {
  const rates = input.tiers.map(({ up_to, unit_amount, flat_amount }) => ({
    up_to,
    unitAmount: amountOf(unit_amount),
    flatAmount: optionalAmount(flat_amount),
  }));
  return { model: "volume", tiers: compileTiers(rates, at), flatAtZero: input.flat_at_zero ?? false };
}

/** The whole quantity at the tier the total falls in, its flat amount on top. More may cost less at an edge. */
export function rateVolume(terms: TieredTerms, units: Exact): Charge {
  if (signExact(units) <= 0) return rateNothing(terms);
  const tier = tierOf(terms.tiers, units);
  const charge = chargeIn(tier, units);
  return tieredCharge(charge.amount, tier.unitAmount, [charge]);
}
