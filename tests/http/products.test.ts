import { afterAll, beforeAll, expect, test } from "bun:test";
import { openApp, type TestApp } from "./app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await openApp();
}, 60_000);
afterAll(() => app.close());

test("smoke", async () => {
  const { call } = app.atlas;
  const r = await call("POST", "/api/v1/master-data/products", { key: "inference", name: "Inference API" });
  console.log(r.status, r.text);
  const m = await call("POST", "/api/v1/master-data/metrics", { key: "output_tokens", name: "Output tokens", event_type: "llm", aggregation: "sum", field: "output_tokens" });
  console.log(m.status, m.text);
  const p = await call("POST", "/api/v1/master-data/prices", { key: "std", product_id: "inference", metric_id: "output_tokens", currency: "USD", model: "graduated", tiers: [{ up_to: "1000000", unit_amount: 0.000015 }, { up_to: null, unit_amount: "0.000012" }] });
  console.log(p.status, p.text);
  const pl = await call("POST", "/api/v1/master-data/plans", { key: "plan_pro", name: "Pro", currency: "USD", prices: ["std", { model: "flat", amount: "49.00" }] });
  console.log(pl.status, pl.text);
  console.log((await call("GET", "/api/v1/master-data/plans")).text);
  console.log((await call("PATCH", "/api/v1/master-data/plans/plan_pro", { name: "X" })).text);
  console.log((await call("PATCH", "/api/v1/master-data/prices/std", { model: "per_unit", unit_amount: "0.1" })).text);
  console.log((await call("POST", "/api/v1/master-data/customers", { external_id: "cust_abc", name: "Acme" })).text);
  console.log((await call("GET", "/api/v1/admin/health")).text);
  expect(app.troubles).toEqual([]);
});
