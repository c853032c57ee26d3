import fc from "fast-check";
import type { Decimal } from "../../src/money/decimal.ts";

/** A plain fraction over bigint, not reduced: what the exact types are judged by. */
export interface Rational {
  readonly n: bigint;
  readonly d: bigint;
}

/** A decimal number drawn at random: as text, and as the fraction it is. */
export interface Sample {
  readonly text: string;
  readonly value: Rational;
}

export const plus = (a: Rational, b: Rational): Rational => ({ n: a.n * b.d + b.n * a.d, d: a.d * b.d });
export const minus = (a: Rational, b: Rational): Rational => plus(a, { n: -b.n, d: b.d });
export const times = (a: Rational, b: Rational): Rational => ({ n: a.n * b.n, d: a.d * b.d });
export const order = (a: Rational, b: Rational): number => Number(signOf(a.n * b.d - b.n * a.d));
export const same = (a: Rational, b: Rational): boolean => a.n * b.d === b.n * a.d;

/** The fraction a Decimal stands for. */
export function fractionOf(a: Decimal): Rational {
  return { n: BigInt(a.c), d: 10n ** BigInt(a.s) };
}

/** The representation's promise: a safe integer where it fits, a bigint only where not, never -0. */
export function isWellFormed(a: Decimal): boolean {
  if (!Number.isInteger(a.s) || a.s < 0) return false;
  if (typeof a.c === "number") return Number.isSafeInteger(a.c) && !Object.is(a.c, -0);
  return !Number.isSafeInteger(Number(a.c));
}

const coefficients = fc.oneof(
  fc.bigInt(-1000n, 1000n),
  fc.bigInt(-(10n ** 12n), 10n ** 12n),
  fc.bigInt(-3n, 3n).map((near) => 2n ** 53n + near),
  fc.bigInt(-3n, 3n).map((near) => -(2n ** 53n) + near),
  fc.bigInt(-(10n ** 30n), 10n ** 30n),
);

/** Decimals of all sizes, those around the end of the safe integers among them. */
export const samples: fc.Arbitrary<Sample> = fc
  .tuple(coefficients, fc.integer({ min: 0, max: 20 }))
  .map(([c, s]) => ({ text: written(c, s), value: { n: c, d: 10n ** BigInt(s) } }));

function written(c: bigint, s: number): string {
  const digits = String(c < 0n ? -c : c).padStart(s + 1, "0");
  const point = digits.length - s;
  return `${c < 0n ? "-" : ""}${digits.slice(0, point)}${s > 0 ? `.${digits.slice(point)}` : ""}`;
}

function signOf(n: bigint): bigint {
  return n < 0n ? -1n : n > 0n ? 1n : 0n;
}
