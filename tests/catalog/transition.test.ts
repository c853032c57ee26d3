import { describe, expect, test } from "bun:test";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import fc from "fast-check";
import { buildCatalog } from "../../src/catalog/catalog.ts";
import {
  pairKey,
  storedTransition,
  TransitionInput,
  type TransitionTerms,
} from "../../src/catalog/transition.ts";
import { transitionRow } from "./rows.ts";

const schema = TypeCompiler.Compile(TransitionInput);

describe("the schema", () => {
  const pair = { from: "free", to: "pro" };
  const rows: [input: unknown, fits: boolean][] = [
    [pair, true],
    [{ from: "*", to: "*" }, true],
    [
      {
        ...pair,
        allowed: false,
        timing: "period_end",
        proration: "day",
        unused: "invoice_line",
        usage: "carry_over",
      },
      true,
    ],
    [{ from: "free" }, false],
    [{ to: "pro" }, false],
    [{ ...pair, timing: "now" }, false],
    [{ ...pair, proration: "hour" }, false],
    [{ ...pair, unused: "refund" }, false],
    [{ ...pair, usage: "drop" }, false],
    [{ ...pair, allowed: "yes" }, false],
    [{ ...pair, direction: "upgrade" }, false],
  ];
  for (const [input, fits] of rows) {
    test(`${fits ? "takes" : "refuses"} ${JSON.stringify(input)}`, () => {
      expect(schema.Check(input)).toBe(fits);
    });
  }
});

test("a rule allows the change unless it says otherwise, and leaves open what it does not say", () => {
  expect(storedTransition({ from: "*", to: "plan_1", usage: "bill_now" })).toEqual({
    from: "*",
    to: "plan_1",
    allowed: true,
    usage: "bill_now",
  });
  expect(storedTransition({ from: "*", to: "plan_1", allowed: false }).allowed).toBe(false);
});

describe("the rule for a change", () => {
  const rows = [
    transitionRow("trans_1", { from: "plan_a", to: "plan_b", proration: "none" }),
    transitionRow("trans_2", { from: "plan_a", to: "*", timing: "period_end" }),
    transitionRow("trans_3", { from: "*", to: "plan_b", unused: "none" }),
    transitionRow("trans_4", { from: "*", to: "*", allowed: false }),
  ];
  const named: [from: string, to: string, terms: TransitionTerms][] = [
    ["plan_a", "plan_b", { allowed: true, proration: "none" }],
    ["plan_a", "plan_c", { allowed: true, timing: "period_end" }],
    ["plan_c", "plan_b", { allowed: true, unused: "none" }],
    ["plan_c", "plan_a", { allowed: false }],
    ["plan_b", "plan_a", { allowed: false }],
  ];
  test("is the most specific there is", () => {
    const catalog = buildCatalog(rows);
    for (const [from, to, terms] of named) expect(catalog.transition(from, to)).toEqual(terms);
  });

  test("for the plan that is left goes before the one for the plan that is taken up", () => {
    const catalog = buildCatalog(rows.slice(1));
    expect(catalog.transition("plan_a", "plan_b")).toEqual({ allowed: true, timing: "period_end" });
  });

  test("is the newest version, and none once it is archived", () => {
    const changed = transitionRow("trans_1", { from: "plan_a", to: "plan_b", timing: "immediate" }, 2);
    const versions = [...rows.slice(0, 1), changed];
    expect(buildCatalog(versions).transition("plan_a", "plan_b")).toEqual({
      allowed: true,
      timing: "immediate",
    });
    const archived = versions.map((row) => ({ ...row, archived: true }));
    expect(buildCatalog(archived).transition("plan_a", "plan_b")).toBeNull();
    expect(buildCatalog([]).transition("plan_a", "plan_b")).toBeNull();
  });

  test("fits, and no other that fits is more specific, whatever rules there are", () => {
    const plan = fc.constantFrom("*", "plan_a", "plan_b", "plan_c");
    const pairs = fc.uniqueArray(fc.tuple(plan, plan), { selector: ([from, to]) => pairKey(from, to) });
    const change = fc.tuple(fc.constantFrom("plan_a", "plan_b"), fc.constantFrom("plan_a", "plan_c"));
    const fits = (rule: string, asked: string) => rule === "*" || rule === asked;
    const rank = (from: string, to: string) => (from === "*" ? 0 : 2) + (to === "*" ? 0 : 1);
    // What sets rules apart here: each rank has terms of its own.
    const ranked: TransitionTerms[] = [
      { allowed: false },
      { allowed: true, unused: "none" },
      { allowed: true, unused: "credit" },
      { allowed: true, unused: "invoice_line" },
    ];
    fc.assert(
      fc.property(pairs, change, (made, [left, taken]) => {
        const rules = made.map(([from, to], i) =>
          transitionRow(`trans_${i}`, { from, to, ...ranked[rank(from, to)] }),
        );
        const ranks = made
          .filter(([from, to]) => fits(from, left) && fits(to, taken))
          .map(([from, to]) => rank(from, to));
        const expected = ranks.length === 0 ? null : ranked[Math.max(...ranks)];
        expect(buildCatalog(rules).transition(left, taken)).toEqual(expected ?? null);
      }),
    );
  });
});
