import { add, compare, type Decimal, isZero, min, mul, sign, sub, ZERO } from "../money/decimal.ts";
import { roundTo } from "../money/money.ts";
import { ratio } from "../money/ratio.ts";
import { type EventFee, feeOf } from "./event_fee.ts";
import type { Allowance, EventTally, PricedEvent } from "./event_tally.ts";

/** Free events are kept one by one, some 60 bytes each; an allowance covers no more of different times and amounts. */
export const freeEventsMax = 100_000;

/**
 * The tally's early events, what the allowance takes away and what is left of it, with an event more. An event is
 * free while the allowance covers it whole; the first that is not ends it. Events are taken in the order of their
 * time, then amount, so that it does not matter when they come in; amounts are not below 0.
 */
export function allowanceWith(
  fee: EventFee,
  allowance: Allowance,
  tally: EventTally,
  event: PricedEvent,
): Pick<EventTally, "early" | "freed" | "left"> {
  const { early, freed, left } = tally;
  const last = early.at(-1);
  if (left === null && last !== undefined && order(event, last) >= 0) return { early, freed, left };
  const all = inserted(early, event);
  const rest = left === null ? null : leftAfter(left, event);
  // As long as everything is free, it is so in any order.
  if (rest !== null && all.length < freeEventsMax) {
    return { early: all, freed: add(freed, mul(feeOf(fee, event.amount), event.times)), left: rest };
  }
  return walked(fee, allowance, all);
}

/** What is left of an allowance after an entry it covers whole; null where it does not, or ends with it. */
function leftAfter(left: Allowance, event: PricedEvent): Allowance | null {
  if (compare(freeOf(left, event), event.times) < 0) return null;
  const rest = less(left, event, event.times);
  return rest.events !== null && isZero(rest.events) ? null : rest;
}

function walked(
  fee: EventFee,
  allowance: Allowance,
  events: readonly PricedEvent[],
): Pick<EventTally, "early" | "freed" | "left"> {
  let left = allowance;
  let freed = ZERO;
  for (const [index, event] of events.entries()) {
    const free = freeOf(left, event);
    const full = feeOf(fee, event.amount);
    freed = add(freed, mul(full, free));
    left = less(left, event, free);
    const byEvents = left.events !== null && isZero(left.events);
    const ends = compare(free, event.times) < 0;
    if (ends && !byEvents && left.amount !== null) {
      // The event that goes beyond the free amount pays for what is above it.
      freed = add(freed, sub(full, feeOf(fee, sub(event.amount, left.amount))));
    }
    if (ends || byEvents || index === freeEventsMax - 1) {
      return { early: events.slice(0, index + 1), freed, left: null };
    }
  }
  return { early: events, freed, left };
}

/** How many of an entry's events are free under what is left. */
function freeOf({ events, amount }: Allowance, event: PricedEvent): Decimal {
  const byEvents = events === null ? event.times : min(event.times, events);
  if (amount === null || sign(event.amount) === 0) return byEvents;
  return min(byEvents, roundTo(ratio(amount, event.amount), 0, "down"));
}

function less({ events, amount }: Allowance, event: PricedEvent, free: Decimal): Allowance {
  return {
    events: events === null ? null : sub(events, free),
    amount: amount === null ? null : sub(amount, mul(event.amount, free)),
  };
}

/** The list with the event in its place, beside its equals where there are any. */
function inserted(early: readonly PricedEvent[], event: PricedEvent): PricedEvent[] {
  let from = 0;
  let to = early.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    const other = early[middle];
    if (other !== undefined && order(other, event) < 0) from = middle + 1;
    else to = middle;
  }
  const equal = early[from];
  if (equal === undefined || order(equal, event) !== 0) return early.toSpliced(from, 0, event);
  return early.toSpliced(from, 1, { ...equal, times: add(equal.times, event.times) });
}

function order(a: PricedEvent, b: PricedEvent): number {
  return a.at === b.at ? compare(a.amount, b.amount) : a.at - b.at;
}
