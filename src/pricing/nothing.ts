import { ZERO } from "../money/decimal.ts";
import { type Charge, noTiers } from "./charge.ts";
import { chargeIn, type Tier } from "./tier.ts";

const nothing: Charge = { amount: ZERO, unitAmount: null, tiers: noTiers };

/** What no units at all cost under tiers: nothing, or the first tier's flat amount with `flat_at_zero`. */
export function rateNothing(terms: {
  readonly tiers: readonly Tier[];
  readonly flatAtZero: boolean;
}): Charge {
  const [first] = terms.tiers;
  if (!terms.flatAtZero || first === undefined || first.flatAmount === null) return nothing;
  const charge = chargeIn(first, ZERO);
  return { amount: charge.amount, unitAmount: null, tiers: [charge] };
}
