import { type Decimal, divideUp, mul, sign, ZERO } from "../money/decimal.ts";
import { type DecimalInput, DecimalText } from "../money/decimal_schema.ts";
import { Amount, amountOf } from "./amount.ts";
import { type Charge, noTiers } from "./charge.ts";

/** Parameters of `package`. */
export const packageParameters = {
  package_size: DecimalText("positive", "Units in one package"),
  package_amount: Amount,
};

export interface PackageTerms {
  readonly model: "package";
  readonly packageSize: Decimal;
  readonly packageAmount: Decimal;
}

export function packageTerms(input: {
  package_size: DecimalInput;
  package_amount: DecimalInput;
}): PackageTerms {
  const packageSize = amountOf(input.package_size);
  return { model: "package", packageSize, packageAmount: amountOf(input.package_amount) };
}

/** Started packages count whole; none is started by a quantity that is not above 0. */
export function ratePackage(terms: PackageTerms, quantity: Decimal): Charge {
  const started = sign(quantity) > 0 ? divideUp(quantity, terms.packageSize) : ZERO;
  return { amount: mul(started, terms.packageAmount), unitAmount: null, tiers: noTiers };
}
