import type jsep from "jsep";
import { assertNever } from "../errors.ts";
import { type Decimal, decimal, parseDecimal } from "../money/decimal.ts";
import { decimalOf } from "../money/json.ts";
import {
  addRatio,
  compareRatio,
  isZeroRatio,
  mulRatio,
  type Ratio,
  ratio,
  ratioToDecimal,
  subRatio,
  ZERO_RATIO,
} from "../money/ratio.ts";
import type { RoundingMode } from "../money/rounding.ts";
import { divideRounded } from "../money/rounding.ts";
import { canonicalText } from "../scalar.ts";
import { type BinaryOperator, pathOf } from "./expression_grammar.ts";
import { type Properties, propertyAt } from "./property.ts";

/** A value on the way: an exact number, a text or a truth. */
export type Term = Ratio | string | boolean;

// Far beyond any quantity: 10^18 with 12 decimals has 100 bits.
const bitsMax = 2000n;
const placesMax = 12;

/** The evaluation of one expression for one event. Every method throws an Error with the reason where there is no value. */
export class Evaluation {
  readonly #properties: Properties;

  constructor(properties: Properties) {
    this.#properties = properties;
  }

  of(expression: jsep.Expression): Term {
    const node = expression as jsep.CoreExpression;
    switch (node.type) {
      case "Literal":
        return literal(node);
      case "Identifier":
      case "MemberExpression":
        return this.#named(node);
      case "UnaryExpression":
        return this.#unary(node);
      case "BinaryExpression":
        return this.#binary(node);
      case "ConditionalExpression":
        return this.of(truth(this.of(node.test)) ? node.consequent : node.alternate);
      case "CallExpression":
        return this.#call(pathOf(node.callee), node.arguments);
      default:
        throw new Error("it is not an expression");
    }
  }

  #named(node: jsep.Expression): Term {
    const path = pathOf(node);
    const found = this.#lookUp(path);
    if (found === null) throw new Error(`property '${path}' is missing`);
    return found;
  }

  /** A property; null where it is missing. `properties.x` is the same as `x`. */
  #lookUp(path: string): Term | null {
    if (path === "true" || path === "false") return path === "true";
    const name = path.startsWith("properties.") ? path.slice("properties.".length) : path;
    const value = propertyAt(this.#properties, name);
    if (value === undefined || value === null) return null;
    if (typeof value === "boolean") return value;
    const number = typeof value === "string" ? parseDecimal(value) : decimalOf(value);
    if (number !== null) return bounded(ratio(number));
    const text = canonicalText(value);
    if (text === null) throw new Error(`property '${path}' is not a text, a number or a boolean`);
    return text;
  }

  #unary({ operator, argument }: jsep.UnaryExpression): Term {
    const value = this.of(argument);
    if (operator === "!") return !truth(value);
    return operator === "-" ? subRatio(ZERO_RATIO, number(value)) : number(value);
  }

  #binary({ operator, left, right }: jsep.BinaryExpression): Term {
    const op = operator as BinaryOperator;
    if (op === "&&") return truth(this.of(left)) && truth(this.of(right));
    if (op === "||") return truth(this.of(left)) || truth(this.of(right));
    const [a, b] = [this.of(left), this.of(right)];
    switch (op) {
      case "==":
        return isSame(a, b);
      case "!=":
        return !isSame(a, b);
      case "<":
        return compareRatio(number(a), number(b)) < 0;
      case "<=":
        return compareRatio(number(a), number(b)) <= 0;
      case ">":
        return compareRatio(number(a), number(b)) > 0;
      case ">=":
        return compareRatio(number(a), number(b)) >= 0;
      case "+":
        return bounded(addRatio(number(a), number(b)));
      case "-":
        return bounded(subRatio(number(a), number(b)));
      case "*":
        return bounded(mulRatio(number(a), number(b)));
      case "/":
        return bounded(quotient(number(a), number(b)));
      case "%":
        return bounded(remainder(number(a), number(b)));
      default:
        return assertNever(op);
    }
  }

  #call(name: string, parts: readonly jsep.Expression[]): Term {
    const [first, second, third] = parts;
    if (first === undefined) throw new Error(`'${name}' takes arguments`);
    switch (name) {
      case "has":
        return this.#lookUp(pathOf(first)) !== null;
      case "coalesce":
        return this.#coalesce(parts);
      case "if":
        if (second === undefined || third === undefined) throw new Error("'if' takes three arguments");
        return this.of(truth(this.of(first)) ? second : third);
      case "length":
        return ratio(decimal(String(text(this.of(first)).length)));
      case "lower":
        return text(this.of(first)).toLowerCase();
      case "min":
      case "max":
        return this.#extreme(name, parts);
      default:
        return rounded(name, number(this.of(first)), second === undefined ? null : number(this.of(second)));
    }
  }

  /** The first that has a value, a missing property being passed over. */
  #coalesce(parts: readonly jsep.Expression[]): Term {
    for (const [index, part] of parts.entries()) {
      const isName = part.type === "Identifier" || part.type === "MemberExpression";
      if (isName && index < parts.length - 1 && this.#lookUp(pathOf(part)) === null) continue;
      return this.of(part);
    }
    throw new Error("'coalesce' found no value");
  }

  #extreme(name: "min" | "max", parts: readonly jsep.Expression[]): Ratio {
    const wanted = name === "min" ? -1 : 1;
    return parts
      .map((part) => number(this.of(part)))
      .reduce((best, value) => (compareRatio(value, best) === wanted ? value : best));
  }
}

function literal({ value, raw }: jsep.Literal): Term {
  if (typeof value === "number") return bounded(ratio(decimal(raw)));
  if (typeof value === "string" || typeof value === "boolean") return value;
  throw new Error(`'${raw}' is no value`);
}

function number(term: Term): Ratio {
  if (typeof term === "object") return term;
  throw new Error(`${JSON.stringify(term)} is not a number`);
}

function truth(term: Term): boolean {
  if (typeof term === "boolean") return term;
  throw new Error("a condition is neither true nor false");
}

function text(term: Term): string {
  if (typeof term === "string") return term;
  throw new Error("a text is expected");
}

function isSame(a: Term, b: Term): boolean {
  return typeof a === "object" && typeof b === "object" ? compareRatio(a, b) === 0 : a === b;
}

function quotient(a: Ratio, b: Ratio): Ratio {
  if (isZeroRatio(b)) throw new Error("division by zero");
  const sign = b.num < 0n ? -1n : 1n;
  return mulRatio(a, { num: b.den * sign, den: b.num * sign });
}

/** What is left of a after taking b off as often as it goes, with the sign of a. */
function remainder(a: Ratio, b: Ratio): Ratio {
  const { num, den } = quotient(a, b);
  const whole = divideRounded(num, den, "down");
  return subRatio(a, mulRatio(b, { num: whole, den: 1n }));
}

function rounded(name: string, value: Ratio, places: Ratio | null): Ratio {
  if (name === "abs") return value.num < 0n ? { num: -value.num, den: value.den } : value;
  if (name === "round") return ratio(ratioToDecimal(value, placesOf(places), "half_up"));
  const up: RoundingMode = value.num < 0n ? "down" : "up";
  const down: RoundingMode = value.num < 0n ? "up" : "down";
  const result: Decimal = ratioToDecimal(value, 0, name === "ceil" ? up : down);
  return ratio(result);
}

function placesOf(places: Ratio | null): number {
  if (places === null) return 0;
  const count = Number(places.num);
  if (places.den !== 1n || count < 0 || count > placesMax)
    throw new Error(`a number of decimals is a whole number from 0 to ${placesMax}`);
  return count;
}

/** Numbers that grow beyond all measure are no quantities but a trap. */
function bounded(value: Ratio): Ratio {
  const limit = 1n << bitsMax;
  if (value.den > limit || value.num > limit || value.num < -limit)
    throw new Error("a number grows too large");
  return value;
}
