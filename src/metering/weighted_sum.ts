import { add, compare, type Decimal, fromInteger, mul, sub, ZERO } from "../money/decimal.ts";
import { type Exact, ratio } from "../money/ratio.ts";
import type { Instant } from "../time/instant.ts";
import { type Aggregate, emptyAggregate } from "./aggregate_state.ts";
import { rank } from "./ranked_values.ts";
import type { Span } from "./span.ts";

// A weighted sum is the integral of a level over time. Two sums say it for changes inside the span: level × end −
// sum of change × time. The changes by time serve for those outside it: of events that carried over or came before
// a cut, and of events after an end that has moved earlier since.

/** The mean level over the whole period: each change × the part of it that is left after the change. */
export function weightedSumOf(aggregate: Aggregate, span: Span): Exact {
  return perWhole(areaOf(aggregate, span), span);
}

/** The same with one change more. */
export function weightedSumWith(aggregate: Aggregate, change: Decimal, at: Instant, span: Span): Exact {
  const left = span.end - Math.min(Math.max(at, span.start), span.end);
  return perWhole(add(areaOf(aggregate, span), mul(change, fromInteger(left))), span);
}

/** Takes a change of the level in. */
export function takeChange(aggregate: Aggregate, change: Decimal, at: Instant): void {
  const time = fromInteger(at);
  aggregate.value = add(aggregate.value ?? ZERO, change);
  aggregate.second = add(aggregate.second, mul(change, time));
  aggregate.ranked ??= [];
  rank(aggregate.ranked, time, change);
}

/** The level as it is at an instant, and the changes after it; null where there never was one. */
export function levelFrom({ kind, value, ranked }: Aggregate, start: Instant): Aggregate | null {
  if (value === null) return null;
  const from = emptyAggregate(kind);
  takeChange(from, ZERO, start);
  for (const { value: time, times: change } of ranked ?? []) {
    takeChange(from, change, Math.max(Number(time.c), start));
  }
  return from;
}

/** Level × milliseconds within the span. */
function areaOf({ value, second, ranked }: Aggregate, span: Span): Decimal {
  const [start, end] = [fromInteger(span.start), fromInteger(span.end)];
  let area = sub(mul(value ?? ZERO, end), second);
  if (ranked === null) return area;
  // What lies before the span counts from its start, what lies after it not at all. Mostly there is neither.
  for (const { value: time, times: change } of ranked) {
    if (compare(time, start) >= 0) break;
    area = sub(area, mul(change, sub(start, time)));
  }
  for (let index = ranked.length - 1; index >= 0; index -= 1) {
    const last = ranked[index];
    if (last === undefined || compare(last.value, end) <= 0) break;
    area = add(area, mul(last.times, sub(last.value, end)));
  }
  return area;
}

function perWhole(area: Decimal, { wholeMs }: Span): Exact {
  return wholeMs === 0 ? ZERO : ratio(area, fromInteger(wholeMs));
}
