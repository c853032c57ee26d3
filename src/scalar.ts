import { type Decimal, formatDecimal } from "./money/decimal.ts";
import { decimalOf } from "./money/json.ts";

/**
 * The one text of a scalar: numbers by exact value (1.0 and 1 are "1"), strings as they are, booleans by name.
 * Null for null, objects and lists. A number and a string of the same text count as the same.
 */
export function canonicalText(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  const number = numberOf(value);
  return number === null ? null : formatDecimal(number);
}

/** The exact value of a JSON number, null for anything else, decimal strings included. */
export function numberOf(value: unknown): Decimal | null {
  return typeof value === "string" ? null : decimalOf(value);
}
