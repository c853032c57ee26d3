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

const customers = "/api/v1/master-data/customers";
const acme = {
  external_id: "acme",
  name: "Acme Robotics",
  email: "billing@acme.example",
  currency: "EUR",
  timezone: "Europe/Berlin",
  billing_address: { line1: "Werkstr. 1", city: "Berlin", postal_code: "10115", country: "DE" },
  tax_ids: [{ type: "eu_vat", value: "DE123456789" }],
  tax_exempt: false,
  metadata: { crm: "17" },
};

test("a customer is created, read by id or external id and changed", async () => {
  const { call } = app.atlas;
  const made = await call("POST", customers, acme);
  expect(made.status).toBe(201);
  expect(made.payload).toMatchObject(acme);
  expect(made.id).toStartWith("cust_");
  for (const ref of [made.id, "acme"]) {
    expect((await call("GET", `${customers}/${ref}`)).payload).toEqual(made.payload);
  }
  const changed = await call("PATCH", `${customers}/acme`, { name: "Acme", metadata: { crm: "18" } });
  expect(changed.payload).toMatchObject({ ...acme, id: made.id, name: "Acme", metadata: { crm: "18" } });
  expect((await call("GET", `${customers}/${made.id}`)).payload).toEqual(changed.payload);
});

test("currency and zone default to the company's settings of now", async () => {
  const { call, id } = await app.company("kyoto");
  expect((await call("POST", customers, { name: "A" })).payload).toMatchObject({
    currency: "USD",
    timezone: "UTC",
  });
  const settings = { base_currency: "JPY", timezone: "Asia/Tokyo" };
  expect((await call("PATCH", `/api/v1/admin/companies/${id}`, { settings })).status).toBe(200);
  const made = await call("POST", customers, { name: "B" });
  expect(made.payload).toMatchObject({ currency: "JPY", timezone: "Asia/Tokyo" });
});

test("an external id is claimed once, set once, and may be another company's too", async () => {
  const { call } = app.atlas;
  await call("POST", customers, { name: "First", external_id: "claimed" });
  const second = await call("POST", customers, { name: "Second", external_id: "claimed" });
  expect([second.status, second.error?.code, second.error?.field]).toEqual([409, "RES_002", "external_id"]);
  const { id } = await call("POST", customers, { name: "Third" });
  const late = await call("PATCH", `${customers}/${id}`, { external_id: "claimed" });
  expect([late.status, late.error?.field]).toEqual([409, "external_id"]);
  expect((await call("PATCH", `${customers}/${id}`, { external_id: "third" })).payload.external_id).toBe(
    "third",
  );
  expect((await call("PATCH", `${customers}/third`, { external_id: "fourth" })).error?.code).toBe("RES_002");
  expect((await app.borea.call("POST", customers, { name: "x", external_id: "claimed" })).status).toBe(201);
});

test("of many who claim one external id at once, one gets it", async () => {
  const { call } = app.atlas;
  const told = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      call("POST", customers, { name: `Racer ${i}`, external_id: "raced" }),
    ),
  );
  expect(told.map((answer) => answer.status).toSorted()).toEqual([201, ...new Array(7).fill(409)]);
  expect((await call("GET", `${customers}?external_id=raced`)).rows).toHaveLength(1);
});

test("parents and test clocks must exist, in the same company", async () => {
  const { call } = app.atlas;
  const parent = await call("POST", customers, { name: "Parent", external_id: "parent" });
  const child = await call("POST", customers, { name: "Child", parent_id: "parent" });
  expect(child.payload.parent_id).toBe(parent.id);
  expect((await call("GET", `${customers}?parent_id=parent`)).rows).toEqual([child.payload]);
  const clock = await call("POST", "/api/v1/admin/test-clocks", { name: "c", now: "2026-01-01T00:00:00Z" });
  for (const [caller, body, field] of [
    [call, { parent_id: "nobody" }, "parent_id"],
    [call, { test_clock_id: "clock_00000000000000000000000000" }, "test_clock_id"],
    [app.borea.call, { parent_id: parent.id }, "parent_id"],
    [app.borea.call, { test_clock_id: clock.id }, "test_clock_id"],
  ] as const) {
    const told = await caller("POST", customers, { name: "x", ...body });
    expect([told.error?.code, told.error?.field]).toEqual(["VAL_001", field]);
  }
});

test("what is not right is refused, naming the field", async () => {
  const { call } = app.atlas;
  for (const [body, field] of [
    [{}, "name"],
    [{ name: "x", email: "nobody" }, "email"],
    [{ name: "x", currency: "XXZ" }, "currency"],
    [{ name: "x", timezone: "Mars/Olympus" }, "timezone"],
    [{ name: "x", external_id: "cust_01kgb9v400a3b5c7d9e1f3g5h7" }, "external_id"],
    [{ name: "x", billing_address: { line1: "1" } }, "billing_address.city"],
    [{ name: "x", colour: "red" }, "colour"],
  ] as const) {
    const told = await call("POST", customers, body);
    expect([body, told.error?.code, told.error?.field]).toEqual([body, "VAL_001", field]);
  }
  const { id } = await call("POST", customers, { name: "Fixed" });
  for (const field of ["currency", "timezone", "test_clock_id", "parent_id"]) {
    const told = await call("PATCH", `${customers}/${id}`, { [field]: "EUR" });
    expect([told.error?.code, told.error?.field]).toEqual(["VAL_001", field]);
  }
});

test("a customer is found by nobody else, nor under an id of another kind, and is not deleted", async () => {
  const { call } = app.atlas;
  const { id } = await call("POST", customers, { name: "Mine", external_id: "mine" });
  const product = await call("POST", "/api/v1/master-data/products", { key: "p", name: "P" });
  for (const [caller, ref] of [
    [app.borea.call, id],
    [app.borea.call, "mine"],
    [call, product.id],
  ] as const) {
    expect((await caller("GET", `${customers}/${ref}`)).error?.code).toBe("RES_001");
    expect((await caller("PATCH", `${customers}/${ref}`, { name: "x" })).error?.code).toBe("RES_001");
  }
  expect((await call("DELETE", `${customers}/${id}`)).error?.code).toBe("REQ_002");
});

test("a customer is made once under one Idempotency-Key; a refusal is kept as well", async () => {
  const { call } = app.atlas;
  const body = { name: "Once", external_id: "once" };
  const first = await call("POST", customers, body, "customer-once");
  const again = await call("POST", customers, body, "customer-once");
  expect([again.text, again.headers.get("Idempotent-Replayed")]).toEqual([first.text, "true"]);
  const refused = await call("POST", customers, body, "customer-twice");
  expect(refused.status).toBe(409);
  expect((await call("POST", customers, body, "customer-twice")).text).toBe(refused.text);
  const patched = await call("PATCH", `${customers}/once`, { name: "Twice" }, "customer-patch");
  expect((await call("PATCH", `${customers}/once`, { name: "Twice" }, "customer-patch")).text).toBe(
    patched.text,
  );
});

test("customers are listed in pages, newest first, each once, by field and by time", async () => {
  const { call } = await app.company("many");
  const made: string[] = [];
  for (let i = 0; i < 61; i++) {
    const body = { name: `Customer ${i}`, currency: i % 3 === 0 ? "EUR" : "USD" };
    made.push((await call("POST", customers, body)).id);
  }
  const seen: unknown[] = [];
  for (let next: string | null = ""; next !== null; ) {
    const { rows, page } = await call("GET", `${customers}?limit=25${next === "" ? "" : `&cursor=${next}`}`);
    seen.push(...rows.map((row) => row.id));
    next = page?.next_cursor ?? null;
  }
  expect(seen.toSorted()).toEqual(made.toSorted());
  expect(seen[0]).toBe(made[60]);
  expect((await call("GET", `${customers}?currency=EUR&limit=100`)).rows).toHaveLength(21);
  const { payload } = await call("GET", `${customers}/${made[30]}`);
  const before = await call("GET", `${customers}?limit=100&created_at[lt]=${payload.created_at}`);
  const since = await call("GET", `${customers}?limit=100&created_at[gte]=${payload.created_at}`);
  expect(before.rows.length + since.rows.length).toBe(61);
  const foreign = await call("GET", `${customers}?limit=1`);
  const cursor = foreign.page?.next_cursor;
  expect((await app.borea.call("GET", `${customers}?cursor=${cursor}`)).error).toMatchObject({
    field: "cursor",
  });
}, 20_000);
