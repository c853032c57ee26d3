import { formatDecimal } from "../money/decimal.ts";
import { isRawNumber } from "../money/json.ts";
import { numberOf } from "./property.ts";

/** JSON with sorted names, no spaces and numbers by exact value: equal for what means the same, however it was written. */
export function canonicalJson(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" || isRawNumber(value)) {
    const number = numberOf(value);
    return number === null ? JSON.stringify(value) : formatDecimal(number);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return String(value ?? null);
  let text = "";
  for (const name of Object.keys(value).sort()) {
    text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${canonicalJson((value as Record<string, unknown>)[name])}`;
  }
  return `{${text}}`;
}
