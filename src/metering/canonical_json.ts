import { formatDecimal } from "../money/decimal.ts";
import { isRawNumber } from "../money/json.ts";
import { numberOf } from "../scalar.ts";

/** JSON with sorted names, no spaces and numbers by exact value: one text for all ways to write the same value. */
export function canonicalJson(value: unknown): string {
  if (typeof value === "number" || isRawNumber(value)) return numberText(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const folder = value as Readonly<Record<string, unknown>>;
  const names = Object.keys(folder);
  if (isCanonical(folder, names)) return JSON.stringify(folder);
  names.sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalJson(folder[name])}`).join(",")}}`;
}

/**
 * True when plain JSON is canonical already: names in order, scalars only, no number that JSON would write with an
 * exponent. Nearly all events are so, and this is on the path of each.
 */
function isCanonical(folder: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  let before = "";
  for (const name of names) {
    if (name < before) return false;
    before = name;
    const value = folder[name];
    if (typeof value === "object" && value !== null) return false;
    if (typeof value === "number" && !isPlain(value)) return false;
  }
  return true;
}

function isPlain(value: number): boolean {
  const size = Math.abs(value);
  return size === 0 || (size >= 1e-6 && size < 1e21);
}

function numberText(value: unknown): string {
  const number = numberOf(value);
  return number === null ? JSON.stringify(value) : formatDecimal(number);
}
