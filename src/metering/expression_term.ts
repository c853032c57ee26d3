import { type Decimal, fromInteger, parseDecimal } from "../money/decimal.ts";
import { roundTo } from "../money/money.ts";
import {
  addExact,
  compareExact,
  divideExact,
  type Exact,
  formatExact,
  isRatio,
  mulExact,
  mulRatio,
  ratioToDecimal,
  signExact,
  subExact,
  toRatio,
} from "../money/ratio.ts";

/** A value inside an expression: an exact number, a text or a truth. */
export type Term = Exact | string | boolean;

/** Why an expression has no value for an event; the message follows "the expression has no value: ". */
export class NoValue extends Error {
  override readonly name = "NoValue";
}

// Far beyond any quantity, which is below 10^18 with 12 decimals; products of all properties one could name stay
// below it, powers by repetition do not.
const digitsMax = 300;
const ceiling = 10n ** BigInt(digitsMax);
const placesMax = 12;
const quotedMax = 40;

/** The number a term is; a text that is a decimal is one. */
export function numberOf(term: Term): Exact {
  const number = numberOrNull(term);
  if (number === null) throw new NoValue(`${quoted(term)} is not a number`);
  return number;
}

/** The truth a term is, which only comparisons and booleans are. */
export function truthOf(term: Term): boolean {
  if (typeof term !== "boolean") throw new NoValue(`${quoted(term)} is neither true nor false`);
  return term;
}

/** The term as text: numbers plainly, by exact value. */
export function textOf(term: Term): string {
  return typeof term === "object" ? formatExact(term) : String(term);
}

/** Numbers by exact value, also where one is sent as text; anything else by its text. */
export function isSame(a: Term, b: Term): boolean {
  if (typeof a !== "object" && typeof b !== "object") return String(a) === String(b);
  const [x, y] = [numberOrNull(a), numberOrNull(b)];
  return x !== null && y !== null && compareExact(x, y) === 0;
}

/** a + b. */
export function sum(a: Exact, b: Exact): Exact {
  return bounded(addExact(a, b));
}

/** a − b. */
export function difference(a: Exact, b: Exact): Exact {
  return bounded(subExact(a, b));
}

/** a × b. */
export function product(a: Exact, b: Exact): Exact {
  return bounded(isRatio(b) ? mulRatio(toRatio(a), b) : mulExact(a, b));
}

/** a / b; there is none by zero. */
export function quotient(a: Exact, b: Exact): Exact {
  if (signExact(b) === 0) throw new NoValue("division by zero");
  if (!isRatio(b)) return bounded(divideExact(a, b));
  return bounded(mulRatio(toRatio(a), { num: b.den, den: b.num })); // which mends the sign too
}

/** What is left of a after taking b away as often as it goes, with the sign of a; there is none by zero. */
export function remainder(a: Exact, b: Exact): Exact {
  const times = ratioToDecimal(toRatio(quotient(a, b)), 0, "down");
  return difference(a, product(b, times));
}

/** The smallest whole number not below. */
export function ceiled(value: Exact): Exact {
  return roundTo(value, 0, signExact(value) < 0 ? "down" : "up");
}

/** The greatest whole number not above. */
export function floored(value: Exact): Exact {
  return roundTo(value, 0, signExact(value) < 0 ? "up" : "down");
}

/** Half up, away from zero, to 0 to 12 decimals. */
export function rounded(value: Exact, places: Exact): Exact {
  for (let count = 0; count <= placesMax; count += 1) {
    if (compareExact(places, fromInteger(count)) === 0) return roundTo(value, count);
  }
  throw new NoValue(`'round' goes to 0 to ${placesMax} decimals`);
}

/** The number, where it is no larger and no finer than it can sensibly be: time and memory stay small. */
export function bounded<T extends Exact>(value: T): T {
  if (isRatio(value) ? isBeyond(value.num) || isBeyond(value.den) : isHuge(value)) {
    throw new NoValue("a number in it grows too large");
  }
  return value;
}

function isHuge({ c, s }: Decimal): boolean {
  return s > digitsMax || (typeof c === "bigint" && isBeyond(c));
}

function isBeyond(n: bigint): boolean {
  return n > ceiling || n < -ceiling;
}

function numberOrNull(term: Term): Exact | null {
  if (typeof term === "object") return term;
  return typeof term === "string" ? parseDecimal(term) : null;
}

function quoted(term: Term): string {
  const text = textOf(term);
  return `'${text.length > quotedMax ? `${text.slice(0, quotedMax)}…` : text}'`;
}
