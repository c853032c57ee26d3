import type { Decimal } from "../money/decimal.ts";
import type { DecimalInput } from "../money/decimal_schema.ts";
import { type Exact, mulExact } from "../money/ratio.ts";
import { amountOf, UnitAmount } from "./amount.ts";
import { type Charge, plainCharge } from "./charge.ts";

/** Parameters of `per_unit`: one rate for every unit. */
export const perUnitParameters = { unit_amount: UnitAmount };

export interface PerUnitTerms {
  readonly model: "per_unit";
  readonly unitAmount: Decimal;
}

export function perUnitTerms(input: { unit_amount: DecimalInput }): PerUnitTerms {
  return { model: "per_unit", unitAmount: amountOf(input.unit_amount) };
}

/** Units × rate. */
export function ratePerUnit({ unitAmount }: PerUnitTerms, units: Exact): Charge {
  return plainCharge(mulExact(units, unitAmount), unitAmount);
}
