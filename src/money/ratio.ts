import { assert } from "../errors.ts";
import {
  add,
  coefficientAt,
  compare,
  type Decimal,
  decimal,
  formatDecimal,
  fromBigInt,
  isZero,
  mul,
  powerOfTen,
  sub,
} from "./decimal.ts";
import { divideRounded, type RoundingMode } from "./rounding.ts";

/** An exact quotient, num / den with den > 0, reduced by the functions of this file. */
export interface Ratio {
  readonly num: bigint;
  readonly den: bigint;
}

/** An exact value: a decimal where it is one by nature, a quotient where something was divided. */
export type Exact = Decimal | Ratio;

export const ZERO_RATIO: Ratio = { num: 0n, den: 1n };

// What a quotient that does not end is shown with: as fine as the finest price.
const shownPlaces = 12;

/** numerator / denominator (1 when left out), exact; asserts that the denominator is not zero. */
export function ratio(numerator: Decimal, denominator?: Decimal): Ratio {
  if (denominator === undefined) return reduced(BigInt(numerator.c), powerOfTen(numerator.s));
  const s = Math.max(numerator.s, denominator.s);
  return reduced(coefficientAt(numerator, s), coefficientAt(denominator, s));
}

/** True for a quotient, false for a decimal. */
export function isRatio(value: Exact): value is Ratio {
  return "den" in value;
}

/** a + b, exact. */
export function addRatio(a: Ratio, b: Ratio): Ratio {
  return reduced(a.num * b.den + b.num * a.den, a.den * b.den);
}

/** a − b, exact. */
export function subRatio(a: Ratio, b: Ratio): Ratio {
  return reduced(a.num * b.den - b.num * a.den, a.den * b.den);
}

/** r × by, exact. */
export function mulRatio(r: Ratio, by: Ratio): Ratio {
  return reduced(r.num * by.num, r.den * by.den);
}

/** -1 where a < b, 0 where they are the same value, 1 where a > b. */
export function compareRatio(a: Ratio, b: Ratio): -1 | 0 | 1 {
  const x = a.num * b.den;
  const y = b.num * a.den;
  return x < y ? -1 : x > y ? 1 : 0;
}

/** True where r is 0. */
export function isZeroRatio(r: Ratio): boolean {
  return r.num === 0n;
}

/** r rounded to `places` decimals. */
export function ratioToDecimal(r: Ratio, places: number, mode: RoundingMode): Decimal {
  return fromBigInt(divideRounded(r.num * powerOfTen(places), r.den, mode), places);
}

/** a + b, exact; a decimal where both are, so that sums without a quotient stay cheap. */
export function addExact(a: Exact, b: Exact): Exact {
  if (isRatio(a)) return !isRatio(b) && isZero(b) ? a : addRatio(a, toRatio(b));
  if (isRatio(b)) return isZero(a) ? b : addRatio(toRatio(a), b);
  return add(a, b);
}

/** a − b, exact; a decimal where both are. */
export function subExact(a: Exact, b: Exact): Exact {
  if (!isRatio(a) && !isRatio(b)) return sub(a, b);
  return isRatio(a) && !isRatio(b) && isZero(b) ? a : subRatio(toRatio(a), toRatio(b));
}

/** -1 where a < b, 0 where they are the same value, 1 where a > b. */
export function compareExact(a: Exact, b: Exact): -1 | 0 | 1 {
  if (!isRatio(a) && !isRatio(b)) return compare(a, b);
  return compareRatio(toRatio(a), toRatio(b));
}

/** a × by, exact; a decimal where a is one. */
export function mulExact(a: Exact, by: Decimal): Exact {
  return isRatio(a) ? reduced(a.num * BigInt(by.c), a.den * powerOfTen(by.s)) : mul(a, by);
}

/** a / by, exact; asserts that `by` is not zero. */
export function divideExact(a: Exact, by: Decimal): Ratio {
  return isRatio(a) ? reduced(a.num * powerOfTen(by.s), a.den * BigInt(by.c)) : ratio(a, by);
}

/** -1, 0 or 1. */
export function signExact(a: Exact): -1 | 0 | 1 {
  const c = isRatio(a) ? a.num : a.c;
  return c < 0 ? -1 : c > 0 ? 1 : 0;
}

/** The value as a quotient. */
export function toRatio(value: Exact): Ratio {
  return isRatio(value) ? value : ratio(value);
}

/** Plain notation, every digit there is; a quotient that does not end is shown rounded to 12 decimals. */
export function formatExact(value: Exact): string {
  if (!isRatio(value)) return formatDecimal(value);
  return formatDecimal(ratioToDecimal(value, endingPlaces(value) ?? shownPlaces, "half_up"));
}

/** The exact value as text: a decimal plainly, a quotient as "n/d". `readExact` reads it. */
export function writeExact(value: Exact): string {
  return isRatio(value) ? `${value.num}/${value.den}` : formatDecimal(value);
}

/** The value `writeExact` wrote. */
export function readExact(text: string): Exact {
  const [num = "", den] = text.split("/");
  return den === undefined ? decimal(num) : { num: BigInt(num), den: BigInt(den) };
}

/** How many decimals the quotient ends after, or null where it goes on for ever. */
function endingPlaces(r: Ratio): number | null {
  let { den } = reduced(r.num, r.den);
  let twos = 0;
  let fives = 0;
  for (; den % 2n === 0n; den /= 2n) twos += 1;
  for (; den % 5n === 0n; den /= 5n) fives += 1;
  return den === 1n ? Math.max(twos, fives) : null;
}

function reduced(num: bigint, den: bigint): Ratio {
  assert(den !== 0n, "a quotient's denominator is not zero");
  const divisor = commonDivisor(num, den) * (den < 0n ? -1n : 1n);
  return { num: num / divisor, den: den / divisor };
}

function commonDivisor(a: bigint, b: bigint): bigint {
  let x = a < 0n ? -a : a;
  let y = b < 0n ? -b : b;
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}
