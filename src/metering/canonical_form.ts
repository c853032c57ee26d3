import { formatDecimal } from "../money/decimal.ts";
import { isRawNumber } from "../money/json.ts";
import { numberOf } from "./property.ts";

/**
 * One text for all ways to write the same JSON value: names sorted, numbers by exact value, every string with its
 * length before it, so that nothing needs escaping and different values never read the same.
 */
export function canonicalForm(value: unknown): string {
  if (typeof value === "string") return `"${value.length}:${value}`;
  if (typeof value === "number" || isRawNumber(value)) return numberForm(value);
  if (typeof value !== "object" || value === null) return String(value ?? null);
  if (Array.isArray(value)) return `[${value.map(canonicalForm).join(",")}]`;
  const names = Object.keys(value);
  if (!isSorted(names)) names.sort();
  let text = "";
  for (const name of names) {
    text += `${name.length}:${name}=${canonicalForm((value as Readonly<Record<string, unknown>>)[name])},`;
  }
  return `{${text}}`;
}

function numberForm(value: unknown): string {
  if (Number.isSafeInteger(value)) return String(value); // -0 is "0" here too
  const number = numberOf(value);
  return number === null ? JSON.stringify(value) : formatDecimal(number);
}

/** Senders mostly keep to one order; sorting costs more than all the rest. */
function isSorted(names: readonly string[]): boolean {
  for (let i = 1; i < names.length; i += 1) if ((names[i - 1] ?? "") > (names[i] ?? "")) return false;
  return true;
}
