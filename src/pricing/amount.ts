import { assert } from "../errors.ts";
import { type Decimal, decimal, mul } from "../money/decimal.ts";
import { type DecimalInput, DecimalText } from "../money/decimal_schema.ts";
import { decimalOf } from "../money/json.ts";

/** An amount of money in major units, not negative. */
export const Amount = DecimalText("not_negative", "Major units, not rounded to the currency");

/** What one unit costs. */
export const UnitAmount = DecimalText("not_negative", "Price of one unit, up to 12 decimals");

/** A part of an amount, in percent. */
export const Percent = DecimalText("not_negative", "Percent: 2.9 is 0.029 of the amount");

const hundredth = decimal("0.01");

/** The value of a decimal that its schema has let in. */
export function amountOf(input: DecimalInput): Decimal {
  const value = decimalOf(input);
  assert(value !== null, "a checked amount is a decimal");
  return value;
}

/** As `amountOf`; null for a field that is left out. */
export function optionalAmount(input: DecimalInput | undefined): Decimal | null {
  return input === undefined ? null : amountOf(input);
}

/** What a percentage takes of every unit of an amount: 0.029 for 2.9. */
export function shareOf(percent: DecimalInput): Decimal {
  return mul(amountOf(percent), hundredth);
}
