import type { Decimal } from "../money/decimal.ts";
import type { DecimalInput } from "../money/decimal_schema.ts";
import { Amount, amountOf } from "./amount.ts";

/** Parameters of `flat`: one amount per period. */
export const flatParameters = { amount: Amount };

export interface FlatTerms {
  readonly model: "flat";
  readonly amount: Decimal;
}

export function flatTerms(input: { amount: DecimalInput }): FlatTerms {
  return { model: "flat", amount: amountOf(input.amount) };
}
