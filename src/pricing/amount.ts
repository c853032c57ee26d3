import { assert } from "../errors.ts";
import type { Decimal } from "../money/decimal.ts";
import { type DecimalInput, DecimalText } from "../money/decimal_schema.ts";
import { decimalOf } from "../money/json.ts";

/** An amount of money in major units, not negative. */
export const Amount = DecimalText("not_negative", "Major units, not rounded to the currency");

/** What one unit costs. */
export const UnitAmount = DecimalText("not_negative", "Price of one unit, up to 12 decimals");

/** The value of a decimal that its schema has let in. */
export function amountOf(input: DecimalInput): Decimal {
  const value = decimalOf(input);
  assert(value !== null, "a checked amount is a decimal");
  return value;
}
