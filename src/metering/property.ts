import { type Decimal, formatDecimal } from "../money/decimal.ts";
import { decimalOf, isRawNumber } from "../money/json.ts";

/** What an event tells about itself, as it was sent. */
export type Properties = Readonly<Record<string, unknown>>;

/** The property a field names: one of exactly that name, else the end of the dotted path; undefined where there is none. */
export function propertyAt(properties: Properties, field: string): unknown {
  if (Object.hasOwn(properties, field)) return properties[field];
  if (!field.includes(".")) return undefined;
  let value: unknown = properties;
  for (const name of field.split(".")) {
    if (!isFolder(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

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

function isFolder(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value);
}
