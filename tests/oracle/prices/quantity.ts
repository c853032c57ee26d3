import {
  type Fraction,
  fraction,
  larger,
  over,
  plus,
  rounded,
  several,
  smaller,
  sum,
  times,
  whole,
  zero,
} from "../fraction.ts";
import type { OracleEvent, OracleMetric } from "./case.ts";

/** From where to where a quantity is measured, and what a weighted sum is spread over, in milliseconds. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly wholeMs: number;
}

/**
 * The quantity of all events, in the order they came in, worked out from the beginning every time.
 *
 * @param before the events before the stretch, of which a metric with carry_over keeps what they left
 */
export function oracleQuantity(
  metric: OracleMetric,
  before: readonly OracleEvent[],
  events: readonly OracleEvent[],
  stretch: Stretch,
): Fraction {
  const kept = metric.carry_over === true ? before : [];
  const exact = exactQuantity(metric, kept, events, stretch);
  return metric.rounding === undefined ? exact : rounded(exact, metric.rounding.scale, metric.rounding.mode);
}

function exactQuantity(
  metric: OracleMetric,
  before: readonly OracleEvent[],
  events: readonly OracleEvent[],
  stretch: Stretch,
): Fraction {
  const all = [...before, ...events];
  switch (metric.kind) {
    case "count":
      return sum(events.map((event) => whole(event.times)));
    case "sum":
      return sum(all.map(weight));
    case "max":
      return events.length === 0 ? zero : events.map(number).reduce(larger);
    case "min":
      return events.length === 0 ? zero : events.map(number).reduce(smaller);
    case "unique":
      return whole(new Set(all.map((event) => event.value)).size);
    case "unique with operations":
      return present(all);
    case "latest": {
      const last = inTime(all).at(-1);
      return last === undefined ? zero : number(last);
    }
    case "average":
      if (events.length === 0) return zero;
      return over(sum(events.map(weight)), sum(events.map((event) => whole(event.times))));
    case "weighted_sum":
      return weighted(before, events, stretch);
    case "percentile":
      return percentile(events, metric.percentile ?? "");
  }
}

const number = (event: OracleEvent): Fraction => fraction(event.value ?? "");
const weight = (event: OracleEvent): Fraction => several(number(event), event.times);

/** By their own time; those of equal time as they came in. */
function inTime(events: readonly OracleEvent[]): OracleEvent[] {
  return events.toSorted((a, b) => a.at - b.at);
}

/** Lives through the operations and counts what is there at the end. */
function present(events: readonly OracleEvent[]): Fraction {
  const there = new Set<string | null>();
  for (const { value, operation = "add" } of inTime(events)) {
    if (operation === "add") there.add(value);
    else there.delete(value);
  }
  return whole(there.size);
}

/** Steps from change to change and adds up level × duration; the level begins where the events before left it. */
function weighted(
  before: readonly OracleEvent[],
  events: readonly OracleEvent[],
  { start, end, wholeMs }: Stretch,
): Fraction {
  let level = sum(before.map(weight));
  let area = zero;
  let from = start;
  for (const event of inTime(events)) {
    const to = Math.min(event.at, end);
    area = plus(area, several(level, to - from));
    level = plus(level, weight(event));
    from = to;
  }
  area = plus(area, several(level, end - from));
  return over(area, whole(wholeMs));
}

/** Lays all values out in a row and takes the one at the nearest rank. */
function percentile(events: readonly OracleEvent[], percent: string): Fraction {
  const row = events.flatMap((event) => Array.from({ length: event.times }, () => number(event)));
  row.sort((a, b) => Number(a.n - b.n)); // one denominator, and the sign is all that counts
  const rank = rounded(times(over(fraction(percent), whole(100)), whole(row.length)), 0, "up");
  return row[Number(rank.n) - 1] ?? zero;
}
