import { coefficientAt, formatFixed, fromBigInt } from "../money/decimal.ts";
import { roundTo } from "../money/money.ts";
import type { Exact } from "../money/ratio.ts";

/**
 * An exact amount in whole units of a ledger, what is finer cut off towards zero. Cut is only ever a cumulative amount,
 * and differences are taken between cut ones, so that crumbs never add up.
 */
export function unitsOf(amount: Exact, scale: number): bigint {
  return coefficientAt(roundTo(amount, scale, "down"), scale);
}

/** Units of a ledger as a decimal in major units with all decimals of its scale: "12.3400000000". */
export function amountOfUnits(units: bigint, scale: number): string {
  return formatFixed(fromBigInt(units, scale), scale);
}
