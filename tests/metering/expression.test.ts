import { describe, expect, test } from "bun:test";
import { BillingError } from "../../src/errors.ts";
import { compileExpression } from "../../src/metering/expression.ts";
import type { Properties } from "../../src/metering/property.ts";
import { formatDecimal } from "../../src/money/decimal.ts";
import { readJson } from "../../src/money/json.ts";

const event = readJson(`{
  "a": 7, "b": "2.5", "minus": -7, "zero": 0, "name": "Ann", "flag": true, "nothing": null, "list": [1, 2],
  "code": "007", "huge": 123456789012345678.123456789012, "tiny": 1e-12, "long": "${"x".repeat(200)}",
  "usage": { "tokens": 12, "deep": { "er": "3" } }, "x.y": 5, "x": { "y": 6 }, "größe": 4, "properties": 9
}`) as Properties;

function shown(source: string): string {
  const value = compileExpression(source)(event);
  if (typeof value !== "object") return JSON.stringify(value);
  return "reason" in value
    ? value.reason.replace("the expression has no value: ", "none: ")
    : formatDecimal(value);
}

describe("worked examples", () => {
  const rows: [source: string, value: string][] = [
    ["1 + 2 * 3", "7"],
    ["(1 + 2) * 3", "9"],
    ["10 - 4 - 3", "3"],
    ["100 / 10 / 5", "2"],
    ["-a + +a", "0"],
    ["a - -b", "9.5"],
    ["0.1 + 0.2", "0.3"],
    ["1e3 * 1.5e-3", "1.5"],
    ["9007199254740993 + 0.000000000001", "9007199254740993.000000000001"],
    ["huge - 0.000000000012", "123456789012345678.123456789"],
    ["tiny * 3", "0.000000000003"],
    ["1 / 3", "0.333333333333"],
    ["2 / 3", "0.666666666667"],
    ["-2 / 3", "-0.666666666667"],
    ["1 / 3 * 3", "1"], // a quotient stays one until the end
    ["1 / 3 + 1 / 6", "0.5"],
    ["(1 / 3) / (2 / 3)", "0.5"],
    ["1 / (1 / -4)", "-4"],
    ["tiny / 2", "0.000000000001"], // half up
    ["tiny / 3", "0"],
    ["a % 4", "3"],
    ["minus % 4", "-3"],
    ["a % -4", "3"],
    ["a % b", "2"],
    ["0.5 % (1 / 3)", "0.166666666667"],
    ["usage.tokens / usage.deep.er", "4"],
    ["properties.usage.tokens", "12"],
    ["properties.a + a", "14"],
    ["properties", "9"],
    ["x.y", "5"], // a property of exactly that name comes first
    ["größe", "4"],
    ["abs(minus) + abs(a)", "14"],
    ["abs(1 / -3)", "0.333333333333"],
    ["min(a, b, 3)", "2.5"],
    ["max(a, b, 30 / 4)", "7.5"],
    ["min(a)", "7"],
    ["round(2.5)", "3"],
    ["round(-2.5)", "-3"],
    ["round(2 / 3, 2)", "0.67"],
    ["round(a, 12)", "7"],
    ["ceil(2.1)", "3"],
    ["ceil(-2.1)", "-2"],
    ["ceil(7 / 7)", "1"],
    ["floor(2.9)", "2"],
    ["floor(-2.1)", "-3"],
    ["floor(-1 / 3)", "-1"],
    ["length(name) + length('')", "3"],
    ["length(code)", "3"],
    ["length(b)", "3"],
    ["lower(name)", '"ann"'],
    ["lower('ÄB')", '"äb"'],
    ["name", '"Ann"'],
    ["code", '"007"'],
    ["flag", "true"],
    ["true && !false", "true"],
    ["a > 1 && b < 3", "true"],
    ["a >= 7 && a <= 7", "true"],
    ["a > 7 || a < 7", "false"],
    ["a == 7.0", "true"],
    ["b == 2.50", "true"], // a text that is a number
    ["code == 7", "true"],
    ["code == '7'", "false"], // two texts
    ["name == 'Ann'", "true"],
    ["name == 'ann'", "false"],
    ['name != "Bob"', "true"],
    ["name == 7", "false"],
    ["flag == true", "true"],
    ["flag == 'true'", "true"],
    ["1 / 3 == 2 / 6", "true"],
    ["a > 5 ? 100 : 1 / 0", "100"], // the other branch is not evaluated
    ["a < 5 ? 1 / 0 : a < 10 ? 10 : 20", "10"],
    ["if(flag, 1, missing)", "1"],
    ["if(!flag, missing, 2)", "2"],
    ["has(a) && has(usage.deep) && has(list)", "true"],
    ["has(nothing) || has(usage.other) || has(a.b)", "false"],
    ["has(missing) && missing > 1", "false"],
    ["!has(missing) || missing > 1", "true"],
    ["coalesce(missing, nothing, 5)", "5"],
    ["coalesce(a, 1 / 0)", "7"],
    ["coalesce(missing, a * 2, 1)", "14"],
    ["has(hasOwnProperty) || has(toString) || has(usage.__proto__)", "false"],
    // what there is no value for
    ["missing + 1", "none: property 'missing' is missing"],
    ["nothing", "none: property 'nothing' is missing"],
    ["coalesce(missing, nothing)", "none: property 'nothing' is missing"],
    ["coalesce(missing + 1, 2)", "none: property 'missing' is missing"],
    ["usage", "none: property 'usage' is not a text, a number or a boolean"],
    ["list", "none: property 'list' is not a text, a number or a boolean"],
    ["a / zero", "none: division by zero"],
    ["a % (b - 2.5)", "none: division by zero"],
    ["name * 2", "none: 'Ann' is not a number"],
    ["flag + 1", "none: 'true' is not a number"],
    ["name < 'Bob'", "none: 'Ann' is not a number"],
    ["long + 1", `none: '${"x".repeat(40)}…' is not a number`],
    ["a ? 1 : 2", "none: '7' is neither true nor false"],
    ["!name", "none: 'Ann' is neither true nor false"],
    ["false || a", "none: '7' is neither true nor false"],
    ["round(a, 13)", "none: 'round' goes to 0 to 12 decimals"],
    ["round(a, -1)", "none: 'round' goes to 0 to 12 decimals"],
    ["round(a, 0.5)", "none: 'round' goes to 0 to 12 decimals"],
    ["__proto__", "none: property '__proto__' is missing"],
    ["constructor", "none: property 'constructor' is missing"],
    ["constructor.name", "none: property 'constructor.name' is missing"],
    ["name.length", "none: property 'name.length' is missing"],
    ["properties.toString", "none: property 'toString' is missing"],
  ];
  for (const [source, value] of rows) test(`${source} is ${value}`, () => expect(shown(source)).toBe(value));
});

describe("refused, saying why", () => {
  const nested = (depth: number) => `${"-(".repeat(depth)}a${")".repeat(depth)}`;
  const sum = (count: number) => `max(${Array.from({ length: count }, () => "a").join(" + ")}, a)`;
  const wide = (count: number) => Array.from({ length: count }, () => "max(a,a,a,a,a,a,a,a)").join("+");
  const rows: [source: string, reason: string][] = [
    ["   ", "must be one expression"],
    ["a b", "must be one expression"],
    ["a; b", "must be one expression"],
    ["a, b", "must be one expression"],
    ["new a", "must be one expression"],
    ["a +", "cannot be read: Expected expression after + at character 3"],
    ["(a", "cannot be read: Unclosed ( at character 2"],
    ["1a", "cannot be read: Variable names cannot start with a number (1a) at character 1"],
    ["a = 1", 'cannot be read: Unexpected "=" at character 2'],
    ["`a`", 'cannot be read: Unexpected "`" at character 0'],
    ["a => a", 'cannot be read: Unexpected "=" at character 2'],
    ["{}", 'cannot be read: Unexpected "{" at character 0'],
    [".5", "cannot have the literal '.5'"],
    ["1e61", "cannot have the literal '1e61'"],
    ["null", "cannot have the literal 'null'"],
    ["a ** 2", "cannot have the operator '**'"],
    ["a === 2", "cannot have the operator '==='"],
    ["a ?? 2", "cannot have the operator '??'"],
    ["a >>> 2", "cannot have the operator '>>>'"],
    ["~a", "cannot have the operator '~'"],
    ["eval(a)", "cannot have the function 'eval'"],
    ["constructor(a)", "cannot have the function 'constructor'"],
    ["name.toLowerCase()", "cannot have the function 'name.toLowerCase'"],
    ["abs()", "must give 'abs' 1 argument"],
    ["abs(a, b)", "must give 'abs' 1 argument"],
    ["round(a, 1, 2)", "must give 'round' 1 to 2 arguments"],
    ["if(a > 1, 2)", "must give 'if' 3 arguments"],
    ["coalesce(a)", "must give 'coalesce' 2 to 10 arguments"],
    ["has(1)", "must give 'has' a name"],
    ["has(a + b)", "must give 'has' a name"],
    ["a['b']", "must name properties and functions by names, with dots between them"],
    ["a?.b", "must name properties and functions by names, with dots between them"],
    ["(a + b).c", "must name properties and functions by names, with dots between them"],
    ["abs(a).b", "must name properties and functions by names, with dots between them"],
    ["abs(a)(b)", "must name properties and functions by names, with dots between them"],
    ["this", "is made of names, numbers, texts in quotes, operators and functions only"],
    ["[a]", "is made of names, numbers, texts in quotes, operators and functions only"],
    [nested(32), "is nested more than 32 deep"],
    [sum(32), "is nested more than 32 deep"],
    [wide(23), "has more than 200 parts"],
  ];
  for (const [source, reason] of rows) {
    test(`${source.slice(0, 50)}: ${reason}`, () => {
      expect(() => compileExpression(source)).toThrow(
        expect.objectContaining({
          code: "VAL_001",
          message: `Validation error: field 'expression' ${reason}`,
        }),
      );
    });
  }

  test("just within the bounds is taken", () => {
    expect(shown(nested(31))).toBe("-7");
    expect(shown(sum(31))).toBe("217");
    expect(shown(wide(20))).toBe("140"); // 20 of 9 parts, and 19 sums
  });
});

test("numbers that grow without measure have no value, in no time", () => {
  const power = (source: string) => Array.from({ length: 30 }, () => source).join("*");
  const started = performance.now();
  for (const source of [power("1e60"), power("1e-60"), power("(1/3e59)"), `1/(${power("1e-60")})`]) {
    expect(shown(source)).toBe("none: a number in it grows too large");
  }
  expect(shown("1e60 * 1e60 / 1e60 / 1e60")).toBe("1");
  expect(performance.now() - started).toBeLessThan(1000);
});

test("an expression is read once and leaves nothing behind between events", () => {
  const expression = compileExpression("a + coalesce(b, 0)");
  const rows = [{ a: 1 }, { a: 1, b: 2 }, {}, { a: 1 }];
  const values = rows.map((row) => {
    const value = expression(row);
    return typeof value === "object" && "c" in value ? formatDecimal(value) : value;
  });
  const none = { reason: "the expression has no value: property 'a' is missing" };
  expect(values).toEqual(["1", "3", none, "1"]);
});

test("refusals are BillingErrors that name the field", () => {
  try {
    compileExpression("a +");
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(BillingError);
    expect(error).toMatchObject({ field: "expression" });
  }
});
