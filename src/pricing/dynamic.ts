import { add, mul } from "../money/decimal.ts";
import { Text } from "../text.ts";
import type { EventTally, PricedEvent } from "./event_tally.ts";

/** Parameters of `dynamic`: the property in which each event carries its own amount. */
export const dynamicParameters = { amount_field: Text(255) };

export interface DynamicTerms {
  readonly model: "dynamic";
  readonly amountField: string;
}

export function dynamicTerms(input: { amount_field: string }): DynamicTerms {
  return { model: "dynamic", amountField: input.amount_field };
}

/** The tally with the event's amount in it, which may be negative. */
export function tallyDynamic(tally: EventTally, event: PricedEvent): EventTally {
  const sum = add(tally.sum, mul(event.amount, event.times));
  return { ...tally, count: add(tally.count, event.times), sum };
}
