import { describe, expect, test } from "bun:test";
import { add, type Decimal, decimal, isZero } from "../../src/money/decimal.ts";
import type { Price } from "../../src/pricing/price.ts";
import { rate } from "../../src/pricing/rate.ts";
import { type Case, edges, models } from "../oracle/cases.ts";
import { difference } from "../oracle/compare.ts";
import { runOracle } from "../oracle/run.ts";

describe("the real code and a naive one over fractions", () => {
  test("agree on random usage at random prices", () => {
    const seed = 20260201;
    const { counts, failure } = runOracle(4000, seed);
    expect({ seed, failure }).toEqual({ seed, failure: null });
    for (const model of models) {
      for (const edge of edges)
        expect([model, edge, counts.get(model)?.get(edge)]).toEqual([model, edge, 160]);
    }
  });

  test("are told apart by one unit in the twelfth decimal", () => {
    const drawn: Case = {
      model: "per_unit",
      edge: "edge",
      price: { model: "per_unit", unit_amount: "0.25" },
      aggregation: "latest",
      events: [
        { value: "1", at: 2, times: 1 },
        { value: "2", at: 1, times: 1 },
      ],
    };
    expect(difference(drawn)).toBeNull();
    const tooMuch = (price: Price, quantity: Decimal) => {
      const charge = rate(price, quantity);
      return isZero(quantity) ? charge : { ...charge, amount: add(charge.amount, decimal("0.000000000001")) };
    };
    expect(difference(drawn, tooMuch)).toBe("after event 0: amount is 0.250000000001, the oracle has 25/100");
  });
});
