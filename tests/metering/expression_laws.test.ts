import { expect, test } from "bun:test";
import fc from "fast-check";
import { BillingError } from "../../src/errors.ts";
import { compileExpression } from "../../src/metering/expression.ts";
import { formatDecimal } from "../../src/money/decimal.ts";
import {
  type Fraction,
  fraction,
  isAbove,
  isSame,
  minus,
  over,
  plus,
  rounded,
  times,
} from "../oracle/fraction.ts";

/** A tree of arithmetic, with its text and its value as a plain fraction; null where it divides by zero. */
interface Tree {
  readonly text: string;
  readonly value: Fraction | null;
}

const leaf = fc
  .tuple(fc.integer({ min: -50, max: 50 }), fc.constantFrom("", ".5", ".25"), fc.boolean())
  .map(([n, decimals, isName]): Tree => {
    const number = `${n}${decimals}`;
    // Negative literals stand in brackets; names are properties that hold their number as text.
    return { text: isName ? nameOf(number) : `(${number})`, value: fraction(number) };
  });
const nameOf = (number: string) => `v${number.replace("-", "m").replace(".", "p")}`;
const numberOf = (name: string) => name.slice(1).replace("m", "-").replace("p", ".");

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc
      .tuple(tie("tree"), fc.constantFrom("+", "-", "*", "/", "?"), tie("tree"))
      .map(([a, operator, b]): Tree => joined(a, operator, b)),
  ),
}));

function joined(a: Tree, operator: string, b: Tree): Tree {
  if (operator === "?") {
    const text = `(${a.text} > ${b.text} ? ${a.text} : ${b.text})`;
    return { text, value: both(a, b, (x, y) => (isAbove(x, y) ? x : y)) };
  }
  const text = `(${a.text} ${operator} ${b.text})`;
  if (operator === "+") return { text, value: both(a, b, plus) };
  if (operator === "-") return { text, value: both(a, b, minus) };
  if (operator === "*") return { text, value: both(a, b, times) };
  return { text, value: both(a, b, divided) };
}

function both(a: Tree, b: Tree, of: (x: Fraction, y: Fraction) => Fraction | null): Fraction | null {
  return a.value === null || b.value === null ? null : of(a.value, b.value);
}

function divided(a: Fraction, b: Fraction): Fraction | null {
  if (b.n === 0n) return null;
  return b.n > 0n ? over(a, b) : over({ n: -a.n, d: a.d }, { n: -b.n, d: b.d });
}

test("arithmetic is exact: what fractions give, rounded once", () => {
  let valued = 0;
  fc.assert(
    fc.property(tree, ({ text, value }) => {
      fc.pre(text.length < 900);
      const names = Object.fromEntries(
        [...text.matchAll(/v[mp\d]+/g)].map(([name]) => [name, numberOf(name)]),
      );
      const result = compileExpression(`1 * ${text}`)(names);
      if (typeof result !== "object") throw new Error("a number is expected");
      if (value === null) {
        expect(result).toEqual({ reason: "the expression has no value: division by zero" });
      } else {
        if ("reason" in result) throw new Error(result.reason);
        valued += 1;
        expect(isSame(fraction(formatDecimal(result)), rounded(value, 12, "half_up"))).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
  expect(valued).toBeGreaterThan(250);
});

const words = [
  ..."()+-*/%!?:<>=.,'\"[]{}&|;`\\ \n$#@~^",
  ..."a b c 0 1 9 1e5 0.5 1e-60 1e60".split(" "),
  ..."&& || == != <= >= true false null this undefined NaN Infinity".split(" "),
  ..."has( coalesce( if( min( max( round( abs( length( lower( floor( ceil(".split(" "),
  ..."__proto__ constructor prototype toString properties. a.b 'x' eval( import( => ... ** ?? ?.".split(" "),
];
const sources = fc.oneof(
  fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((parts) => parts.join("")),
  fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join(" ")),
  fc.string({ unit: "binary", maxLength: 40 }),
  tree.map(({ text }) => text),
);
const events = fc.dictionary(
  fc.constantFrom("a", "b", "c", "__proto__", "constructor", "a.b"),
  fc.oneof(
    fc.constantFrom<unknown>(0, 1, -1, "0", "1e60", "-1e-60", "9".repeat(60), "", "x", true, null, [], {
      b: 1,
    }),
    fc.jsonValue({ maxDepth: 2 }),
  ),
);

test("whatever is sent, an expression is refused with VAL_001, or gives a value or a reason", () => {
  const seen = { refused: 0, valued: 0, without: 0 };
  fc.assert(
    fc.property(sources, events, (source, event) => {
      let expression: ReturnType<typeof compileExpression>;
      try {
        expression = compileExpression(source);
      } catch (error) {
        expect(error).toBeInstanceOf(BillingError);
        expect(error).toMatchObject({ code: "VAL_001", field: "expression" });
        seen.refused += 1;
        return;
      }
      const value = expression(event);
      if (typeof value === "object" && "reason" in value) {
        expect(value.reason).toStartWith("the expression has no value: ");
        seen.without += 1;
      } else {
        expect(
          ["string", "boolean"].includes(typeof value) || (typeof value === "object" && value.s <= 12),
        ).toBe(true);
        seen.valued += 1;
      }
    }),
    { numRuns: 20_000 },
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(100);
}, 60_000);
