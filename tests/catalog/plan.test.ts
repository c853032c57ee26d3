import { describe, expect, test } from "bun:test";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { type InlinePrice, standalonePrice } from "../../src/catalog/inline_price.ts";
import { PlanInput, storedPlan } from "../../src/catalog/plan.ts";
import { checkProduct, ProductInput } from "../../src/catalog/product.ts";
import { compilePrice, type Price, type PriceInput } from "../../src/pricing/price.ts";

const schema = TypeCompiler.Compile(PlanInput);
const plan = { key: "plan_pro", name: "Pro", currency: "USD", prices: ["base", "calls"] };
const inline: InlinePrice = { model: "per_unit", metric_id: "api_calls", unit_amount: 0.01 };

function flat(id: string, parts: Record<string, unknown> = {}): Price {
  return compilePrice(id, 2, { model: "flat", currency: "USD", amount: "10", ...parts } as PriceInput);
}

describe("the schema", () => {
  const rows: [input: unknown, fits: boolean][] = [
    [plan, true],
    [{ ...plan, prices: [inline] }, true],
    [{ ...plan, prices: ["base", { ...inline, currency: "USD" }] }, true],
    [{ ...plan, prices: [{ model: "matrix", cells: [] }] }, true], // refused by compilePrice, in words
    [{ ...plan, prices: [] }, false],
    [{ ...plan, prices: [""] }, false],
    [{ ...plan, prices: [{ ...inline, unit_amount: -1 }] }, false],
    [{ ...plan, prices: Array.from({ length: 101 }, (_, i) => `p${i}`) }, false],
    [{ ...plan, key: undefined }, false],
    [{ ...plan, currency: "usd" }, false],
    [{ ...plan, surprise: 1 }, false],
  ];
  for (const [input, fits] of rows) {
    test(`${fits ? "takes" : "refuses"} ${JSON.stringify(input).slice(0, 120)}`, () => {
      expect(schema.Check(input)).toBe(fits);
    });
  }
});

describe("storedPlan", () => {
  test("pins the versions of its prices", () => {
    expect(storedPlan(plan, [flat("price_1"), flat("price_2")])).toEqual({
      key: "plan_pro",
      name: "Pro",
      currency: "USD",
      prices: [
        { id: "price_1", version: 2 },
        { id: "price_2", version: 2 },
      ],
    });
  });

  const base = flat("price_1");
  const rows: [input: Record<string, unknown>, prices: Price[], message: string][] = [
    [{ trial_days: 14 }, [base], "field 'trial_days' is not available yet"],
    [{ commitment: {} }, [base], "field 'commitment' is not available yet"],
    [{ entitlements: [] }, [base], "field 'entitlements' is not available yet"],
    [{ key: "plan_00000000000000000000000000" }, [base], "field 'key' must not have the form of an id"],
    [{ currency: "ABC" }, [base], "field 'currency' is no active ISO 4217 currency"],
    [{}, [], "field 'prices' must name at least one price"],
    [{}, [base, base], "field 'prices[1]' is in the plan already"],
    [{}, [base, flat("price_2", { currency: "EUR" })], "field 'prices[1].currency' must be the plan's, USD"],
    [
      {},
      [base, flat("price_2", { interval: "year" })],
      "field 'prices[1].interval' must be the same for all prices of a plan",
    ],
    [
      {},
      [base, flat("price_2", { interval_count: 3 })],
      "field 'prices[1].interval' must be the same for all prices of a plan",
    ],
  ];
  for (const [parts, prices, message] of rows) {
    test(`refuses: ${message}`, () => {
      expect(() => storedPlan({ ...plan, ...parts }, prices)).toThrow(
        expect.objectContaining({ code: "VAL_001", message: `Validation error: ${message}` }),
      );
    });
  }
});

test("an inline price has the plan's currency unless it names one", () => {
  expect(standalonePrice(inline, "JPY")).toEqual({ ...inline, currency: "JPY" });
  expect(standalonePrice({ ...inline, currency: "EUR" }, "JPY")).toEqual({ ...inline, currency: "EUR" });
});

test("a product has a key that is no id", () => {
  const product = TypeCompiler.Compile(ProductInput);
  expect(product.Check({ key: "api", name: "API", tax_code: "SW05" })).toBe(true);
  expect(product.Check({ key: "api", name: "API", price: 1 })).toBe(false);
  expect(() => checkProduct({ key: "api", name: "API" })).not.toThrow();
  expect(() => checkProduct({ key: "prod_00000000000000000000000000", name: "API" })).toThrow(
    "field 'key' must not have the form of an id",
  );
});
