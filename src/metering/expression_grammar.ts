import type jsep from "jsep";

const nodesMax = 200;
const depthMax = 32;

/** How many arguments each function takes. */
export const functions: Readonly<Record<string, readonly [least: number, most: number]>> = {
  abs: [1, 1],
  min: [1, 10],
  max: [1, 10],
  round: [1, 2],
  ceil: [1, 1],
  floor: [1, 1],
  if: [3, 3],
  length: [1, 1],
  lower: [1, 1],
  has: [1, 1],
  coalesce: [2, 10],
};

export const binaryOperators = [
  "+",
  "-",
  "*",
  "/",
  "%",
  "==",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "&&",
  "||",
] as const;
export type BinaryOperator = (typeof binaryOperators)[number];

/** Throws an Error with the reason for anything that is not part of the language, or is too large. */
export function checkTerm(expression: jsep.Expression): void {
  let nodes = 0;
  const walk = (node: jsep.baseTypes | undefined, depth: number): void => {
    if (!isNode(node)) throw new Error("a part is missing");
    nodes += 1;
    if (nodes > nodesMax) throw new Error(`it has more than ${nodesMax} parts`);
    if (depth > depthMax) throw new Error(`it is nested deeper than ${depthMax}`);
    for (const part of partsOf(node as jsep.CoreExpression)) walk(part, depth + 1);
  };
  walk(expression as jsep.baseTypes, 1);
}

/** The dotted path a member or an identifier names. */
export function pathOf(node: jsep.Expression): string {
  const core = node as jsep.CoreExpression;
  if (core.type === "Identifier") return core.name;
  if (core.type === "MemberExpression" && !core.computed) {
    return `${pathOf(core.object)}.${pathOf(core.property)}`;
  }
  throw new Error("a property is a name, or names joined by dots");
}

function partsOf(node: jsep.CoreExpression): jsep.Expression[] {
  switch (node.type) {
    case "Literal":
    case "Identifier":
      return [];
    case "MemberExpression":
      pathOf(node);
      return [];
    case "UnaryExpression":
      if (node.operator !== "-" && node.operator !== "+" && node.operator !== "!")
        throw new Error(`there is no operator '${node.operator}'`);
      return [node.argument];
    case "BinaryExpression":
      if (!(binaryOperators as readonly string[]).includes(node.operator))
        throw new Error(`there is no operator '${node.operator}'`);
      return [node.left, node.right];
    case "ConditionalExpression":
      return [node.test, node.consequent, node.alternate];
    case "CallExpression": {
      const name = pathOf(node.callee);
      const arity = Object.hasOwn(functions, name) ? functions[name] : undefined;
      if (arity === undefined) throw new Error(`there is no function '${name}'`);
      const [least, most] = arity;
      if (node.arguments.length < least || node.arguments.length > most)
        throw new Error(`'${name}' takes ${least === most ? least : `${least} to ${most}`} arguments`);
      if (name === "has") pathOf(node.arguments[0] as jsep.Expression);
      return node.arguments;
    }
    default:
      throw new Error("it is not one expression of names, numbers, operators and functions");
  }
}

function isNode(node: unknown): node is jsep.Expression {
  return typeof node === "object" && node !== null && "type" in node;
}
