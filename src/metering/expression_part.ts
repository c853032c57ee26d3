import { decimalOf } from "../money/json.ts";
import { bounded, NoValue, type Term } from "./expression_term.ts";
import { type Properties, propertyAt } from "./property.ts";

/** A part of an expression, ready to be evaluated any number of times. */
export interface Part {
  /** Throws NoValue. */
  readonly of: (properties: Properties) => Term;
  /** The property it names; null where it is anything but a name. */
  readonly path: string | null;
}

/** A literal. */
export function literalPart(term: Term): Part {
  return { of: () => term, path: null };
}

/** What is worked out from other parts. */
export function computedPart(of: (properties: Properties) => Term): Part {
  return { of, path: null };
}

/** A property of the event. */
export function propertyPart(path: string): Part {
  return { of: (properties) => termAt(properties, path), path };
}

/** True where a part has a value that is there at all; only a name can lack one. */
export function isThere({ path }: Part, properties: Properties): boolean {
  return path === null || !isMissing(propertyAt(properties, path));
}

function termAt(properties: Properties, path: string): Term {
  const value = propertyAt(properties, path);
  if (isMissing(value)) throw new NoValue(`property '${path}' is missing`);
  if (typeof value === "boolean" || typeof value === "string") return value;
  const number = decimalOf(value);
  if (number === null) throw new NoValue(`property '${path}' is not a text, a number or a boolean`);
  return bounded(number);
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null;
}
