import { describe, expect, test } from "bun:test";
import { type Case, edges, models } from "../oracle/cases.ts";
import { difference } from "../oracle/compare.ts";
import { runOracle } from "../oracle/run.ts";

describe("the real code and a naive one over fractions", () => {
  test("agree on random usage at random prices", () => {
    const seed = 20260201;
    const { counts, failure } = runOracle(4000, seed);
    expect({ seed, failure }).toEqual({ seed, failure: null });
    for (const model of models) {
      for (const edge of edges) expect([model, edge, counts.get(model)?.get(edge)]).toEqual([model, edge, 160]);
    }
  });

  test("would be told apart", () => {
    // What the oracle is told to expect of `latest` is not what the events say once their times are exchanged.
    const drawn: Case = {
      model: "per_unit",
      edge: "edge",
      price: { model: "per_unit", unit_amount: "0.000000000001" },
      aggregation: "latest",
      events: [
        { value: "1", at: 2, times: 1 },
        { value: "2", at: 1, times: 1 },
      ],
    };
    expect(difference(drawn)).toBeNull();
    const lying = { ...drawn, aggregation: "sum" as const };
    Object.defineProperty(lying, "events", { get: turns(drawn.events, drawn.events.toReversed()) });
    expect(difference(lying)).toContain("quantity foretold is 1");
  });
});

/** Gives its answers in turn, the last one for ever. */
function turns<T>(...answers: T[]): () => T | undefined {
  return () => (answers.length > 1 ? answers.shift() : answers[0]);
}
