import { afterAll, beforeAll, expect, test } from "bun:test";
import { openApp, type TestApp } from "./app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await openApp();
}, 60_000);
afterAll(async () => {
  await app.close();
  expect(app.troubles).toEqual([]);
});

const clocks = "/api/v1/admin/test-clocks";

test("a clock is created, read, listed and advanced", async () => {
  const { call } = app.atlas;
  const made = await call("POST", clocks, { name: "Close", now: "2026-02-01T01:00:00+01:00" });
  expect([made.status, made.payload]).toEqual([
    201,
    expect.objectContaining({ name: "Close", now: "2026-02-01T00:00:00Z", status: "ready", target: null }),
  ]);
  expect((await call("GET", `${clocks}/${made.id}`)).payload).toEqual(made.payload);
  const advanced = await call(
    "POST",
    `${clocks}/${made.id}/advance`,
    { to: "2026-03-01T00:00:00Z" },
    "advance",
  );
  expect(advanced.payload).toEqual({ ...made.payload, now: "2026-03-01T00:00:00Z" });
  expect((await call("GET", `${clocks}?name=Close`)).rows).toEqual([advanced.payload]);
  const again = await call("POST", `${clocks}/${made.id}/advance`, { to: "2026-03-01T00:00:00Z" }, "advance");
  expect(again.text).toBe(advanced.text);
});

test("a clock goes neither back nor too far, and only its own company moves it", async () => {
  const { call } = app.atlas;
  const { id } = await call("POST", clocks, { name: "Bounds", now: "2026-02-01T00:00:00Z" });
  for (const to of ["2026-02-01T00:00:00Z", "2026-01-31T23:59:59Z", "2031-03-01T00:00:00Z", "soon"]) {
    const told = await call("POST", `${clocks}/${id}/advance`, { to });
    expect([to, told.error?.code, told.error?.field]).toEqual([to, "VAL_001", "to"]);
  }
  const foreign = await app.borea.call("POST", `${clocks}/${id}/advance`, { to: "2026-03-01T00:00:00Z" });
  expect(foreign.error?.code).toBe("RES_001");
  expect((await app.borea.call("GET", `${clocks}/${id}`)).error?.code).toBe("RES_001");
  expect((await call("GET", `${clocks}/${id}`)).payload.now).toBe("2026-02-01T00:00:00Z");
  expect((await call("POST", clocks, { name: "x" })).error).toMatchObject({ field: "now" });
});

test("a customer on a clock of the past lives on its time: created then, billed when it is advanced", async () => {
  const { call } = app.atlas;
  const clock = await call("POST", clocks, { name: "Past", now: "2024-02-01T00:00:00Z" });
  const customer = { external_id: "past", name: "Past", test_clock_id: clock.id };
  const made = await call("POST", "/api/v1/master-data/customers", customer);
  expect(made.payload.created_at).toBe("2024-02-01T00:00:00Z");
  await call("POST", "/api/v1/master-data/plans", {
    key: "base",
    name: "Base",
    currency: "USD",
    prices: [{ model: "flat", amount: "49" }],
  });
  const started = await call("POST", "/api/v1/subscriptions", { customer_id: "past", plan_id: "base" });
  expect(started.payload).toMatchObject({ status: "active", current_period_end: "2024-03-01T00:00:00Z" });
  const invoices = "/api/v1/invoicing/invoices?customer_id=past";
  expect((await call("GET", invoices)).rows).toEqual([]);

  await call("POST", `${clocks}/${clock.id}/advance`, { to: "2024-04-01T02:00:00Z" });
  expect((await call("GET", invoices)).rows).toMatchObject([
    {
      status: "issued",
      total: "49.00",
      period_start: "2024-03-01T00:00:00Z",
      issued_at: "2024-04-01T01:00:00Z",
    },
    {
      status: "issued",
      total: "49.00",
      period_start: "2024-02-01T00:00:00Z",
      issued_at: "2024-03-01T01:00:00Z",
    },
  ]);
});
