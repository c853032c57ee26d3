import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type BillingWorld, openBillingWorld, usage } from "./billing_world.ts";

let world: BillingWorld;
const done: BillingWorld["done"] = (...given) => world.done(...given);
const call: BillingWorld["call"] = (...given) => world.call(...given);

const contracts = "/api/v1/contracts";
const advance = (to: string) => done("POST", `/admin/test-clocks/${world.clock.id}/advance`, { to });
const onClock = (external_id: string) =>
  done("POST", "/master-data/customers", { external_id, name: external_id, test_clock_id: world.clock.id });

beforeAll(async () => {
  world = await openBillingWorld();
  const prices = [
    { key: "base", model: "flat", amount: 100, timing: "advance" },
    { key: "seats", model: "seat", unit_amount: 10, timing: "advance" },
    { key: "tokens", model: "per_unit", metric_id: "input_tokens", unit_amount: "0.01" },
  ];
  for (const price of prices) await done("POST", "/master-data/prices", { currency: "USD", ...price });
  await done("POST", "/master-data/plans", {
    key: "hybrid",
    name: "Hybrid",
    currency: "USD",
    prices: ["base", "seats", "tokens"],
  });
}, 60_000);
afterAll(async () => {
  await world.app.close();
  expect(world.app.troubles).toEqual([]);
});

describe("contracts", () => {
  test("are made, read, listed, changed and ended", async () => {
    const body = {
      customer_id: "bob",
      name: "Enterprise",
      start: "2023-01-01T01:00:00+01:00",
      end: "2040-01-01T00:00:00Z",
      renewal: "auto",
      commitment: { amount: "12000", period: "year" },
      overrides: [{ price: "seats", unit_amount: 8 }],
      documents: [{ name: "Order form", url: "https://files.example.com/order.pdf" }],
    };
    const made = await done("POST", "/contracts", body);
    expect(made.status).toBe(201);
    expect(made.id).toStartWith("con_");
    expect(made.payload).toMatchObject({
      name: "Enterprise",
      currency: "USD",
      start: "2023-01-01T00:00:00Z",
      end: "2040-01-01T00:00:00Z",
      renewal: "auto",
      commitment: { amount: "12000.00", period: "year" },
      overrides: body.overrides,
      documents: body.documents,
      status: "active",
    });
    const plain = await done("POST", "/contracts", {
      customer_id: "bob",
      name: "Later",
      start: "2040-01-01T00:00:00Z",
    });
    expect(plain.payload).toMatchObject({
      end: null,
      renewal: "none",
      commitment: null,
      overrides: [],
      documents: [],
      status: "scheduled",
    });
    expect((await done("GET", `/contracts/${plain.id}`)).payload).toEqual(plain.payload);
    expect((await done("GET", "/contracts?customer_id=bob&status=scheduled")).rows).toEqual([plain.payload]);

    const changed = await done("PATCH", `/contracts/${made.id}`, { name: "Enterprise 2", renewal: "none" });
    expect(changed.payload).toMatchObject({
      name: "Enterprise 2",
      renewal: "none",
      end: "2040-01-01T00:00:00Z",
    });
    const ended = await done("POST", `/contracts/${plain.id}/terminate`, {});
    expect(ended.payload).toMatchObject({ renewal: "none" });
    const cut = await done("POST", `/contracts/${made.id}/terminate`, { at: "2039-06-01T00:00:00Z" });
    expect(cut.payload).toMatchObject({ end: "2039-06-01T00:00:00Z", status: "active" });
    expect((await call("PATCH", `${contracts}/${made.id}`, { end: null })).error?.code).toBe("RES_002");
    expect((await done("GET", `/contracts/${made.id}`)).payload).toEqual(cut.payload);
  });

  test("are made once for one Idempotency-Key", async () => {
    const body = { customer_id: "bob", name: "Once", start: "2040-01-01T00:00:00Z", currency: "EUR" };
    const first = await call("POST", contracts, body, "contract-1");
    expect((await call("POST", contracts, body, "contract-1")).text).toBe(first.text);
    expect((await done("GET", "/contracts?currency=EUR")).rows.length).toBe(1);
    const change = await call("PATCH", `${contracts}/${first.id}`, { name: "Twice" }, "contract-2");
    expect((await call("PATCH", `${contracts}/${first.id}`, { name: "Twice" }, "contract-2")).text).toBe(
      change.text,
    );
  });

  test.each([
    [{ start: "soon" }, "start"],
    [{ end: "2022-12-31T00:00:00Z" }, "end"],
    [{ renewal: "auto" }, "renewal"],
    [{ renewal: "always" }, "renewal"],
    [{ currency: "XXX" }, "currency"],
    [{ commitment: { amount: 0, period: "month" } }, "commitment.amount"],
    [{ commitment: { amount: "0.001", period: "month" } }, "commitment.amount"],
    [{ commitment: { amount: 1, period: "week" } }, "commitment.period"],
    [{ commitment: { amount: 1, period: "term" } }, "commitment.period"],
    [{ documents: [{ name: "x", url: "javascript:alert(1)" }] }, "documents[0].url"],
    [{ overrides: [{ unit_amount: 1 }] }, "overrides[0].price"],
    [{ overrides: [{ price: "nothing" }] }, "overrides[0].price"],
    [
      { overrides: [{ price: "base" }, { price: "seats", metric_id: "input_tokens" }] },
      "overrides[1].metric_id",
    ],
    [{ overrides: [{ price: "seats", unit_amount: "dear" }] }, "overrides[0].unit_amount"],
    [{ overrides: [{ price: "seats", tiers: [] }] }, "overrides[0].tiers"],
    [{ overrides: [{ price: "seats", model: "free" }] }, "overrides[0].model"],
    [
      { overrides: [{ price: "tokens", model: "graduated", tiers: [{ up_to: 5, unit_amount: 1 }] }] },
      "overrides[0].tiers",
    ],
    [{ term_start: "2023-01-01T00:00:00Z" }, "term_start"],
  ])("refuse %j", async (more, field) => {
    const body = { customer_id: "bob", name: "Wrong", start: "2023-01-01T00:00:00Z", ...more };
    const told = await call("POST", contracts, body);
    expect([told.error?.code, told.error?.field ?? ""]).toEqual(["VAL_001", expect.stringContaining(field)]);
  });

  test("are no other company's, and not there where they are not", async () => {
    const { id } = await done("POST", "/contracts", {
      customer_id: "bob",
      name: "Own",
      start: "2040-01-01T00:00:00Z",
    });
    const { borea } = world.app;
    for (const [method, path, body] of [
      ["GET", `${contracts}/${id}`, undefined],
      ["PATCH", `${contracts}/${id}`, { name: "Mine" }],
      ["POST", `${contracts}/${id}/terminate`, {}],
      ["POST", contracts, { customer_id: "bob", name: "Mine", start: "2023-01-01T00:00:00Z" }],
    ] as const) {
      expect((await borea.call(method, path, body)).error?.code).toBe("RES_001");
    }
    expect((await borea.call("GET", contracts)).rows).toEqual([]);
    expect((await call("GET", `${contracts}/con_none`)).error?.code).toBe("RES_001");
  });
});

test("a hybrid plan under a contract: custom seats, usage and a commitment that is invoiced in the end", async () => {
  await onClock("dora");
  const contract = await done("POST", "/contracts", {
    customer_id: "dora",
    name: "Quarterly deal",
    start: "2023-11-01T00:00:00Z",
    commitment: { amount: 500, period: "quarter" },
    overrides: [{ price: "seats", unit_amount: "8.0" }],
  });
  await done("POST", "/subscriptions", { customer_id: "dora", plan_id: "hybrid", quantity: 5 });
  await advance("2023-12-10T00:00:00Z");
  await done("POST", "/usage/events?wait=applied", usage("d1", "dora", "2023-12-09T00:00:00Z", 2_000));
  const open = await done("GET", `/contracts/${contract.id}`);
  // Two months of 100 + 5 × 8.
  expect(open.payload.commitment).toMatchObject({ billed: "280.00", period_end: "2024-02-01T00:00:00Z" });
  await advance("2024-02-02T00:00:00Z");
  const { rows } = await done("GET", "/invoicing/invoices?customer_id=dora");
  const lines = rows.flatMap(
    (row) => row.line_items as { type: string; amount: string; contract_id?: string }[],
  );
  const amounts = lines.map((line) => `${line.type} ${line.amount}`).sort();
  // November to January are 3 × 140 and 20 of usage: 440 of 500; February's fees are the next quarter's.
  expect(amounts).toEqual([
    "minimum 60.00",
    ...Array(4).fill("recurring 100.00"),
    ...Array(4).fill("recurring 40.00"),
    "usage 0.00",
    "usage 0.00",
    "usage 20.00",
  ]);
  expect(lines.find((line) => line.type === "minimum")?.contract_id).toBe(contract.id);
  const next = await done("GET", `/contracts/${contract.id}`);
  expect(next.payload.commitment).toMatchObject({ billed: "140.00", period_start: "2024-02-01T00:00:00Z" });
}, 60_000);

test("a contract written down after its start counts what was invoiced since", async () => {
  await onClock("emil");
  const { now } = (await done("GET", `/admin/test-clocks/${world.clock.id}`)).payload;
  await done("POST", "/subscriptions", { customer_id: "emil", plan_id: "hybrid", anchor: "anniversary" });
  const made = await done("POST", "/contracts", {
    customer_id: "emil",
    name: "Late paper",
    start: now,
    commitment: { amount: 1000, period: "year" },
  });
  expect(made.payload.commitment).toMatchObject({ billed: "110.00" });
}, 60_000);

test("custom prices keep every digit they were written with", async () => {
  const price = '{ "price": "tokens", "unit_amount": 123456.123456789012 }';
  const body = `{ "customer_id": "bob", "name": "Exact", "start": "2040-01-01T00:00:00Z", "overrides": [${price}] }`;
  const made = await call("POST", contracts, body);
  expect((await done("GET", `/contracts/${made.id}`)).payload.overrides).toEqual([
    { price: "tokens", unit_amount: "123456.123456789012" },
  ]);
});
