/** A plain fraction over bigint, d > 0, never reduced: slow, and simple enough to be right. */
export interface Fraction {
  readonly n: bigint;
  readonly d: bigint;
}

export const zero: Fraction = { n: 0n, d: 1n };

/** Reads plain decimal text, with sign and fraction; no exponent. */
export function fraction(text: string): Fraction {
  const [whole = "", decimals = ""] = text.split(".");
  return { n: BigInt(`${whole}${decimals}`), d: 10n ** BigInt(decimals.length) };
}

export const plus = (a: Fraction, b: Fraction): Fraction => ({ n: a.n * b.d + b.n * a.d, d: a.d * b.d });
export const minus = (a: Fraction, b: Fraction): Fraction => plus(a, { n: -b.n, d: b.d });
export const times = (a: Fraction, b: Fraction): Fraction => ({ n: a.n * b.n, d: a.d * b.d });
export const isAbove = (a: Fraction, b: Fraction): boolean => a.n * b.d > b.n * a.d;
export const isSame = (a: Fraction, b: Fraction): boolean => a.n * b.d === b.n * a.d;

/** The smallest whole number that is not below a / b, both above 0. */
export function timesStarted(a: Fraction, b: Fraction): Fraction {
  const n = a.n * b.d;
  const d = a.d * b.n;
  return { n: n / d + (n % d === 0n ? 0n : 1n), d: 1n };
}
