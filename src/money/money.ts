import { assert } from "../errors.ts";
import { currencyExponent } from "./currency.ts";
import {
  abs,
  coefficientAt,
  type Decimal,
  formatFixed,
  fromBigInt,
  fromInteger,
  mul,
  powerOfTen,
  scaleOf,
  sign,
} from "./decimal.ts";
import { type Exact, isRatio, type Ratio, ratio, ratioToDecimal } from "./ratio.ts";
import { divideRounded, type RoundingMode } from "./rounding.ts";

export type { RoundingMode } from "./rounding.ts";

/** The amount with at most `places` decimals, by default half away from zero. */
export function roundTo(amount: Exact, places: number, mode: RoundingMode = "half_up"): Decimal {
  if (isRatio(amount)) return ratioToDecimal(amount, places, mode);
  if (amount.s <= places) return amount;
  return fromBigInt(divideRounded(BigInt(amount.c), powerOfTen(amount.s - places), mode), places);
}

/** The amount in whole smallest units of the currency, half away from zero: once, at the line item. */
export function roundMoney(amount: Exact, currency: string): Decimal {
  return roundTo(amount, exponentOf(currency));
}

/** The exact share of an amount that falls on `part` of `whole`, both in milliseconds, 0 ≤ part ≤ whole. */
export function prorate(amount: Decimal, part: number, whole: number): Ratio {
  assert(part >= 0 && part <= whole && whole > 0, "proration takes a part of a whole");
  return ratio(mul(amount, fromInteger(part)), fromInteger(whole));
}

/**
 * Shares a total by weights, in steps of 10^-`places`, so that the shares add up to it: each gets its exact share
 * cut off, and the largest remainders, earlier ones first, get one step more. Weights are not negative; a total
 * that is not zero needs one above zero and must itself have no more than `places` decimals.
 */
export function allocate(total: Decimal, weights: readonly Decimal[], places: number): Decimal[] {
  assert(scaleOf(total) <= places, "the total to share is finer than its shares");
  const scale = weights.reduce((finest, weight) => Math.max(finest, weight.s), 0);
  const parts = weights.map((weight) => coefficientAt(weight, scale));
  assert(
    parts.every((part) => part >= 0n),
    "weights are not negative",
  );
  const whole = parts.reduce((sum, part) => sum + part, 0n);
  if (sign(total) === 0) return parts.map(() => fromBigInt(0n, places));
  assert(whole > 0n, "a total cannot be shared without weights");
  const steps = roundedSteps(abs(total), places);
  const shares = parts.map((part) => (steps * part) / whole);
  let left = steps - shares.reduce((sum, share) => sum + share, 0n);
  for (const index of byRemainder(parts.map((part) => (steps * part) % whole))) {
    if (left === 0n) break;
    shares[index] = (shares[index] ?? 0n) + 1n;
    left -= 1n;
  }
  const unit = sign(total) < 0 ? -1n : 1n;
  return shares.map((share) => fromBigInt(share * unit, places));
}

/** The amount with the currency's decimals: "25.00", JPY "25"; asserts that it is rounded already. */
export function formatMoney(amount: Decimal, currency: string): string {
  return formatFixed(amount, exponentOf(currency));
}

/** The amount as a count of 10^-places, which it is a multiple of. */
function roundedSteps(amount: Decimal, places: number): bigint {
  return coefficientAt(roundTo(amount, places), places);
}

/** Indexes, largest remainder first; sorting is stable, so the earlier one of two equals comes first. */
function byRemainder(remainders: readonly bigint[]): number[] {
  const order = remainders.map((remainder, index) => ({ remainder, index }));
  order.sort((a, b) => (a.remainder === b.remainder ? 0 : a.remainder > b.remainder ? -1 : 1));
  return order.map(({ index }) => index);
}

function exponentOf(currency: string): number {
  const exponent = currencyExponent(currency);
  assert(exponent !== null, `not a currency: ${currency}`);
  return exponent;
}
