import { type Static, Type } from "@sinclair/typebox";
import { amountOf } from "./amount.ts";
import { compileTiers, TierBound, type TieredTerms, TierFlatAmount, TierList } from "./tier.ts";

const StepsInput = TierList(
  Type.Object({ up_to: TierBound, flat_amount: TierFlatAmount }, { additionalProperties: false }),
);

/** Parameters of `stairstep`: one amount for any quantity of a tier. */
export const stairstepParameters = { tiers: StepsInput };

export interface StairstepTerms extends TieredTerms {
  readonly model: "stairstep";
}

/** A volume price whose units cost nothing by themselves, and rated as one. */
export function stairstepTerms(
  input: { tiers: Static<typeof StepsInput>; flat_at_zero?: boolean },
  at: string,
): StairstepTerms {
  const rates = input.tiers.map(({ up_to, flat_amount }) => ({
    up_to,
    unitAmount: null,
    flatAmount: amountOf(flat_amount),
  }));
  return { model: "stairstep", tiers: compileTiers(rates, at), flatAtZero: input.flat_at_zero ?? false };
}
