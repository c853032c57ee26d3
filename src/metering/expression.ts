import jsep from "jsep";
import type { Decimal } from "../money/decimal.ts";
import { ratioToDecimal } from "../money/ratio.ts";
import { Evaluation, type Term } from "./expression_evaluation.ts";
import { checkTerm } from "./expression_grammar.ts";
import type { Properties } from "./property.ts";

const compiledMax = 1000;
/** A metered value has no more decimals than one that is sent. */
const places = 12;

const compiled = new Map<string, jsep.Expression>();

/** What keeps an expression from being one, in words that follow the field's name; null when nothing. */
export function expressionFault(source: string): string | null {
  try {
    checkTerm(jsep(source));
    return null;
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/**
 * The value of a checked expression over an event's properties: a number, rounded half up to 12 decimals, a text or
 * a truth. Exact: every literal and property is read from its digits, quotients stay quotients until the end. Bounded
 * by the expression's own size. A reason where there is no value.
 */
export function evaluate(
  source: string,
  properties: Properties,
): Decimal | string | boolean | { readonly reason: string } {
  try {
    const value: Term = new Evaluation(properties).of(parsed(source));
    return typeof value === "object" ? ratioToDecimal(value, places, "half_up") : value;
  } catch (error) {
    // Evaluation gives its own reasons only; whatever else went wrong is no value either.
    return {
      reason: `the expression has no value: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

function parsed(source: string): jsep.Expression {
  let expression = compiled.get(source);
  if (expression === undefined) {
    expression = jsep(source);
    if (compiled.size >= compiledMax) compiled.clear();
    compiled.set(source, expression);
  }
  return expression;
}
