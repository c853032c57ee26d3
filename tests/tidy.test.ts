import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { banRules } from "./tidy/banned.ts";
import { cases, type Files } from "./tidy/cases.ts";
import { layerRules } from "./tidy/layers.ts";
import { type Rule, readRepository, repositoryOf } from "./tidy/repository.ts";
import { shapeRules } from "./tidy/shape.ts";

const rules: readonly Rule[] = [...layerRules, ...banRules, ...shapeRules];

describe("the house is tidy:", () => {
  const repository = readRepository(join(import.meta.dir, ".."));
  for (const rule of rules) {
    test(rule.name, () => expect(rule.check(repository)).toEqual([]));
  }
});

describe("a tidy rule", () => {
  test("has cases that try it", () =>
    expect(Object.keys(cases).sort()).toEqual(rules.map((rule) => rule.name).sort()));

  for (const rule of rules) {
    const { caught = [], allowed = [] } = cases[rule.name] ?? {};
    const check = (files: Files) => rule.check(repositoryOf(files));
    for (const files of caught) test(`catches ${show(files)}`, () => expect(check(files)).toHaveLength(1));
    for (const files of allowed) test(`allows ${show(files)}`, () => expect(check(files)).toEqual([]));
  }
});

function show(files: Files): string {
  const [path, text = ""] = Object.entries(files).at(-1) ?? [];
  return `${path}: ${text.slice(0, 80).replaceAll("\n", " ")}`;
}
