import { type Decimal, mul, sign, ZERO } from "../money/decimal.ts";
import type { DecimalInput } from "../money/decimal_schema.ts";
import { amountOf, UnitAmount } from "./amount.ts";
import { type Charge, noTiers } from "./charge.ts";

/** Parameters of `per_unit`: one rate for every unit. */
export const perUnitParameters = { unit_amount: UnitAmount };

export interface PerUnitTerms {
  readonly model: "per_unit";
  readonly unitAmount: Decimal;
}

export function perUnitTerms(input: { unit_amount: DecimalInput }): PerUnitTerms {
  return { model: "per_unit", unitAmount: amountOf(input.unit_amount) };
}

/** Quantity × rate; nothing for a quantity that is not above 0. */
export function ratePerUnit(terms: PerUnitTerms, quantity: Decimal): Charge {
  const { unitAmount } = terms;
  const amount = sign(quantity) > 0 ? mul(quantity, unitAmount) : ZERO;
  return { amount, unitAmount, tiers: noTiers };
}
