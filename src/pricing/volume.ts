import { type Decimal, sign } from "../money/decimal.ts";
import type { Charge } from "./charge.ts";
import { rateNothing } from "./nothing.ts";
import { chargeIn, compileTiers, type Tier, TiersInput, tierOf } from "./tier.ts";

/** Parameters of `volume`. */
export const volumeParameters = { tiers: TiersInput };

export interface VolumeTerms {
  readonly model: "volume";
  readonly tiers: readonly Tier[];
  readonly flatAtZero: boolean;
}

export function volumeTerms(input: { tiers: TiersInput; flat_at_zero?: boolean }, at: string): VolumeTerms {
  return { model: "volume", tiers: compileTiers(input.tiers, at), flatAtZero: input.flat_at_zero ?? false };
}

/** Every unit costs the rate of the tier the total falls in, its flat amount on top. More may cost less at an edge. */
export function rateVolume(terms: VolumeTerms, quantity: Decimal): Charge {
  if (sign(quantity) <= 0) return rateNothing(terms);
  const tier = tierOf(terms.tiers, quantity);
  const charge = chargeIn(tier, quantity);
  return { amount: charge.amount, unitAmount: tier.unitAmount, tiers: [charge] };
}
