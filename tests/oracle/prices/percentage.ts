import {
  type Fraction,
  fraction,
  isAbove,
  larger,
  minus,
  plus,
  several,
  smaller,
  times,
  whole,
  zero,
} from "../fraction.ts";
import type { OracleEvent, OracleMetric, Percentage } from "./case.ts";
import { percent } from "./rating.ts";

/**
 * What events cost at a part of their amounts.
 *
 * @param quantity the metric's: what the part is taken of where single events do not matter
 */
export function oraclePercentage(
  price: Percentage,
  metric: OracleMetric,
  quantity: Fraction,
  events: readonly OracleEvent[],
): Fraction {
  return isByEvent(price) || isSumOf(metric, events)
    ? eventByEvent(price, metric, events)
    : together(price, quantity, events);
}

/** True where an event's fee depends on more than its amount and what it costs is told by itself. */
export function isByEvent(price: Percentage): boolean {
  const { fixed_amount = "0", free_amount, free_events, min_per_event, max_per_event } = price;
  if (free_events !== undefined || min_per_event !== undefined || max_per_event !== undefined) return true;
  return free_amount !== undefined && isAbove(fraction(fixed_amount), zero);
}

/** True where event by event and together must come to the same: plain sums of amounts not below zero. */
function isSumOf(metric: OracleMetric, events: readonly OracleEvent[]): boolean {
  if (metric.kind !== "sum" || metric.carry_over === true || metric.rounding !== undefined) return false;
  return events.every((event) => !event.value?.startsWith("-"));
}

function together(price: Percentage, quantity: Fraction, events: readonly OracleEvent[]): Fraction {
  const count = events.reduce((n, event) => n + event.times, 0);
  const paid = larger(minus(quantity, fraction(price.free_amount ?? "0")), zero);
  return plus(times(paid, percent(price.rate)), several(fraction(price.fixed_amount ?? "0"), count));
}

/** Walks through single events, earliest first, smaller before greater, and lets each pay or not. */
function eventByEvent(price: Percentage, metric: OracleMetric, events: readonly OracleEvent[]): Fraction {
  const amounts = walk(metric, events);
  const freeEvents = price.free_events === undefined ? null : Number(price.free_events);
  const freeAmount = price.free_amount === undefined ? null : fraction(price.free_amount);
  let isOver = freeEvents === null && freeAmount === null;
  let running = zero;
  let due = zero;
  for (const [index, amount] of amounts.entries()) {
    const before = running;
    running = plus(running, amount);
    if (isOver || (freeEvents !== null && index >= freeEvents)) {
      isOver = true;
      due = plus(due, fee(price, amount));
    } else if (freeAmount !== null && isAbove(running, freeAmount)) {
      isOver = true;
      due = plus(due, fee(price, minus(amount, minus(freeAmount, before))));
    }
  }
  return due;
}

/** The amounts of single events in the order in which an allowance is used up; a negative one counts as zero. */
function walk(metric: OracleMetric, events: readonly OracleEvent[]): Fraction[] {
  const amountOf = ({ value }: OracleEvent) =>
    metric.kind === "count" ? whole(1) : larger(fraction(value ?? ""), zero);
  const single = events.flatMap((event) =>
    Array.from({ length: event.times }, () => ({ at: event.at, amount: amountOf(event) })),
  );
  single.sort((a, b) => a.at - b.at || Number(a.amount.n - b.amount.n));
  return single.map(({ amount }) => amount);
}

function fee(price: Percentage, amount: Fraction): Fraction {
  const exact = plus(times(amount, percent(price.rate)), fraction(price.fixed_amount ?? "0"));
  const least = price.min_per_event === undefined ? exact : larger(exact, fraction(price.min_per_event));
  return price.max_per_event === undefined ? least : smaller(least, fraction(price.max_per_event));
}
