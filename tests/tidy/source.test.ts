import { expect, test } from "bun:test";
import { readSource } from "./source.ts";

const code = (text: string) => readSource("a.ts", text).code;

test("comments and what stands in quotes are blanked, lines are kept", () => {
  expect(code('a("b") // c\n/* d\n e */ f')).toBe('a(" ")     \n    \n      f');
});

test("a quote in a regex begins no string, and a slash that divides begins no regex", () => {
  expect(code("text.match(/[/\"']/g); x")).toBe("text.match(/      g); x");
  expect(code("a / b; c / d; 'e'")).toBe("a / b; c / d; ' '");
});

test("what a template computes is code, what it says is not", () => {
  expect(code("`a ${b(`c ${d} e`, {}) + '`'} f`; g")).toBe("`  ${b(`  ${d}  `, {}) + ' '}  `; g");
});

test("slashes in a string begin no comment, an escaped quote ends no string", () => {
  expect(code('a("http://b"); c("\\""); d')).toBe('a("        "); c("  "); d');
});

test.each([
  ['import { a, type B as C } from "./x.ts"', { typeOnly: false, names: ["a", "B"] }],
  ['import { type A } from "./x.ts"', { typeOnly: true, names: ["A"] }],
  ['import A, { type B } from "./x.ts"', { typeOnly: false, names: ["B"] }],
  ['import type { A } from "./x.ts"', { typeOnly: true, names: ["A"] }],
  ['import type * as a from "./x.ts"', { typeOnly: true, names: [] }],
  ['export * from "./x.ts"', { typeOnly: false, names: [] }],
  ['export type { A } from "./x.ts"', { typeOnly: true, names: ["A"] }],
  ['import "./x.ts"', { typeOnly: false, names: [] }],
  ['await import("./x.ts")', { typeOnly: false, names: [] }],
])("%s is an import", (text, expected) => {
  const { imports } = readSource("a.ts", `const before = 1;\n${text};`);
  expect(imports).toEqual([{ specifier: "./x.ts", line: 2, ...expected }]);
});

test.each([
  'const from = "./x.ts"',
  '// import "./x.ts"',
  'const sql = `select from "x"`',
  'new URL("http://x")',
])("%s is none", (text) => expect(readSource("a.ts", text).imports).toEqual([]));

test("a file of another kind has text and no code", () => {
  expect(readSource("a.sql", "select 1")).toMatchObject({ text: "select 1", code: "", imports: [] });
});
