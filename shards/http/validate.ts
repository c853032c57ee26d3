import { FormatRegistry, type TObject, type TSchema, Type } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { BillingError, invalid } from "../../src/errors.ts";
import { limits } from "../../src/limits.ts";
import { parseInstant } from "../../src/time/instant.ts";
import { fieldName, firstFault } from "./faults.ts";

FormatRegistry.Set("date-time", (text) => parseInstant(text) !== null);
FormatRegistry.Set("email", (text) => text.length <= 254 && /^[^\s@]{1,64}@[^\s@]+\.[^\s@.]+$/.test(text));
FormatRegistry.Set("uri", (text) => /^https?:\/\/[^\s]+$/i.test(text) && URL.canParse(text));

/** Nothing at all, or an empty object. */
export const NoFields: TObject = Type.Object({}, { additionalProperties: false });

/** Throws VAL_001 naming the first field that is wrong and why; `whole` is what the value itself is called. */
export type Validate = (value: unknown, whole: string) => void;

/** Compiles a schema at its first use: most of a start's routes are not called in its first second. */
export function validator(schema: TSchema): Validate {
  let check: TypeCheck<TSchema> | null = null;
  return (value, whole) => {
    check ??= TypeCompiler.Compile(schema);
    if (check.Check(value)) return;
    const fault = firstFault(check.Errors(value));
    if (fault === null) throw invalid(whole, "is not valid");
    throw invalid(shortened(fieldName(fault.pointer)) || whole, fault.reason);
  };
}

/**
 * Throws VAL_001 where a string holds what no database or peer can keep: NUL or half of a surrogate pair. JSON can
 * carry them only as escapes, so most texts are cleared by one search.
 */
export function refuseUnstorable(text: string, value: unknown): void {
  if (text.includes("\\u") && /\\u(?:0000|[dD][89a-fA-F])/.test(text)) walk(value, "");
}

/** True for text that can be stored anywhere. */
export function isStorable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

function walk(value: unknown, pointer: string): void {
  if (typeof value === "string" && !isStorable(value)) {
    throw invalid(shortened(fieldName(pointer)) || "body", "must not contain NUL or broken surrogate pairs");
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    if (!isStorable(key)) {
      throw new BillingError("VAL_001", "Validation error: a field's name has NUL or broken surrogate pairs");
    }
    walk(item, `${pointer}/${key}`);
  }
}

function shortened(name: string): string {
  const { namedFieldCharactersMax: max } = limits;
  return name.length > max ? `${name.slice(0, max).toWellFormed()}…` : name;
}
