import { assert } from "../errors.ts";
import { fromInteger, ZERO } from "../money/decimal.ts";
import { compareExact, type Exact, signExact, subExact } from "../money/ratio.ts";
import { isThere, type Part } from "./expression_part.ts";
import { ceiled, floored, numberOf, rounded, type Term, textOf, truthOf } from "./expression_term.ts";
import type { Properties } from "./property.ts";

/** A function of the language: how many arguments it takes, and its value. */
export interface ExpressionFunction {
  readonly least: number;
  readonly most: number;
  readonly call: (properties: Properties, first: Part, ...others: readonly Part[]) => Term;
}

const listMax = 10;

/**
 * Every function there is. Arguments are evaluated only where they are needed: of `if` one branch, of `coalesce`
 * the first that is there.
 */
export const expressionFunctions: ReadonlyMap<string, ExpressionFunction> = new Map([
  ["abs", ofNumber((x) => (signExact(x) < 0 ? subExact(ZERO, x) : x))],
  ["ceil", ofNumber(ceiled)],
  ["floor", ofNumber(floored)],
  ["min", ofNumbers((x, y) => compareExact(x, y) < 0)],
  ["max", ofNumbers((x, y) => compareExact(x, y) > 0)],
  ["round", { least: 1, most: 2, call: round }],
  ["if", { least: 3, most: 3, call: choice }],
  ["has", { least: 1, most: 1, call: (properties, first) => isThere(first, properties) }],
  ["coalesce", { least: 2, most: listMax, call: coalesce }],
  ["length", ofText((text) => fromInteger(text.length))],
  ["lower", ofText((text) => text.toLowerCase())],
]);

function ofNumber(of: (x: Exact) => Exact): ExpressionFunction {
  return { least: 1, most: 1, call: (properties, first) => of(numberOf(first.of(properties))) };
}

/** The one of several numbers that stands before all others. */
function ofNumbers(isBefore: (x: Exact, y: Exact) => boolean): ExpressionFunction {
  const call: ExpressionFunction["call"] = (properties, first, ...others) => {
    let best = numberOf(first.of(properties));
    for (const other of others) {
      const number = numberOf(other.of(properties));
      if (isBefore(number, best)) best = number;
    }
    return best;
  };
  return { least: 1, most: listMax, call };
}

function ofText(of: (text: string) => Term): ExpressionFunction {
  return { least: 1, most: 1, call: (properties, first) => of(textOf(first.of(properties))) };
}

function round(properties: Properties, first: Part, places?: Part): Term {
  const value = numberOf(first.of(properties));
  return rounded(value, places === undefined ? ZERO : numberOf(places.of(properties)));
}

function choice(properties: Properties, test: Part, yes?: Part, no?: Part): Term {
  assert(yes !== undefined && no !== undefined, "'if' takes three arguments");
  return (truthOf(test.of(properties)) ? yes : no).of(properties);
}

function coalesce(properties: Properties, ...parts: readonly Part[]): Term {
  const found = parts.find((part) => isThere(part, properties)) ?? parts.at(-1);
  assert(found !== undefined, "'coalesce' takes arguments");
  return found.of(properties);
}
