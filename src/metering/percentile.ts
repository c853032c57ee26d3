import { assert } from "../errors.ts";
import {
  add,
  compare,
  type Decimal,
  decimal,
  divideUp,
  fromInteger,
  mul,
  sub,
  ZERO,
} from "../money/decimal.ts";
import type { Aggregate } from "./aggregate_state.ts";
import type { Metric } from "./metric.ts";
import { rank, valueAtRank } from "./ranked_values.ts";

const hundred = fromInteger(100);

/** The nearest-rank percentile: of n values the ceil(p / 100 × n)-th smallest; 0 of none. */
export function percentileOf(metric: Metric, { ranked, second: count }: Aggregate): Decimal {
  return valueAtRank(ranked ?? [], count, wantedOf(metric, count)) ?? ZERO;
}

/**
 * The percentile with a value more, so often. With it, the kth smallest is the value itself, but no more than the
 * kth smallest without it and no less than the one its copies would push up to k.
 */
export function percentileWith(
  metric: Metric,
  aggregate: Aggregate,
  value: Decimal,
  times: Decimal,
): Decimal {
  const { second: count } = aggregate;
  const ranked = aggregate.ranked ?? [];
  const wanted = wantedOf(metric, add(count, times));
  const most = valueAtRank(ranked, count, wanted);
  if (most !== null && compare(most, value) < 0) return most;
  const least = valueAtRank(ranked, count, sub(wanted, times));
  return least !== null && compare(least, value) > 0 ? least : value;
}

/** Takes a value in, so often. */
export function takeValue(aggregate: Aggregate, value: Decimal, times: Decimal): void {
  aggregate.second = add(aggregate.second, times);
  aggregate.ranked ??= [];
  rank(aggregate.ranked, value, times);
}

function wantedOf({ percentile }: Metric, count: Decimal): Decimal {
  assert(typeof percentile === "string", "a checked percentile metric says which, as text");
  return divideUp(mul(decimal(percentile), count), hundred);
}
