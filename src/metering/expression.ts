import jsep from "jsep";
import { invalid } from "../errors.ts";
import type { Decimal } from "../money/decimal.ts";
import { roundTo } from "../money/money.ts";
import { compileNode, NotInTheLanguage } from "./expression_compile.ts";
import { NoValue } from "./expression_term.ts";
import type { Properties } from "./property.ts";

/** A value has no more decimals than one that is sent. */
const places = 12;

/** An expression, ready to be evaluated; a reason where an event has no value for it. */
export type Expression = (properties: Properties) => Decimal | string | boolean | { readonly reason: string };

/**
 * Reads an expression over an event's properties, such as `(input_tokens + 3 * output_tokens) / 1000`.
 *
 * A name is a property, dotted where it is in an object; `properties.x` is `x`. Numbers are exact, and texts that
 * are decimals count as numbers. There are + - * / %, == != < <= > >=, && || ! and ?:, texts in quotes, true and
 * false, and the functions of `expressionFunctions`. A property that is missing, a division by zero and the like
 * leave the event without a value, but for what `has(x)` and `coalesce(x, 0)` guard.
 *
 * The value is a number rounded half up to 12 decimals, a text or a truth. There are no loops, and names reach
 * nothing but the event. Throws VAL_001 for what is not in the language or is too large, at the field `expression`.
 */
export function compileExpression(source: string): Expression {
  const part = compiled(source);
  return (properties) => {
    try {
      const term = part.of(properties);
      return typeof term === "object" ? roundTo(term, places) : term;
    } catch (error) {
      if (error instanceof NoValue) return { reason: `the expression has no value: ${error.message}` };
      throw error;
    }
  };
}

function compiled(source: string) {
  let tree: jsep.Expression;
  try {
    tree = jsep(source);
  } catch (error) {
    // The parser's messages say what is wrong and at which character.
    throw invalid("expression", `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    return compileNode(tree);
  } catch (error) {
    if (error instanceof NotInTheLanguage) throw invalid("expression", error.message);
    throw error;
  }
}
