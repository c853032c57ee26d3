import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { buildCatalog } from "../../src/catalog/catalog.ts";
import { decimal } from "../../src/money/decimal.ts";
import { couponRow, metricRow, planRow, priceRow, productRow } from "./rows.ts";

const rows = [
  productRow("prod_1", "api"),
  metricRow("met_1", "api_call"),
  metricRow("met_1", "api_request", { version: 2 }),
  metricRow("met_2", "api_request", { archived: true }),
  priceRow("price_1", "met_1", "0.10"),
  priceRow("price_1", "met_1", "0.20", { version: 2 }),
  priceRow("price_2", "met_2", "0.30", { archived: true }),
  planRow("plan_1", "plan_pro", [["price_1", 1]]),
  planRow(
    "plan_1",
    "plan_pro",
    [
      ["price_1", 2],
      ["price_2", 1],
    ],
    { version: 2 },
  ),
  planRow("plan_old", "plan_free", [["price_1", 1]], { archived: true }),
  planRow("plan_new", "plan_free", [["price_1", 2]]),
  couponRow("coup_1", "launch", "10"),
  couponRow("coup_1", "launch", "15", { version: 2 }),
  couponRow("coup_2", "gone", "20", { archived: true }),
];

describe("a catalog", () => {
  const catalog = buildCatalog(rows);
  const ids = (list: readonly { id: string; version: number }[]) =>
    list.map(({ id, version }) => `${id}@${version}`);

  test("finds every version, archived ones too", () => {
    expect(catalog.product("prod_1", 1)).toEqual({
      id: "prod_1",
      version: 1,
      key: "api",
      name: "prod_1",
      tax_code: "SW05",
    });
    expect(catalog.metric("met_1", 1)?.event_type).toBe("api_call");
    expect(catalog.metric("met_1", 2)?.event_type).toBe("api_request");
    expect(catalog.price("price_2", 1)?.metricId).toBe("met_2");
    expect(catalog.plan("plan_old", 1)?.key).toBe("plan_free");
    expect(catalog.coupon("coup_1", 1)?.percent).toEqual(decimal("10"));
    expect(catalog.coupon("coup_2", 1)?.key).toBe("gone");
  });

  test("has null for what there is not", () => {
    expect(catalog.metric("met_1", 3)).toBeNull();
    expect(catalog.price("met_1", 1)).toBeNull();
    expect(catalog.plan("plan_pro", 1)).toBeNull();
    expect(catalog.product("prod_2", 1)).toBeNull();
    expect(catalog.coupon("coup_1", 3)).toBeNull();
    expect(catalog.currentCoupon("plan_pro")).toBeNull();
    expect(catalog.currentPlan("plan_none")).toBeNull();
  });

  test("has plans with the versions of prices they pinned", () => {
    const pinned = (version: number) => catalog.plan("plan_1", version)?.prices.map(({ input }) => input);
    expect(pinned(1)).toMatchObject([{ unit_amount: "0.1" }]);
    expect(pinned(2)).toMatchObject([{ unit_amount: "0.2" }, { unit_amount: "0.3" }]);
  });

  test("finds the current one by id or key", () => {
    expect(catalog.currentPlan("plan_1")?.version).toBe(2);
    expect(catalog.currentPlan("plan_pro")).toBe(catalog.plan("plan_1", 2));
    expect(catalog.currentMetric("met_1")?.version).toBe(2);
    expect(catalog.currentMetric("key_met_1")?.version).toBe(2);
    expect(catalog.currentPrice("price_1")?.version).toBe(2);
    expect(catalog.currentCoupon("launch")?.percent).toEqual(decimal("15"));
    expect(catalog.currentCoupon("coup_1")).toBe(catalog.currentCoupon("launch"));
  });

  test("starts nothing new on what is archived, whose key is free again", () => {
    expect(catalog.currentPlan("plan_old")).toBeNull();
    expect(catalog.currentPrice("price_2")).toBeNull();
    expect(catalog.currentCoupon("coup_2")).toBeNull();
    expect(catalog.currentCoupon("gone")).toBeNull();
    expect(catalog.currentPlan("plan_free")?.id).toBe("plan_new");
    expect(catalog.currentMetric("key_met_2")).toBeNull();
  });

  test("still meters by an archived metric", () => {
    expect(catalog.currentMetric("met_2")?.version).toBe(1);
    expect(ids(catalog.metricsOfType("api_request"))).toEqual(["met_1@2", "met_2@1"]);
  });

  test("knows the event types of current versions only", () => {
    expect(catalog.metricsOfType("api_call")).toEqual([]);
    expect(catalog.metricsOfType("other")).toEqual([]);
  });

  test("does not depend on the order of its rows", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
        const other = buildCatalog(shuffled);
        expect(other.currentPlan("plan_pro")).toEqual(catalog.currentPlan("plan_pro"));
        expect(other.currentPlan("plan_free")).toEqual(catalog.currentPlan("plan_free"));
        expect(other.currentMetric("met_1")).toEqual(catalog.currentMetric("met_1"));
      }),
    );
  });
});

describe("rows that contradict each other are a bug", () => {
  test("a version twice", () => {
    expect(() => buildCatalog([metricRow("met_1", "a"), metricRow("met_1", "b")])).toThrow(
      "a version is stored once: metric met_1@1",
    );
  });

  test("a plan with a price that is not there", () => {
    expect(() => buildCatalog([planRow("plan_1", "pro", [["price_1", 1]])])).toThrow(
      "a plan's prices are stored: price_1@1",
    );
  });
});
