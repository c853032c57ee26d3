import { decimalOf, isRawNumber } from "../money/json.ts";
import type { Properties } from "./property.ts";

/** What is wrong with a field, in words that follow "field 'x'". */
export interface Fault {
  readonly field: string;
  readonly reason: string;
}

const depthMax = 16;
const nameMax = 255;

/**
 * What no store could keep: NUL and lone surrogates in any text, names beyond 255 characters, numbers beyond what
 * is exact (60 digits), nesting beyond 16 levels. Null where there is nothing of it.
 */
export function propertiesFault(properties: Properties): Fault | null {
  return faultIn(properties, "properties", 1);
}

function faultIn(folder: Properties | readonly unknown[], path: string, depth: number): Fault | null {
  if (depth > depthMax) return { field: path, reason: `is nested deeper than ${depthMax} levels` };
  for (const name of Object.keys(folder)) {
    const fault = nameFault(name, path) ?? valueFault((folder as Properties)[name], path, name, depth);
    if (fault !== null) return fault;
  }
  return null;
}

function nameFault(name: string, path: string): Fault | null {
  if (name.length > nameMax) return { field: path, reason: `has a name longer than ${nameMax} characters` };
  return isStorable(name) ? null : { field: path, reason: "has a name with a NUL or a lone surrogate" };
}

// The path is put together only where there is something to say: this runs for every property of every event.
function valueFault(value: unknown, path: string, name: string, depth: number): Fault | null {
  if (typeof value === "string") {
    return isStorable(value)
      ? null
      : { field: `${path}.${name}`, reason: "must not contain NUL or a lone surrogate" };
  }
  if (typeof value !== "object" || value === null) return null;
  if (!isRawNumber(value)) return faultIn(value as Properties, `${path}.${name}`, depth + 1);
  return decimalOf(value) === null
    ? { field: `${path}.${name}`, reason: "is a number of more than 60 digits" }
    : null;
}

const suspect = /[\0\ud800-\udfff]/;

function isStorable(text: string): boolean {
  return !suspect.test(text) || (!text.includes("\0") && text.isWellFormed());
}
