/** A plain fraction over bigint, d > 0, never reduced: slow, and simple enough to be right. */
export interface Fraction {
  readonly n: bigint;
  readonly d: bigint;
}

const trillion = 10n ** 12n;

export const zero: Fraction = { n: 0n, d: trillion };

const readMax = 10_000;
const read = new Map<string, Fraction>();

/** Reads plain decimal text of up to 12 decimals, with sign; no exponent. All of them get the same denominator. */
export function fraction(text: string): Fraction {
  const known = read.get(text);
  if (known !== undefined) return known;
  const [whole = "", decimals = ""] = text.split(".");
  if (decimals.length > 12) throw new Error(`${text} has more than 12 decimals`);
  const value = { n: BigInt(whole + decimals.padEnd(12, "0")), d: trillion };
  if (read.size >= readMax) read.clear(); // a case reads the same few texts again and again
  read.set(text, value);
  return value;
}

export const whole = (n: number | bigint): Fraction => ({ n: BigInt(n) * trillion, d: trillion });

export function plus(a: Fraction, b: Fraction): Fraction {
  return a.d === b.d ? { n: a.n + b.n, d: a.d } : { n: a.n * b.d + b.n * a.d, d: a.d * b.d };
}

export const minus = (a: Fraction, b: Fraction): Fraction => plus(a, { n: -b.n, d: b.d });
export const times = (a: Fraction, b: Fraction): Fraction => ({ n: a.n * b.n, d: a.d * b.d });
/** a × n, n whole. */
export const several = (a: Fraction, n: number): Fraction => ({ n: a.n * BigInt(n), d: a.d });
export const isAbove = (a: Fraction, b: Fraction): boolean => a.n * b.d > b.n * a.d;
export const isSame = (a: Fraction, b: Fraction): boolean => a.n * b.d === b.n * a.d;
export const larger = (a: Fraction, b: Fraction): Fraction => (isAbove(b, a) ? b : a);
export const smaller = (a: Fraction, b: Fraction): Fraction => (isAbove(a, b) ? b : a);
export const sum = (list: readonly Fraction[]): Fraction => list.reduce(plus, zero);

/** a / b, b above 0. */
export const over = (a: Fraction, b: Fraction): Fraction => ({ n: a.n * b.d, d: a.d * b.n });

export type Rounding = "up" | "down" | "half_up" | "half_even";

/** The value with so many decimals: its size is rounded and keeps its sign, so up is away from zero. */
export function rounded(a: Fraction, places: number, mode: Rounding): Fraction {
  const scale = 10n ** BigInt(places);
  const size = (a.n < 0n ? -a.n : a.n) * scale;
  const floor = size / a.d;
  const rest = size - floor * a.d;
  const ties = 2n * rest === a.d;
  const isUp = {
    up: rest > 0n,
    down: false,
    half_up: ties || 2n * rest > a.d,
    half_even: ties ? floor % 2n === 1n : 2n * rest > a.d,
  }[mode];
  const n = isUp ? floor + 1n : floor;
  return { n: a.n < 0n ? -n : n, d: scale };
}
