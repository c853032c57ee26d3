import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openApp, type TestApp } from "./app.ts";

let app: TestApp;
let product = "";
beforeAll(async () => {
  app = await openApp();
  product = (await app.atlas.call("POST", products, { key: "api", name: "API" })).id;
}, 60_000);
afterAll(async () => {
  await app.close();
  expect(app.troubles).toEqual([]);
});

const products = "/api/v1/master-data/products";
const coupons = "/api/v1/master-data/coupons";
const tenth = { name: "A tenth off", percent: 10, duration: "once" };
const five = { name: "Five off", amount: 5, currency: "USD", duration: "forever" };

describe("coupons", () => {
  test("are created, read by id or key, listed, changed in versions and archived", async () => {
    const { call } = app.atlas;
    const made = await call("POST", coupons, {
      ...tenth,
      key: "launch",
      percent: "10.50",
      duration: "repeating",
      periods: 3,
      product_ids: ["api"],
      max_redemptions: 500,
      expires_at: "2026-07-01T02:00:00+02:00",
    });
    expect(made.status).toBe(201);
    expect(made.id).toStartWith("coup_");
    expect(made.payload).toMatchObject({
      key: "launch",
      percent: "10.5",
      duration: "repeating",
      periods: 3,
      product_ids: [product],
      max_redemptions: 500,
      expires_at: "2026-07-01T00:00:00Z",
      version: 1,
      archived: false,
    });
    for (const ref of [made.id, "launch"]) {
      expect((await call("GET", `${coupons}/${ref}`)).payload).toEqual(made.payload);
    }
    const changed = await call("PATCH", `${coupons}/launch`, { duration: "once", periods: null });
    expect(changed.payload).toMatchObject({ id: made.id, percent: "10.5", duration: "once", version: 2 });
    expect(changed.payload).not.toHaveProperty("periods");
    expect((await call("GET", `${coupons}?duration=once&key=launch`)).rows).toEqual([changed.payload]);
    expect((await call("GET", `${coupons}?duration=forever&key=launch`)).rows).toEqual([]);

    const { catalog } = (await app.services.companies.meet(app.atlas.id)) ?? expect.unreachable();
    expect(catalog.coupon(made.id, 1)).toMatchObject({ periods: 3, productIds: [product] });
    expect(catalog.currentCoupon("launch")).toMatchObject({ version: 2, periods: null });

    expect((await call("DELETE", `${coupons}/launch`)).payload).toMatchObject({ archived: true });
    expect((await call("GET", `${coupons}/launch`)).error?.code).toBe("RES_001");
    expect((await call("PATCH", `${coupons}/${made.id}`, { name: "x" })).error?.code).toBe("RES_002");
    expect((await call("POST", coupons, { ...tenth, key: "launch" })).status).toBe(201);
  });

  test("go from a percentage to an amount and back", async () => {
    const { call } = app.atlas;
    await call("POST", coupons, { ...tenth, key: "swap" });
    const halfway = await call("PATCH", `${coupons}/swap`, { amount: 5, currency: "EUR" });
    expect(halfway.error).toMatchObject({ code: "VAL_001", field: "amount" });
    const fixed = await call("PATCH", `${coupons}/swap`, { percent: null, amount: "5.00", currency: "EUR" });
    expect(fixed.payload).toMatchObject({ amount: "5", currency: "EUR", version: 2 });
    expect(fixed.payload).not.toHaveProperty("percent");
    const back = await call("PATCH", `${coupons}/swap`, { percent: 100, amount: null, currency: null });
    expect(back.payload).toMatchObject({ percent: "100", version: 3 });
    expect(back.payload).not.toHaveProperty("currency");
  });

  test("stay limited to a product that is archived, but are not made for one", async () => {
    const { call } = app.atlas;
    const old = await call("POST", products, { key: "old", name: "Old" });
    await call("POST", coupons, { ...five, key: "for_old", product_ids: ["old"] });
    await call("DELETE", `${products}/old`);
    const changed = await call("PATCH", `${coupons}/for_old`, { product_ids: [old.id, "api"] });
    expect(changed.payload).toMatchObject({ product_ids: [old.id, product] });
    const again = await call("POST", coupons, { ...five, key: "for_old_too", product_ids: [old.id] });
    expect(again.error).toMatchObject({ code: "VAL_001", field: "product_ids[0]" });
  });

  test("refuse what is not right, naming the field", async () => {
    const { call } = app.atlas;
    await call("POST", coupons, { ...five, key: "taken" });
    const refusals: [method: string, body: Record<string, unknown>, field: string][] = [
      ["POST", { ...tenth, percent: 0 }, "percent"],
      ["POST", { ...tenth, percent: 100.01 }, "percent"],
      ["POST", { ...tenth, percent: undefined }, "percent"],
      ["POST", { ...tenth, amount: 5 }, "amount"],
      ["POST", { ...tenth, currency: "USD" }, "currency"],
      ["POST", { ...five, currency: undefined }, "currency"],
      ["POST", { ...five, currency: "XXZ" }, "currency"],
      ["POST", { ...five, amount: 0.001 }, "amount"],
      ["POST", { ...five, duration: "repeating" }, "periods"],
      ["POST", { ...five, periods: 1 }, "periods"],
      ["POST", { ...five, product_ids: [] }, "product_ids"],
      ["POST", { ...five, product_ids: ["api", "nothing"] }, "product_ids[1]"],
      ["POST", { ...five, product_ids: ["api", product] }, "product_ids[1]"],
      ["POST", { ...five, max_redemptions: 0 }, "max_redemptions"],
      ["POST", { ...five, expires_at: "tomorrow" }, "expires_at"],
      ["PATCH", { percent: 5 }, "amount"],
      ["PATCH", { amount: null }, "percent"],
      ["PATCH", { duration: "repeating" }, "periods"],
      ["PATCH", { key: "other" }, "key"],
      ["PATCH", { name: null }, "name"],
    ];
    for (const [method, body, field] of refusals) {
      const [path, sent] =
        method === "POST" ? [coupons, { key: "wrong", ...body }] : [`${coupons}/taken`, body];
      const told = await call(method, path, sent);
      expect([body, told.error?.code, told.error?.field]).toEqual([body, "VAL_001", field]);
    }
    expect((await call("GET", `${coupons}/taken`)).payload.version).toBe(1);
    expect((await call("POST", coupons, { ...five, key: "taken" })).error).toMatchObject({
      code: "RES_002",
      field: "key",
    });
  });

  test("are found by nobody else, nor limited to another's products", async () => {
    const { id } = await app.atlas.call("POST", coupons, { ...five, key: "ours" });
    for (const [method, body] of [["GET"], ["PATCH", { name: "x" }], ["DELETE"]] as const) {
      expect((await app.borea.call(method, `${coupons}/${id}`, body)).status).toBe(404);
    }
    const stolen = await app.borea.call("POST", coupons, { ...five, key: "ours", product_ids: [product] });
    expect(stolen.error).toMatchObject({ code: "VAL_001", field: "product_ids[0]" });
    expect((await app.borea.call("GET", coupons)).rows).toEqual([]);
  });

  test("are made once under one Idempotency-Key", async () => {
    const { call } = app.atlas;
    const first = await call("POST", coupons, { ...five, key: "once" }, "coupon-once");
    const again = await call("POST", coupons, { ...five, key: "once" }, "coupon-once");
    expect([again.text, again.headers.get("Idempotent-Replayed")]).toEqual([first.text, "true"]);
  });
});
