import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type BillingWorld, openBillingWorld } from "./billing_world.ts";

let world: BillingWorld;
const done: BillingWorld["done"] = (...given) => world.done(...given);
const call: BillingWorld["call"] = (...given) => world.call(...given);

const grants = "/api/v1/credits/grants";
const advance = (to: string) => done("POST", `/admin/test-clocks/${world.clock.id}/advance`, { to });
const give = (customer_id: string, more: Record<string, unknown> = {}) =>
  done("POST", "/credits/grants", { customer_id, amount: 10, currency: "USD", kind: "paid", ...more });
const balance = async (customer_id: string) =>
  (await done("GET", `/credits/balance?customer_id=${customer_id}`)).payload.balances;

let api = "";
beforeAll(async () => {
  world = await openBillingWorld();
  api = (await done("POST", "/master-data/products", { key: "api", name: "API" })).id;
  const prices = [
    { model: "flat", amount: 10 },
    { model: "flat", amount: 15, product_id: "api" },
  ];
  await done("POST", "/master-data/plans", { key: "two_products", name: "Two", currency: "USD", prices });
}, 60_000);
afterAll(async () => {
  await world.app.close();
  expect(world.app.troubles).toEqual([]);
});

describe("credit grants", () => {
  test("are given, read, listed, filtered, and taken back once", async () => {
    const made = await give("bob", {
      name: "Welcome",
      amount: "12.50",
      kind: "promotional",
      priority: 5,
      product_ids: ["api"],
      expires_at: "2040-01-01T01:00:00+01:00",
      rollover: { max_amount: 2.5 },
      metadata: { campaign: "spring" },
    });
    expect(made.status).toBe(201);
    expect(made.id).toStartWith("grant_");
    expect(made.payload).toMatchObject({
      name: "Welcome",
      amount: "12.50",
      remaining: "12.50",
      currency: "USD",
      kind: "promotional",
      priority: 5,
      product_ids: [api],
      expires_at: "2040-01-01T00:00:00Z",
      rollover: { max_amount: "2.50", times: null },
      metadata: { campaign: "spring" },
      status: "active",
    });
    const plain = await give("bob", { amount: 3, currency: "EUR" });
    expect(plain.payload).toMatchObject({
      priority: 50,
      expires_at: null,
      product_ids: null,
      rollover: null,
      metadata: {},
    });
    expect((await done("GET", `/credits/grants/${made.id}`)).payload).toEqual(made.payload);
    expect((await done("GET", "/credits/grants?customer_id=bob&kind=promotional")).rows).toEqual([
      made.payload,
    ]);
    expect((await done("GET", "/credits/grants?customer_id=bob&currency=EUR")).rows).toEqual([plain.payload]);
    expect(await balance("bob")).toMatchObject([
      { currency: "USD", available: "12.50", limited_to_products: "12.50" },
      { currency: "EUR", available: "3.00", limited_to_products: "0.00" },
    ]);

    const voided = await done("POST", `/credits/grants/${made.id}/void`, {});
    expect(voided.payload).toMatchObject({ amount: "12.50", remaining: "0.00", status: "voided" });
    expect((await call("POST", `${grants}/${made.id}/void`, {})).error?.code).toBe("RES_002");
    expect(
      (await done("GET", "/credits/grants?customer_id=bob&status=voided")).rows.map((r) => r.id),
    ).toEqual([made.id]);
    const { rows } = await done("GET", `/credits/entries?grant_id=${made.id}`);
    expect(rows.toSorted((a, b) => Number(a.sequence) - Number(b.sequence))).toMatchObject([
      { type: "granted", amount: "12.50", balance_after: "12.50", currency: "USD" },
      { type: "voided", amount: "-12.50", balance_after: "0.00", currency: "USD" },
    ]);
  });

  test("are given once for one Idempotency-Key", async () => {
    const body = { customer_id: "bob", amount: 1, currency: "GBP", kind: "paid" };
    const first = await call("POST", grants, body, "credit-1");
    const again = await call("POST", grants, body, "credit-1");
    expect(first.status).toBe(201);
    expect([again.text, again.headers.get("Idempotent-Replayed")]).toEqual([first.text, "true"]);
    const other = await call("POST", grants, { ...body, amount: 2 }, "credit-1");
    expect(other.error?.code).toBe("REQ_005");
    const voided = await call("POST", `${grants}/${first.id}/void`, {}, "void-1");
    expect((await call("POST", `${grants}/${first.id}/void`, {}, "void-1")).text).toBe(voided.text);
    expect((await done("GET", "/credits/grants?customer_id=bob&currency=GBP")).rows.length).toBe(1);
  });

  test.each([
    [{ amount: 0 }, "amount"],
    [{ amount: "-1" }, "amount"],
    [{ amount: "1.005" }, "amount"],
    [{ currency: "XXX" }, "currency"],
    [{ kind: "gift" }, "kind"],
    [{ priority: 0 }, "priority"],
    [{ priority: 101 }, "priority"],
    [{ priority: 1.5 }, "priority"],
    [{ expires_at: "2001-01-01T00:00:00Z" }, "expires_at"],
    [{ expires_at: "soon" }, "expires_at"],
    [{ effective_at: null }, "effective_at"],
    [{ product_ids: ["nothing"] }, "product_ids[0]"],
    [{ product_ids: ["api", "api"] }, "product_ids[1]"],
    [{ product_ids: [] }, "product_ids"],
    [{ rollover: { times: 1 } }, "rollover"],
    [{ rollover: { times: 0 } }, "rollover.times"],
    [{ remaining: 5 }, "remaining"],
  ])("refuse %j", async (more, field) => {
    const body = { customer_id: "bob", amount: 10, currency: "USD", kind: "paid", ...more };
    const told = await call("POST", grants, body);
    expect([told.error?.code, told.error?.field]).toEqual(["VAL_001", field]);
  });

  test("are no other company's, and need their own scopes", async () => {
    const { id } = await give("bob", { currency: "CHF" });
    const { borea, atlas } = world.app;
    expect((await borea.call("GET", `${grants}/${id}`)).error?.code).toBe("RES_001");
    expect((await borea.call("POST", `${grants}/${id}/void`, {})).error?.code).toBe("RES_001");
    expect((await borea.call("GET", grants)).rows).toEqual([]);
    expect((await borea.call("GET", "/api/v1/credits/entries")).rows).toEqual([]);
    expect((await borea.call("GET", "/api/v1/credits/balance?customer_id=bob")).error?.code).toBe("RES_001");
    const made = await atlas.call("POST", "/api/v1/admin/api-keys", {
      name: "Reader",
      scopes: ["credits:read"],
    });
    const reader = (method: string, path: string, body?: unknown) =>
      world.app.front(
        new Request(`http://localhost${path}`, {
          method,
          headers: { "X-API-Key": String(made.payload.key) },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
      );
    expect((await reader("GET", `${grants}/${id}`)).status).toBe(200);
    expect((await reader("POST", `${grants}/${id}/void`, {})).status).toBe(403);
    expect((await reader("GET", "/api/v1/contracts")).status).toBe(403);
  });
});

test("credit pays invoices, expires and rolls over on a test clock, and its history adds up", async () => {
  await done("POST", "/master-data/customers", {
    external_id: "cleo",
    name: "Cleo",
    test_clock_id: world.clock.id,
  });
  await done("POST", "/subscriptions", { customer_id: "cleo", plan_id: "two_products" });
  const limited = await give("cleo", { amount: 20, priority: 1, product_ids: ["api"] });
  const short = await give("cleo", {
    amount: 100,
    kind: "promotional",
    expires_at: "2023-12-01T12:00:00Z",
    rollover: { max_amount: 30, times: 1 },
  });
  const later = await give("cleo", { amount: 7, effective_at: "2023-12-15T00:00:00Z" });
  expect(later.payload.status).toBe("scheduled");
  const preview = await done("POST", "/invoicing/preview", { customer_id: "cleo" });
  expect(preview.payload).toMatchObject({ total: "25.00", credits_applied: "25.00", amount_due: "0.00" });

  await advance("2023-12-01T00:30:00Z"); // a draft, in its grace
  const [draft] = (await done("GET", "/invoicing/invoices?customer_id=cleo")).rows;
  expect(draft).toMatchObject({ status: "draft", credits_applied: "25.00" });
  await advance("2023-12-20T00:00:00Z");
  const [invoice] = (await done("GET", "/invoicing/invoices?customer_id=cleo")).rows;
  expect(invoice).toMatchObject({
    status: "paid",
    total: "25.00",
    credits_applied: "25.00",
    amount_due: "0.00",
    // The first pays all of its product, the other the rest.
    credits: [
      { grant_id: limited.id, amount: "15.00" },
      { grant_id: short.id, amount: "10.00" },
    ],
  });
  const { rows } = await done("GET", "/credits/grants?customer_id=cleo");
  expect(rows.map(({ amount, remaining, status }) => [amount, remaining, status]).sort()).toEqual([
    ["100.00", "0.00", "expired"],
    ["20.00", "5.00", "active"],
    ["30.00", "30.00", "active"],
    ["7.00", "7.00", "active"],
  ]);
  const entries = (await done("GET", "/credits/entries?customer_id=cleo")).rows;
  const inOrder = entries.toSorted((a, b) => Number(a.sequence) - Number(b.sequence));
  expect(inOrder.map(({ type, amount, balance_after }) => `${type} ${amount} = ${balance_after}`)).toEqual([
    "granted 20.00 = 20.00",
    "granted 100.00 = 120.00",
    "granted 7.00 = 127.00",
    "applied -15.00 = 112.00",
    "applied -10.00 = 102.00",
    "rolled_over -30.00 = 72.00",
    "granted 30.00 = 102.00",
    "expired -60.00 = 42.00",
  ]);
  const used = await done("GET", `/credits/entries?invoice_id=${invoice?.id}`);
  expect(used.rows.map((row) => row.grant_id).sort()).toEqual([limited.id, short.id].sort());
  expect(await balance("cleo")).toEqual([
    {
      currency: "USD",
      available: "42.00",
      by_kind: { paid: "12.00", promotional: "30.00" },
      limited_to_products: "5.00",
      scheduled: "0.00",
      // Given on 1 November at midnight, expired after 30 days and a half: as long again.
      next_expiry: "2024-01-01T00:00:00Z",
    },
  ]);
}, 60_000);
