import { describe, expect, test } from "bun:test";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { type InlinePrice, standalonePrice } from "../../src/catalog/inline_price.ts";
import { PlanInput, planVersionOf, storedPlan } from "../../src/catalog/plan.ts";
import { checkProduct, ProductInput } from "../../src/catalog/product.ts";
import { decimal } from "../../src/money/decimal.ts";
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
    [{ ...plan, trial_days: 0 }, true],
    [{ ...plan, trial_days: 3650 }, true],
    [{ ...plan, trial_days: 3651 }, false],
    [{ ...plan, trial_days: 1.5 }, false],
    [{ ...plan, trial_days: null }, false],
    [{ ...plan, commitment: { amount: "100.50", period: "quarter" } }, true],
    [{ ...plan, commitment: { amount: 0, period: "month" } }, false],
    [{ ...plan, commitment: { amount: 1, period: "term" } }, false],
    [{ ...plan, commitment: { amount: 1 } }, false],
    [{ ...plan, entitlements: [] }, true],
    [{ ...plan, entitlements: [{ key: "sso", kind: "boolean" }] }, true],
    [{ ...plan, entitlements: [{ key: "sso", kind: "boolean", value: "yes" }] }, false],
    [{ ...plan, entitlements: [{ key: "sso", kind: "boolean", metric_id: "calls" }] }, false],
    [{ ...plan, entitlements: [{ key: "seats", kind: "limit", value: null, metric_id: "seats" }] }, true],
    [{ ...plan, entitlements: [{ key: "seats", kind: "limit", value: "0.5" }] }, true],
    [{ ...plan, entitlements: [{ key: "seats", kind: "limit", value: -1 }] }, false],
    [{ ...plan, entitlements: [{ key: "seats", kind: "limit", value: true }] }, false],
    [{ ...plan, entitlements: [{ key: "tone", kind: "config", value: { a: [1, null] } }] }, true],
    [{ ...plan, entitlements: [{ key: "tone", kind: "config", value: null }] }, true],
    [{ ...plan, entitlements: [{ key: "tone", kind: "config" }] }, false],
    [{ ...plan, entitlements: [{ key: "tone", kind: "colour", value: 1 }] }, false],
    [{ ...plan, entitlements: [{ kind: "boolean" }] }, false],
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

  test("takes prices of other intervals and currencies beside one in its own", () => {
    const prices = [
      flat("price_1", { interval: "year" }),
      flat("price_2", { interval: "month", interval_count: 3 }),
      flat("price_3", { currency: "EUR" }),
    ];
    expect(storedPlan(plan, prices).prices.map(({ id }) => id)).toEqual(["price_1", "price_2", "price_3"]);
  });

  test("writes decimals plainly and values out", () => {
    const stored = storedPlan(
      {
        ...plan,
        trial_days: 0,
        commitment: { amount: "1200.00", period: "year" },
        entitlements: [
          { key: "sso", kind: "boolean" },
          { key: "beta", kind: "boolean", value: false },
          { key: "calls", kind: "limit", value: 1e6, metric_id: "met_1" },
          { key: "seats", kind: "limit" },
          { key: "tone", kind: "config", value: { polite: true } },
          { key: "longest", kind: "config", value: "x".repeat(4094) },
        ],
      },
      [flat("price_1")],
    );
    expect(stored).toMatchObject({
      trial_days: 0,
      commitment: { amount: "1200", period: "year" },
      entitlements: [
        { key: "sso", kind: "boolean", value: true },
        { key: "beta", kind: "boolean", value: false },
        { key: "calls", kind: "limit", value: "1000000", metric_id: "met_1" },
        { key: "seats", kind: "limit", value: null },
        { key: "tone", kind: "config", value: { polite: true } },
        { key: "longest" },
      ],
    });
  });

  const base = flat("price_1");
  const rows: [input: Record<string, unknown>, prices: Price[], message: string][] = [
    [{ key: "plan_00000000000000000000000000" }, [base], "field 'key' must not have the form of an id"],
    [{ currency: "ABC" }, [base], "field 'currency' is no active ISO 4217 currency"],
    [{}, [], "field 'prices' must name at least one price"],
    [{}, [base, base], "field 'prices[1]' is in the plan already"],
    [
      {},
      [flat("price_2", { currency: "EUR" }), flat("price_3", { currency: "GBP" })],
      "field 'prices' must have at least one in the plan's currency, USD",
    ],
    [
      {
        entitlements: [
          { key: "sso", kind: "boolean" },
          { key: "sso", kind: "limit" },
        ],
      },
      [base],
      "field 'entitlements[1].key' is in the plan already",
    ],
    [
      { entitlements: [{ key: "tone", kind: "config", value: "x".repeat(4095) }] },
      [base],
      "field 'entitlements[0].value' must not be longer than 4096 characters of JSON",
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

describe("planVersionOf", () => {
  const price = flat("price_1");
  const stored = { key: "pro", name: "Pro", currency: "USD", prices: [{ id: "price_1", version: 2 }] };

  test("reads a plan stored before it could have more than prices", () => {
    expect(planVersionOf("plan_1", 3, stored, [price])).toEqual({
      id: "plan_1",
      version: 3,
      key: "pro",
      name: "Pro",
      currency: "USD",
      prices: [price],
      trialDays: 0,
      commitment: null,
      entitlements: [],
    });
  });

  test("reads what was stored, and stored it is the same after JSON", () => {
    const input: PlanInput = {
      ...plan,
      trial_days: 14,
      commitment: { amount: 99.5, period: "month" },
      entitlements: [
        { key: "sso", kind: "boolean" },
        { key: "calls", kind: "limit", value: "2.50", metric_id: "met_1" },
        { key: "seats", kind: "limit", value: null },
        { key: "tone", kind: "config", value: ["a"] },
      ],
    };
    const body = JSON.parse(JSON.stringify(storedPlan(input, [price])));
    expect(planVersionOf("plan_1", 1, body, [price])).toMatchObject({
      trialDays: 14,
      commitment: { amount: decimal("99.5"), period: "month" },
      entitlements: [
        { key: "sso", kind: "boolean", value: true, limit: null, metricId: null },
        { key: "calls", kind: "limit", value: "2.5", limit: decimal("2.5"), metricId: "met_1" },
        { key: "seats", kind: "limit", value: null, limit: null, metricId: null },
        { key: "tone", kind: "config", value: ["a"], limit: null, metricId: null },
      ],
    });
  });
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
