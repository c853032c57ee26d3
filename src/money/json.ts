import { type Decimal, parseDecimal } from "./decimal.ts";

// Standard, but newer than the type library: https://tc39.es/proposal-json-parse-with-source/
interface SourceAwareJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
}
const json = JSON as unknown as SourceAwareJson;

/**
 * Reads JSON without losing a digit. A number is a `number` where its literal has at most 15 digits and no
 * exponent, since such a literal survives a double exactly; any other is kept as it was written, as a JSON.rawJSON
 * object (`decimalOf` reads both, JSON.stringify writes both). Throws SyntaxError.
 */
export function readJson(text: string): unknown {
  try {
    return suspect.test(text) ? json.parse(text, keepDigits) : JSON.parse(text);
  } catch (error) {
    if (error instanceof RangeError) throw new SyntaxError("JSON is nested too deeply");
    throw error;
  }
}

/** The exact value of a JSON number or of a string that is a decimal; null for anything else. */
export function decimalOf(value: unknown): Decimal | null {
  if (typeof value === "number") {
    if (Number.isSafeInteger(value)) return { c: value + 0, s: 0 };
    return parseDecimal(String(value)); // its shortest decimal is what was written: see readJson
  }
  if (typeof value === "string") return parseDecimal(value);
  return json.isRawJSON(value) ? parseDecimal(value.rawJSON) : null;
}

/** True for a number that readJson kept as it was written. */
export function isRawNumber(value: unknown): boolean {
  return json.isRawJSON(value);
}

const digitsMax = 15;
// Literals of 16 characters or more, and exponents, wherever a number may stand. It is also true for such text in
// the middle of a string, which costs the slow way and changes nothing.
const suspect = /(?:^|[:,[\s])-?\d(?:[\d.]{15}|[\d.]*[eE])/;

function keepDigits(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value !== "number" || context.source === undefined) return value;
  return survivesDouble(context.source) ? value : json.rawJSON(context.source);
}

function survivesDouble(literal: string): boolean {
  return !/[eE]/.test(literal) && literal.replace(/\D/g, "").length <= digitsMax;
}
