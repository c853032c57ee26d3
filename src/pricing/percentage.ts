import { Type } from "@sinclair/typebox";
import { invalid } from "../errors.ts";
import { add, compare, fromInteger, isZero, max, mul, scaleOf, sub, ZERO } from "../money/decimal.ts";
import { type DecimalInput, DecimalText } from "../money/decimal_schema.ts";
import { addExact, type Exact, mulExact, signExact, subExact } from "../money/ratio.ts";
import { allowanceWith, freeEventsMax } from "./allowance.ts";
import { Amount, optionalAmount, Percent, shareOf } from "./amount.ts";
import { type Charge, plainCharge } from "./charge.ts";
import { type EventFee, feeOf } from "./event_fee.ts";
import type { Allowance, EventTally, PricedEvent } from "./event_tally.ts";

/** Parameters of `percentage`: a part of an amount, and so much per event. */
export const percentageParameters = {
  rate: Percent,
  fixed_amount: Type.Optional(Amount),
  free_events: Type.Optional(DecimalText("not_negative", "So many events are free, earliest first")),
  free_amount: Type.Optional(DecimalText("not_negative", "Events are free until their amounts exceed it")),
  min_per_event: Type.Optional(DecimalText("not_negative", "The least an event costs that is not free")),
  max_per_event: Type.Optional(DecimalText("not_negative", "The most an event costs")),
};

interface PercentageInput {
  rate: DecimalInput;
  fixed_amount?: DecimalInput;
  free_events?: DecimalInput;
  free_amount?: DecimalInput;
  min_per_event?: DecimalInput;
  max_per_event?: DecimalInput;
}

export interface PercentageTerms {
  readonly model: "percentage";
  readonly fee: EventFee;
  readonly allowance: Allowance | null;
  /** True where every event is priced by itself; else the sum of their amounts and their number are enough. */
  readonly byEvent: boolean;
}

/**
 * Reads a percentage. Throws VAL_001 where `free_events` is not whole or more than can be kept, and where
 * `max_per_event` is below `min_per_event`. `at` is the path of the price.
 */
export function percentageTerms(input: PercentageInput, at: string): PercentageTerms {
  const events = optionalAmount(input.free_events);
  const amount = optionalAmount(input.free_amount);
  const least = optionalAmount(input.min_per_event);
  const most = optionalAmount(input.max_per_event);
  if (events !== null && (scaleOf(events) > 0 || compare(events, fromInteger(freeEventsMax)) > 0))
    throw invalid(`${at}free_events`, `must be a whole number up to ${freeEventsMax}`);
  if (least !== null && most !== null && compare(most, least) < 0)
    throw invalid(`${at}max_per_event`, "must not be below min_per_event");
  const fixedAmount = optionalAmount(input.fixed_amount) ?? ZERO;
  const limited = least !== null || most !== null;
  return {
    model: "percentage",
    fee: { share: shareOf(input.rate), fixedAmount, least, most },
    allowance: events === null && amount === null ? null : { events, amount },
    byEvent: limited || events !== null || (amount !== null && !isZero(fixedAmount)),
  };
}

/** The tally with an event in it; one below zero counts as zero, as it is priced by itself. */
export function tallyPercentage(terms: PercentageTerms, tally: EventTally, event: PricedEvent): EventTally {
  const count = add(tally.count, event.times);
  if (!terms.byEvent) return { ...tally, count };
  const { fee, allowance } = terms;
  const priced = { ...event, amount: max(event.amount, ZERO) };
  const sum = add(tally.sum, mul(feeOf(fee, priced.amount), event.times));
  if (allowance === null) return { ...tally, count, sum };
  return { count, sum, ...allowanceWith(fee, allowance, tally, priced) };
}

/**
 * By event: the fees of all events less what the allowance takes away. Else the share of the amounts together, which
 * are the metric's quantity and count as zero when below it, above the free amount; and the fixed amounts.
 */
export function ratePercentage(
  { fee, allowance, byEvent }: PercentageTerms,
  quantity: Exact,
  tally: EventTally | null,
): Charge {
  if (byEvent) return plainCharge(tally === null ? ZERO : sub(tally.sum, tally.freed), null);
  const paid = allowance?.amount ? subExact(quantity, allowance.amount) : quantity;
  const share = signExact(paid) > 0 ? mulExact(paid, fee.share) : ZERO;
  if (tally === null || isZero(fee.fixedAmount)) return plainCharge(share, null);
  return plainCharge(addExact(share, mul(fee.fixedAmount, tally.count)), null);
}
