import { add, type Decimal, max, min, mul } from "../money/decimal.ts";

/** What one event costs under a percentage: a share of its amount and a fixed fee, together within limits. */
export interface EventFee {
  /** What a unit of the amount costs: 0.029 for 2.9 percent. */
  readonly share: Decimal;
  readonly fixedAmount: Decimal;
  readonly least: Decimal | null;
  readonly most: Decimal | null;
}

/** The fee of one event that is not free, of an amount not below 0. */
export function feeOf({ share, fixedAmount, least, most }: EventFee, amount: Decimal): Decimal {
  const fee = add(mul(amount, share), fixedAmount);
  const enough = least === null ? fee : max(fee, least);
  return most === null ? enough : min(enough, most);
}
