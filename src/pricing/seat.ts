import { Type } from "@sinclair/typebox";
import { invalid } from "../errors.ts";
import { compare, type Decimal, ZERO } from "../money/decimal.ts";
import { type DecimalInput, DecimalText } from "../money/decimal_schema.ts";
import { compareExact, type Exact, mulExact } from "../money/ratio.ts";
import { amountOf, optionalAmount, UnitAmount } from "./amount.ts";
import { type Charge, plainCharge } from "./charge.ts";

const Seats = (description: string) => Type.Optional(DecimalText("not_negative", description));

/** Parameters of `seat`: a recurring price by the subscription's quantity, or by a metric that counts the seats. */
export const seatParameters = {
  unit_amount: UnitAmount,
  min: Seats("Seats that are paid for in any case"),
  max: Seats("Seats beyond it cost nothing"),
};

interface SeatInput {
  unit_amount: DecimalInput;
  min?: DecimalInput;
  max?: DecimalInput;
}

export interface SeatTerms {
  readonly model: "seat";
  readonly unitAmount: Decimal;
  readonly min: Decimal;
  readonly max: Decimal | null;
}

/** Reads a price by seats; throws VAL_001 where `max` is below `min`. `at` is the path of the price. */
export function seatTerms(input: SeatInput, at: string): SeatTerms {
  const min = optionalAmount(input.min) ?? ZERO;
  const max = optionalAmount(input.max);
  if (max !== null && compare(max, min) < 0) throw invalid(`${at}max`, "must not be below min");
  return { model: "seat", unitAmount: amountOf(input.unit_amount), min, max };
}

/** Unit amount × seats, of which at least `min` and at most `max` are paid for. */
export function rateSeats(terms: SeatTerms, seats: Exact): Charge {
  return plainCharge(mulExact(paidSeats(terms, seats), terms.unitAmount), terms.unitAmount);
}

/** The seats that are paid for. */
export function paidSeats({ min, max }: SeatTerms, seats: Exact): Exact {
  const atLeast = compareExact(seats, min) < 0 ? min : seats;
  return max !== null && compareExact(atLeast, max) > 0 ? max : atLeast;
}
