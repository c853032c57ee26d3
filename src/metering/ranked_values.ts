import { add, compare, type Decimal, divideUp, fromInteger, mul, ZERO } from "../money/decimal.ts";

/** A value and how many events had it. */
export interface RankedValue {
  readonly value: Decimal;
  readonly times: Decimal;
}

const hundred = fromInteger(100);

/** Where a value stands among ascending ones, or would stand. */
export function placeOf(ranked: readonly RankedValue[], value: Decimal): number {
  let low = 0;
  let high = ranked.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = ranked[middle];
    if (at !== undefined && compare(at.value, value) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Takes a value in, in place; one that comes to nothing leaves. */
export function rank(ranked: RankedValue[], value: Decimal, times: Decimal): void {
  const place = placeOf(ranked, value);
  const known = ranked[place];
  if (known === undefined || compare(known.value, value) !== 0) {
    ranked.splice(place, 0, { value, times });
    return;
  }
  const total = add(known.times, times);
  if (compare(total, ZERO) === 0) ranked.splice(place, 1);
  else ranked[place] = { value, times: total };
}

/** The nearest-rank percentile: the ceil(percent / 100 × n)-th smallest value; 0 of none. */
export function percentileOf(ranked: readonly RankedValue[], percent: Decimal): Decimal {
  const count = ranked.reduce((sum, { times }) => add(sum, times), ZERO);
  const wanted = divideUp(mul(percent, count), hundred);
  let seen = ZERO;
  for (const { value, times } of ranked) {
    seen = add(seen, times);
    if (compare(seen, wanted) >= 0) return value;
  }
  return ZERO;
}
