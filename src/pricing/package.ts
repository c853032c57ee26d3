import { type Decimal, divideUp, mul, ZERO } from "../money/decimal.ts";
import { type DecimalInput, DecimalText } from "../money/decimal_schema.ts";
import { roundTo } from "../money/money.ts";
import { divideExact, type Exact, isRatio, signExact } from "../money/ratio.ts";
import { Amount, amountOf } from "./amount.ts";
import { type Charge, plainCharge } from "./charge.ts";

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

/** Started packages count whole; none is started by nothing. */
export function ratePackage({ packageSize, packageAmount }: PackageTerms, units: Exact): Charge {
  return plainCharge(mul(started(units, packageSize), packageAmount), null);
}

function started(units: Exact, size: Decimal): Decimal {
  if (signExact(units) <= 0) return ZERO;
  return isRatio(units) ? roundTo(divideExact(units, size), 0, "up") : divideUp(units, size);
}
