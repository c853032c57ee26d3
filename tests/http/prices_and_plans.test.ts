import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openApp, type TestApp } from "./app.ts";

let app: TestApp;
let product = "";
let metric = "";
beforeAll(async () => {
  app = await openApp();
  const { call } = app.atlas;
  product = (await call("POST", "/api/v1/master-data/products", { key: "inference", name: "Inference" })).id;
  metric = (await call("POST", metrics, { ...tokens, key: "tokens" })).id;
}, 60_000);
afterAll(async () => {
  await app.close();
  expect(app.troubles).toEqual([]);
});

const metrics = "/api/v1/master-data/metrics";
const prices = "/api/v1/master-data/prices";
const plans = "/api/v1/master-data/plans";
const tokens = { name: "Tokens", event_type: "llm_completion", aggregation: "sum", field: "tokens" };
const perToken = { metric_id: "tokens", currency: "USD", model: "per_unit", unit_amount: "0.000015" };
const tiers = [
  { up_to: 1000000, unit_amount: "0.000015", flat_amount: 5 },
  { up_to: null, unit_amount: "0.0000120" },
];

describe("prices", () => {
  test("keep every digit and answer ids and plain decimals", async () => {
    const { call } = app.atlas;
    const body = `{"key":"digits","product_id":"inference","metric_id":"tokens","currency":"USD","model":"graduated",
      "tiers":[{"up_to":1e6,"unit_amount":123456789.123456789012},{"up_to":null,"unit_amount":"0.10"}]}`;
    const made = await call("POST", prices, body);
    expect(made.payload).toMatchObject({
      key: "digits",
      product_id: product,
      metric_id: metric,
      interval: "month",
      interval_count: 1,
      tiers: [
        { up_to: "1000000", unit_amount: "123456789.123456789012" },
        { up_to: null, unit_amount: "0.1" },
      ],
      version: 1,
    });
    expect((await call("GET", `${prices}/digits`)).payload).toEqual(made.payload);
    for (const filter of ["metric_id=tokens", `product_id=${product}`, "model=graduated"]) {
      expect((await call("GET", `${prices}?${filter}`)).rows).toContainEqual(made.payload);
    }
    expect((await call("GET", `${prices}?metric_id=unknown`)).rows).toEqual([]);
  });

  test("change in versions: within their model or to another", async () => {
    const { call } = app.atlas;
    const { id } = await call("POST", prices, { ...perToken, key: "changing" });
    const dearer = await call("PATCH", `${prices}/${id}`, { unit_amount: 0.00002 });
    expect(dearer.payload).toMatchObject({ unit_amount: "0.00002", metric_id: metric, version: 2 });
    const graduated = await call("PATCH", `${prices}/changing`, {
      model: "graduated",
      tiers,
      flat_at_zero: true,
    });
    expect(graduated.payload).toMatchObject({
      model: "graduated",
      flat_at_zero: true,
      metric_id: metric,
      version: 3,
    });
    expect(graduated.payload).not.toHaveProperty("unit_amount");
    const flat = await call("PATCH", `${prices}/changing`, { model: "flat", amount: 49, metric_id: null });
    expect(flat.payload).toMatchObject({ model: "flat", amount: "49", flat_at_zero: false, version: 4, id });
    expect(flat.payload).not.toHaveProperty("tiers");
    expect(flat.payload).not.toHaveProperty("metric_id");
  });

  test("refuse what is not right, naming the field", async () => {
    const { call } = app.atlas;
    await call("POST", prices, { ...perToken, key: "steady" });
    const refusals = [
      ["POST", { ...perToken, model: "magic" }, "model"],
      ["POST", { ...perToken, model: "matrix" }, "dimensions"],
      ["POST", { ...perToken, unit_amount: -1 }, "unit_amount"],
      ["POST", { ...perToken, unit_amount: "0.0000000000001" }, "unit_amount"],
      ["POST", { ...perToken, currency: "XXZ" }, "currency"],
      ["POST", { ...perToken, metric_id: "nothing" }, "metric_id"],
      ["POST", { ...perToken, metric_id: product }, "metric_id"],
      ["POST", { ...perToken, product_id: "nothing" }, "product_id"],
      ["POST", { ...perToken, amount: 1 }, "amount"],
      ["POST", { ...perToken, timing: "advance" }, "timing"],
      ["POST", { ...perToken, minimum_amount: 2, maximum_amount: 1 }, "maximum_amount"],
      ["POST", { ...perToken, window: "minute" }, "window"],
      [
        "POST",
        { ...perToken, unit_transform: { operation: "divide", by: 0, round: "up" } },
        "unit_transform.by",
      ],
      ["POST", { ...perToken, filters: [{ field: "a", op: "eq" }] }, "filters[0].values"],
      ["POST", { currency: "USD", model: "flat" }, "amount"],
      [
        "POST",
        { currency: "USD", model: "graduated", metric_id: "tokens", tiers: [tiers[0]] },
        "tiers[0].up_to",
      ],
      ["PATCH", { amount: 5 }, "amount"],
      ["PATCH", { model: "flat", amount: 5 }, "metric_id"],
      ["PATCH", { model: "graduated" }, "tiers"],
      ["PATCH", { key: "other" }, "key"],
      ["PATCH", { metric_id: "nothing" }, "metric_id"],
    ] as const;
    for (const [method, body, field] of refusals) {
      const told = await call(method, method === "POST" ? prices : `${prices}/steady`, body);
      expect([body, told.error?.code, told.error?.field]).toEqual([body, "VAL_001", field]);
    }
    expect((await call("GET", `${prices}/steady`)).payload.version).toBe(1);
  });

  test("cannot be made on what is archived, and outlive it", async () => {
    const { call } = app.atlas;
    const old = await call("POST", metrics, { ...tokens, key: "old" });
    const price = await call("POST", prices, { ...perToken, metric_id: "old", key: "on_old" });
    await call("DELETE", `${metrics}/old`);
    for (const ref of ["old", old.id]) {
      const told = await call("POST", prices, { ...perToken, metric_id: ref });
      expect(told.error).toMatchObject({ code: "VAL_001", field: "metric_id" });
    }
    expect((await call("PATCH", `${prices}/${price.id}`, { unit_amount: 1 })).payload).toMatchObject({
      version: 2,
    });
  });
});

describe("plans", () => {
  test("pin their prices, and make those that are written out", async () => {
    const { call } = app.atlas;
    const { id } = await call("POST", prices, { ...perToken, key: "for_pro" });
    const fee = { key: "fee", model: "flat", amount: "49.00" };
    const made = await call("POST", plans, {
      key: "pro",
      name: "Pro",
      currency: "USD",
      prices: ["for_pro", fee],
    });
    expect(made.payload).toMatchObject({
      prices: [
        { id, version: 1, unit_amount: "0.000015", metric_id: metric },
        { key: "fee", version: 1, amount: "49", currency: "USD" },
      ],
    });
    const feePrice = await call("GET", `${prices}/fee`);
    expect(feePrice.payload).toMatchObject({ model: "flat", amount: "49", version: 1 });

    await call("PATCH", `${prices}/for_pro`, { unit_amount: "0.00001" });
    expect((await call("GET", `${plans}/pro`)).payload).toEqual(made.payload);
    const named = await call("PATCH", `${plans}/pro`, { name: "Professional" });
    expect(named.payload).toEqual({
      ...made.payload,
      name: "Professional",
      version: 2,
      updated_at: named.payload.updated_at,
    });
    const renewed = await call("PATCH", `${plans}/pro`, { prices: [id, { model: "flat", amount: 59 }] });
    expect(renewed.payload).toMatchObject({
      prices: [
        { id, version: 2, unit_amount: "0.00001" },
        { amount: "59", version: 1 },
      ],
      version: 3,
    });
    expect((await call("GET", `${plans}?key=pro`)).rows).toEqual([renewed.payload]);
  });

  test("are what new subscriptions start on, until they are archived", async () => {
    const { call } = app.atlas;
    await call("POST", "/api/v1/master-data/customers", { external_id: "acme", name: "Acme" });
    const body = { key: "small", name: "Small", currency: "USD", prices: [{ model: "flat", amount: 5 }] };
    await call("POST", plans, body);
    await call("PATCH", `${plans}/small`, { name: "Smaller" });
    const start = { customer_id: "acme", plan_id: "small", anchor: "calendar" };
    expect((await call("POST", "/api/v1/subscriptions", start)).payload).toMatchObject({ plan_version: 2 });
    expect((await call("DELETE", `${plans}/small`)).payload).toMatchObject({ archived: true });
    expect((await call("POST", "/api/v1/subscriptions", start)).error).toMatchObject({ field: "plan_id" });
  });

  test("refuse what is not right, naming the path", async () => {
    const { call } = app.atlas;
    const plan = { key: "wrong", name: "Wrong", currency: "USD" };
    const flat = { model: "flat", amount: 1 };
    await call("POST", prices, { ...perToken, key: "gone" });
    await call("DELETE", `${prices}/gone`);
    const refusals = [
      [{ ...plan, prices: [] }, "prices"],
      [{ ...plan, prices: ["nothing"] }, "prices[0]"],
      [{ ...plan, prices: ["gone"] }, "prices[0]"],
      [{ ...plan, prices: [flat, { ...perToken, metric_id: "nothing" }] }, "prices[1].metric_id"],
      [{ ...plan, prices: [flat, { ...flat, product_id: "nothing" }] }, "prices[1].product_id"],
      [{ ...plan, prices: [flat, { ...perToken, unit_amount: "x" }] }, "prices[1].unit_amount"],
      [{ ...plan, prices: [flat, { ...flat, model: "seat" }] }, "prices[1].unit_amount"],
      [{ ...plan, prices: ["digits", "digits"] }, "prices[1]"],
      [{ ...plan, currency: "XXZ", prices: [flat] }, "prices[0].currency"],
    ] as const;
    for (const [body, field] of refusals) {
      const told = await call("POST", plans, body);
      expect([body, told.error?.code, told.error?.field]).toEqual([body, "VAL_001", field]);
    }
    expect((await call("GET", `${plans}/wrong`)).error?.code).toBe("RES_001");
    const taken = await call("POST", plans, { ...plan, prices: [{ ...flat, key: "digits" }] });
    expect(taken.error).toMatchObject({ code: "RES_002", field: "key" });
    expect((await call("GET", `${plans}/wrong`)).error?.code).toBe("RES_001");
  });

  test("are found by nobody else, nor can be made of another's prices", async () => {
    const { call } = app.atlas;
    const price = await call("POST", prices, { ...perToken, key: "ours" });
    const { id } = await call("POST", plans, {
      key: "ours",
      name: "Ours",
      currency: "USD",
      prices: ["ours"],
    });
    expect((await app.borea.call("GET", `${plans}/${id}`)).status).toBe(404);
    expect((await app.borea.call("GET", plans)).rows).toEqual([]);
    const stolen = { key: "theirs", name: "Theirs", currency: "USD", prices: [price.id] };
    expect((await app.borea.call("POST", plans, stolen)).error).toMatchObject({ field: "prices[0]" });
  });

  test("are made once under one Idempotency-Key, inline prices too", async () => {
    const { call } = await app.company("once");
    const body = { key: "once", name: "Once", currency: "USD", prices: [{ model: "flat", amount: 1 }] };
    const first = await call("POST", plans, body, "plan-once");
    expect((await call("POST", plans, body, "plan-once")).text).toBe(first.text);
    expect((await call("GET", prices)).rows).toHaveLength(1);
  });
});
