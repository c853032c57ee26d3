import { assert } from "../errors.ts";

/**
 * An exact decimal: `c` × 10^-`s`. `c` is a safe integer, promoted to bigint only where it would not fit, and never
 * -0; `s` is 0 or more. Not normalised (2.50 may be 250 × 10^-2): compare with `compare`, never field by field.
 * Made only by the functions of this folder; + - × are exact, and rounding lives in money.ts.
 */
export interface Decimal {
  readonly c: number | bigint;
  readonly s: number;
}

export const ZERO: Decimal = { c: 0, s: 0 };
export const ONE: Decimal = { c: 1, s: 0 };

// Powers of ten that a safe integer can be multiplied by and stay one.
const smallPowers = [
  1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
] as const;
const maxSafe = BigInt(Number.MAX_SAFE_INTEGER);

/** A whole number as a Decimal; asserts that a `number` is a safe integer. */
export function fromInteger(n: number | bigint): Decimal {
  if (typeof n === "bigint") return fromBigInt(n, 0);
  assert(Number.isSafeInteger(n), "a safe integer is expected");
  return { c: n + 0, s: 0 };
}

/** c × 10^-s for a coefficient of any size, demoted to a number where it fits. */
export function fromBigInt(c: bigint, s: number): Decimal {
  return c <= maxSafe && c >= -maxSafe ? { c: Number(c), s } : { c, s };
}

/** The coefficient of `a` at a scale of `s`, which is not smaller than its own. */
export function coefficientAt(a: Decimal, s: number): bigint {
  return BigInt(a.c) * powerOfTen(s - a.s);
}

const bigPowers = Array.from({ length: 41 }, (_, n) => 10n ** BigInt(n));

/** 10^n as a bigint, n ≥ 0. */
export function powerOfTen(n: number): bigint {
  return bigPowers[n] ?? 10n ** BigInt(n);
}

/** a + b, exact. */
export function add(a: Decimal, b: Decimal): Decimal {
  const s = a.s > b.s ? a.s : b.s;
  if (typeof a.c === "number" && typeof b.c === "number") {
    const sum = a.s === b.s ? a.c + b.c : rescaled(a.c, s - a.s) + rescaled(b.c, s - b.s);
    if (Number.isSafeInteger(sum)) return { c: sum, s }; // not so for NaN, where one did not fit
  }
  return fromBigInt(coefficientAt(a, s) + coefficientAt(b, s), s);
}

/** a − b, exact. */
export function sub(a: Decimal, b: Decimal): Decimal {
  const s = a.s > b.s ? a.s : b.s;
  if (typeof a.c === "number" && typeof b.c === "number") {
    const difference = a.s === b.s ? a.c - b.c : rescaled(a.c, s - a.s) - rescaled(b.c, s - b.s);
    if (Number.isSafeInteger(difference)) return { c: difference, s };
  }
  return fromBigInt(coefficientAt(a, s) - coefficientAt(b, s), s);
}

/** a × b, exact. */
export function mul(a: Decimal, b: Decimal): Decimal {
  if (typeof a.c === "number" && typeof b.c === "number") {
    const product = a.c * b.c;
    // A true product beyond the safe range never rounds back into it, so the check is exact; + 0 turns -0 into 0.
    if (Number.isSafeInteger(product)) return { c: product + 0, s: a.s + b.s };
  }
  return fromBigInt(BigInt(a.c) * BigInt(b.c), a.s + b.s);
}

/** −a. */
export function neg(a: Decimal): Decimal {
  return { c: typeof a.c === "number" ? 0 - a.c : -a.c, s: a.s };
}

/** |a|. */
export function abs(a: Decimal): Decimal {
  return a.c < 0 ? neg(a) : a;
}

/** The smaller one; the first where they are equal. */
export function min(a: Decimal, b: Decimal): Decimal {
  return compare(a, b) <= 0 ? a : b;
}

/** The greater one; the first where they are equal. */
export function max(a: Decimal, b: Decimal): Decimal {
  return compare(a, b) >= 0 ? a : b;
}

/** -1 where a < b, 0 where they are the same value, 1 where a > b. */
export function compare(a: Decimal, b: Decimal): -1 | 0 | 1 {
  const s = a.s > b.s ? a.s : b.s;
  if (typeof a.c === "number" && typeof b.c === "number") {
    const x = a.s === s ? a.c : rescaled(a.c, s - a.s);
    const y = b.s === s ? b.c : rescaled(b.c, s - b.s);
    if (x < y) return -1;
    if (x > y) return 1;
    if (x === y) return 0; // false for NaN, where one did not fit
  }
  const x = coefficientAt(a, s);
  const y = coefficientAt(b, s);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** True where a is 0. */
export function isZero(a: Decimal): boolean {
  return a.c === 0;
}

/** -1, 0 or 1. */
export function sign(a: Decimal): -1 | 0 | 1 {
  return a.c < 0 ? -1 : a.c === 0 ? 0 : 1;
}

/** The smallest whole number not below a / b, b > 0: how many packages are started. One of the few divisions. */
export function divideUp(a: Decimal, b: Decimal): Decimal {
  assert(sign(b) > 0, "divideUp takes a divisor above zero");
  const s = Math.max(a.s, b.s);
  if (typeof a.c === "number" && typeof b.c === "number") {
    const x = rescaled(a.c, s - a.s);
    const y = rescaled(b.c, s - b.s);
    if (!Number.isNaN(x) && !Number.isNaN(y)) {
      const rest = x % y;
      return { c: (x - rest) / y + (rest > 0 ? 1 : 0), s: 0 };
    }
  }
  const x = coefficientAt(a, s);
  const y = coefficientAt(b, s);
  return fromBigInt(x / y + (x % y > 0n ? 1n : 0n), 0);
}

/** c × 10^places, or NaN where that is no safe integer. */
function rescaled(c: number, places: number): number {
  if (c === 0) return 0;
  const scaled = c * (smallPowers[places] ?? Number.NaN);
  return Number.isSafeInteger(scaled) ? scaled : Number.NaN;
}

const digitsMax = 60;
const exponentMax = 60;
const grammar = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * Reads a decimal: optional sign, digits, optional fraction and exponent ("25.00", "-0.5", "4e-7"). Null for
 * anything else, for more than 60 digits, and for an exponent beyond ±60: both bound what a client can make us hold.
 */
export function parseDecimal(text: string): Decimal | null {
  const length = text.length;
  const first = text.charCodeAt(0);
  const start = first === 45 || first === 43 ? 1 : 0; // - or +
  if (length === start || length - start > 16) return parseLong(text);
  let c = 0;
  let s = 0;
  let point = -1;
  let zeros = 0; // of the fraction, not yet in c: trailing ones never get there
  for (let i = start; i < length; i += 1) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) {
      if (point < 0) c = c * 10 + digit;
      else if (digit === 0) zeros += 1;
      else {
        c = c * (smallPowers[zeros + 1] ?? Number.NaN) + digit;
        s += zeros + 1;
        zeros = 0;
      }
    } else if (digit === -2 && point < 0 && i > start && i < length - 1) {
      point = i;
    } else {
      return parseLong(text); // an exponent, or not a decimal
    }
  }
  if (!Number.isSafeInteger(c)) return parseLong(text); // sixteen digits may not fit
  return { c: first === 45 ? 0 - c : c, s };
}

/** The slow way of parseDecimal: any length, with exponent. */
function parseLong(text: string): Decimal | null {
  const match = grammar.exec(text);
  if (match === null) return null;
  const [, minus = "", whole = "", fraction = "", exponent = "0"] = match;
  const shift = Number(exponent);
  if (whole.length + fraction.length > digitsMax || Math.abs(shift) > exponentMax) return null;
  const kept = fraction.replace(/0+$/, "");
  const s = kept.length - shift;
  const digits = BigInt(whole + kept) * powerOfTen(Math.max(-s, 0));
  if (digits === 0n) return ZERO;
  return fromBigInt(minus === "-" ? -digits : digits, Math.max(s, 0));
}

/** A literal of the source as a Decimal; asserts that it is one. */
export function decimal(text: string): Decimal {
  const value = parseDecimal(text);
  assert(value !== null, `not a decimal: ${text}`);
  return value;
}

/** Plain notation without exponent or trailing zeros: "25", "0.0000004", "-1.5". */
export function formatDecimal(a: Decimal): string {
  if (a.s === 0) return String(a.c);
  if (typeof a.c === "number" && a.s < smallPowers.length) return formatSmall(a.c, a.s);
  const text = placed(a);
  let end = text.length;
  while (text.charCodeAt(end - 1) === 48) end -= 1;
  if (text.charCodeAt(end - 1) === 46) end -= 1;
  return text.slice(0, end);
}

const zeros = "0".repeat(smallPowers.length);

/** As formatDecimal, with whole numbers alone: dividing safe integers by ten where nothing is left is exact. */
function formatSmall(coefficient: number, scale: number): string {
  const sign = coefficient < 0 ? "-" : "";
  let c = Math.abs(coefficient);
  let s = scale;
  while (s > 0 && c % 10 === 0) {
    c /= 10;
    s -= 1;
  }
  if (s === 0) return `${sign}${c}`;
  const power = smallPowers[s] ?? 1;
  const rest = c % power;
  const fraction = String(rest);
  return `${sign}${(c - rest) / power}.${zeros.slice(0, s - fraction.length)}${fraction}`;
}

/** Exactly `places` decimals, padded with zeros; asserts that nothing is cut, so round first. */
export function formatFixed(a: Decimal, places: number): string {
  const plain = formatDecimal(a);
  const point = plain.indexOf(".");
  const decimals = point < 0 ? 0 : plain.length - point - 1;
  assert(decimals <= places, `${plain} has more than ${places} decimals`);
  if (places === decimals) return plain;
  return `${plain}${point < 0 ? "." : ""}${"0".repeat(places - decimals)}`;
}

/** How many decimals the value needs: 1 for 2.50, 0 for 300. */
export function scaleOf(a: Decimal): number {
  const plain = formatDecimal(a);
  const point = plain.indexOf(".");
  return point < 0 ? 0 : plain.length - point - 1;
}

/** All s > 0 decimals written out, zeros included. */
function placed(a: Decimal): string {
  const negative = a.c < 0;
  const digits = String(negative ? -a.c : a.c).padStart(a.s + 1, "0");
  const point = digits.length - a.s;
  return `${negative ? "-" : ""}${digits.slice(0, point)}.${digits.slice(point)}`;
}
