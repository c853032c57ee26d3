import { add, compare, type Decimal, isZero, sign, sub } from "../money/decimal.ts";

/** A value and how often it came. */
export interface RankedValue {
  readonly value: Decimal;
  readonly times: Decimal;
}

/** Takes a value into an ascending list, in place; one that comes to nothing leaves it. */
export function rank(ranked: RankedValue[], value: Decimal, times: Decimal): void {
  const place = placeOf(ranked, value);
  const known = ranked[place];
  if (known === undefined || compare(known.value, value) !== 0) {
    if (!isZero(times)) ranked.splice(place, 0, { value, times });
    return;
  }
  const total = add(known.times, times);
  if (isZero(total)) ranked.splice(place, 1);
  else ranked[place] = { value, times: total };
}

/**
 * The nth smallest of `count` values, each as often as it came; null where there is no such one. Walks from the
 * nearer end, which makes the usual percentiles cheap.
 */
export function valueAtRank(ranked: readonly RankedValue[], count: Decimal, nth: Decimal): Decimal | null {
  if (sign(nth) <= 0 || compare(nth, count) > 0) return null;
  let above = sub(count, nth); // so many values follow it
  if (compare(nth, above) <= 0) return fromBelow(ranked, nth);
  for (let index = ranked.length - 1; index >= 0; index -= 1) {
    const each = ranked[index];
    if (each === undefined) break;
    if (compare(above, each.times) < 0) return each.value;
    above = sub(above, each.times);
  }
  return null;
}

function fromBelow(ranked: readonly RankedValue[], nth: Decimal): Decimal | null {
  let left = nth;
  for (const { value, times } of ranked) {
    if (compare(left, times) <= 0) return value;
    left = sub(left, times);
  }
  return null;
}

/** Where a value stands in an ascending list, or would stand. */
function placeOf(ranked: readonly RankedValue[], value: Decimal): number {
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
