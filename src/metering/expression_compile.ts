import type jsep from "jsep";
import { parseDecimal, ZERO } from "../money/decimal.ts";
import { compareExact, type Exact, subExact } from "../money/ratio.ts";
import { expressionFunctions } from "./expression_function.ts";
import { computedPart, literalPart, type Part, propertyPart } from "./expression_part.ts";
import {
  difference,
  isSame,
  numberOf,
  product,
  quotient,
  remainder,
  sum,
  type Term,
  truthOf,
} from "./expression_term.ts";

const nodesMax = 200;
const depthMax = 32;
const root = "properties.";

/** What the parser can read and the language does not have; the message follows the field's name. */
export class NotInTheLanguage extends Error {
  override readonly name = "NotInTheLanguage";
}

const binary: ReadonlyMap<string, (a: Term, b: Term) => Term> = new Map([
  ["+", ofNumbers(sum)],
  ["-", ofNumbers(difference)],
  ["*", ofNumbers(product)],
  ["/", ofNumbers(quotient)],
  ["%", ofNumbers(remainder)],
  ["<", ofNumbers((a, b) => compareExact(a, b) < 0)],
  ["<=", ofNumbers((a, b) => compareExact(a, b) <= 0)],
  [">", ofNumbers((a, b) => compareExact(a, b) > 0)],
  [">=", ofNumbers((a, b) => compareExact(a, b) >= 0)],
  ["==", isSame],
  ["!=", (a, b) => !isSame(a, b)],
]);

const unary: ReadonlyMap<string, (a: Term) => Term> = new Map<string, (a: Term) => Term>([
  ["-", (a) => subExact(ZERO, numberOf(a))],
  ["+", numberOf],
  ["!", (a) => !truthOf(a)],
]);

/** The part a parsed expression stands for; throws NotInTheLanguage. */
export function compileNode(node: jsep.Expression): Part {
  return compile(node, 1, { nodes: 0 });
}

function compile(expression: jsep.Expression, depth: number, size: { nodes: number }): Part {
  size.nodes += 1;
  if (size.nodes > nodesMax) throw new NotInTheLanguage(`has more than ${nodesMax} parts`);
  if (depth > depthMax) throw new NotInTheLanguage(`is nested more than ${depthMax} deep`);
  const below = (part: jsep.Expression): Part => compile(part, depth + 1, size);
  const node = expression as jsep.CoreExpression;
  switch (node.type) {
    case "Literal":
      return literal(node);
    case "Identifier":
    case "MemberExpression":
      return propertyPart(propertyPath(node));
    case "UnaryExpression":
      return unaryPart(node.operator, below(node.argument));
    case "BinaryExpression":
      return binaryPart(node.operator, below(node.left), below(node.right));
    case "ConditionalExpression":
      return call("if", [node.test, node.consequent, node.alternate].map(below));
    case "CallExpression":
      return call(pathOf(node.callee), node.arguments.map(below));
    case "Compound":
    case "SequenceExpression":
      throw new NotInTheLanguage("must be one expression");
    default:
      throw new NotInTheLanguage("is made of names, numbers, texts in quotes, operators and functions only");
  }
}

function literal({ value, raw }: jsep.Literal): Part {
  if (typeof value === "string" || typeof value === "boolean") return literalPart(value);
  const number = parseDecimal(raw);
  if (number === null) throw new NotInTheLanguage(`cannot have the literal '${raw}'`);
  return literalPart(number);
}

function unaryPart(operator: string, part: Part): Part {
  const of = unary.get(operator);
  if (of === undefined) throw new NotInTheLanguage(`cannot have the operator '${operator}'`);
  return computedPart((properties) => of(part.of(properties)));
}

/** `&&` and `||` look at their right side only where the left one leaves it open. */
function binaryPart(operator: string, left: Part, right: Part): Part {
  if (operator === "&&" || operator === "||") {
    const open = operator === "&&";
    return computedPart((properties) =>
      truthOf(left.of(properties)) === open ? truthOf(right.of(properties)) : !open,
    );
  }
  const of = binary.get(operator);
  if (of === undefined) throw new NotInTheLanguage(`cannot have the operator '${operator}'`);
  return computedPart((properties) => of(left.of(properties), right.of(properties)));
}

function call(name: string, parts: readonly Part[]): Part {
  const called = expressionFunctions.get(name);
  if (called === undefined) throw new NotInTheLanguage(`cannot have the function '${name}'`);
  const { least, most } = called;
  const [first, ...others] = parts;
  if (first === undefined || parts.length < least || parts.length > most) {
    const count = least === most ? `${least}` : `${least} to ${most}`;
    throw new NotInTheLanguage(`must give '${name}' ${count} argument${most === 1 ? "" : "s"}`);
  }
  if (name === "has" && first.path === null) throw new NotInTheLanguage("must give 'has' a name");
  return computedPart((properties) => called.call(properties, first, ...others));
}

function propertyPath(node: jsep.Expression): string {
  const path = pathOf(node);
  return path.startsWith(root) ? path.slice(root.length) : path;
}

/** The dotted name. */
function pathOf(expression: jsep.Expression): string {
  const node = expression as jsep.CoreExpression;
  if (node.type === "Identifier") return node.name;
  if (node.type === "MemberExpression" && !node.computed && node.optional !== true) {
    return `${pathOf(node.object)}.${pathOf(node.property)}`;
  }
  throw new NotInTheLanguage("must name properties and functions by names, with dots between them");
}

function ofNumbers(of: (a: Exact, b: Exact) => Term): (a: Term, b: Term) => Term {
  return (a, b) => of(numberOf(a), numberOf(b));
}
