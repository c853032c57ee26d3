import { type Static, Type } from "@sinclair/typebox";
import { optionalAmount, Percent, shareOf } from "./amount.ts";
import { compileTiers, TierBound, type TieredTerms, TierFlatAmount, TierList } from "./tier.ts";

const PercentTiersInput = TierList(
  Type.Object(
    { up_to: TierBound, rate: Percent, flat_amount: Type.Optional(TierFlatAmount) },
    { additionalProperties: false },
  ),
);

/** Parameters of `graduated_percentage`: the tiers divide an amount, each part pays its tier's percent. */
export const graduatedPercentageParameters = { tiers: PercentTiersInput };

export interface GraduatedPercentageTerms extends TieredTerms {
  readonly model: "graduated_percentage";
}

/** A percent is a price per unit of the amount, so it is rated as a graduated price is. */
export function graduatedPercentageTerms(
  input: { tiers: Static<typeof PercentTiersInput>; flat_at_zero?: boolean },
  at: string,
): GraduatedPercentageTerms {
  const rates = input.tiers.map(({ up_to, rate, flat_amount }) => ({
    up_to,
    unitAmount: shareOf(rate),
    flatAmount: optionalAmount(flat_amount),
  }));
  const tiers = compileTiers(rates, at);
  return { model: "graduated_percentage", tiers, flatAtZero: input.flat_at_zero ?? false };
}
