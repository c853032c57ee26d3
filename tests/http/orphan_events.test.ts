import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Call, openApp, type TestApp } from "./app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await openApp();
  await prepare(app.atlas.call);
}, 60_000);
afterAll(async () => {
  await app.close();
  expect(app.troubles).toEqual([]);
});

const orphans = "/api/v1/admin/orphan-events";
const customers = "/api/v1/master-data/customers";

async function prepare(call: Call): Promise<void> {
  const metric = { key: "tokens", name: "Tokens", event_type: "llm", aggregation: "sum", field: "tokens" };
  await call("POST", "/api/v1/master-data/metrics", metric);
  const price = { model: "per_unit", metric_id: "tokens", unit_amount: "0.01" };
  await call("POST", "/api/v1/master-data/plans", { key: "p", name: "P", currency: "USD", prices: [price] });
}

async function send(call: Call, event_id: string, customer_id: string, tokens = "12") {
  const body = `{"event_id":"${event_id}","event_type":"llm","customer_id":"${customer_id}","properties":{"tokens":${tokens}}}`;
  return (await call("POST", "/api/v1/usage/events?wait=applied", body)).payload;
}

const subscribe = (call: Call, customer_id: string) =>
  call("POST", "/api/v1/subscriptions", { customer_id, plan_id: "p", start: "2026-01-01T00:00:00Z" });

test("usage of nobody waits, keeps its digits, and counts once its customer is there and it is offered again", async () => {
  const { call } = app.atlas;
  const sent = await send(call, "e1", "newcomer", "100000.123456789012");
  expect(sent).toMatchObject({ results: [{ status: "orphaned", reason: "no_customer" }] });
  const [orphan] = (await call("GET", `${orphans}?customer_ref=newcomer&state=open&reason=no_customer`)).rows;
  const id = String(orphan?.id);
  const read = await call("GET", `${orphans}/${id}`);
  expect(read.payload).toMatchObject({
    event_type: "llm",
    event: { event_id: "e1", customer_id: "newcomer" },
  });
  expect(read.text).toContain('"tokens":100000.123456789012');

  const early = await call("POST", `${orphans}/${id}/recover`, { action: "retry" });
  expect(early.payload).toMatchObject({
    id,
    state: "open",
    verdict: { status: "orphaned", reason: "no_customer" },
  });

  await call("POST", customers, { name: "Newcomer", external_id: "newcomer" });
  await subscribe(call, "newcomer");
  const recovered = await call("POST", `${orphans}/${id}/recover`, { action: "retry" });
  expect(recovered.payload).toMatchObject({ id, state: "recovered", verdict: { status: "applied" } });
  expect((await call("GET", `${orphans}?customer_ref=newcomer&state=open`)).rows).toEqual([]);
  const again = await call("POST", `${orphans}/${id}/recover`, { action: "retry" });
  expect([again.status, again.error?.code]).toEqual([409, "RES_002"]);
  const status = await call("GET", "/api/v1/spend-control/status?customer_id=newcomer");
  expect(status.payload.spend).toBe("1000.00123456789012");
});

test("usage without a subscription is the customer's orphan, until it subscribes", async () => {
  const { call } = app.atlas;
  await call("POST", customers, { name: "Waiting", external_id: "waiting" });
  await send(call, "e2", "waiting");
  const [orphan] = (await call("GET", `${orphans}?reason=no_subscription`)).rows;
  await subscribe(call, "waiting");
  const told = await call("POST", `${orphans}/${orphan?.id}/recover`, { action: "retry" });
  expect(told.payload).toMatchObject({ id: orphan?.id, state: "recovered", reason: "no_subscription" });
});

test("usage whose customer has come but not subscribed goes on as that customer's orphan", async () => {
  const { call } = app.atlas;
  await send(call, "e3", "halfway");
  const [orphan] = (await call("GET", `${orphans}?customer_ref=halfway`)).rows;
  const { id: customer } = await call("POST", customers, { name: "Halfway", external_id: "halfway" });
  const told = await call("POST", `${orphans}/${orphan?.id}/recover`, { action: "retry" });
  expect(told.payload).toMatchObject({
    state: "recovered",
    verdict: { status: "orphaned", reason: "no_subscription" },
  });
  const open = await call("GET", `${orphans}?customer_ref=${customer}&state=open`);
  expect(open.rows).toMatchObject([{ reason: "no_subscription", event: { event_id: "e3" } }]);
});

test("other actions are not there yet; other companies' orphans are not there at all", async () => {
  const { call } = app.atlas;
  await send(call, "e4", "ghost");
  const [orphan] = (await call("GET", `${orphans}?customer_ref=ghost`)).rows;
  for (const action of ["assign", "next_invoice", "discard"]) {
    const told = await call("POST", `${orphans}/${orphan?.id}/recover`, { action });
    expect(told.error).toMatchObject({
      code: "VAL_001",
      field: "action",
      msg: expect.stringContaining("not available yet"),
    });
  }
  expect((await call("POST", `${orphans}/${orphan?.id}/recover`, {})).error).toMatchObject({
    field: "action",
  });
  expect((await call("GET", `${orphans}?reason=bad_luck`)).error).toMatchObject({ field: "reason" });
  expect((await app.borea.call("GET", `${orphans}/${orphan?.id}`)).status).toBe(404);
  expect((await app.borea.call("POST", `${orphans}/${orphan?.id}/recover`, { action: "retry" })).status).toBe(
    404,
  );
  expect((await app.borea.call("GET", orphans)).rows).toEqual([]);
});

test("orphans are listed in pages, each once", async () => {
  const { call } = await app.company("lost");
  const events = Array.from({ length: 62 }, (_, i) => ({
    event_id: `lost-${i}`,
    event_type: "llm",
    customer_id: `nobody-${i % 5}`,
    properties: {},
  }));
  await call("POST", "/api/v1/usage/events?wait=applied", { events });
  const seen = new Set<unknown>();
  let pages = 0;
  for (let next: string | null = ""; next !== null; pages++) {
    const { rows, page } = await call("GET", `${orphans}?limit=25${next === "" ? "" : `&cursor=${next}`}`);
    for (const row of rows) seen.add(row.id);
    next = page?.next_cursor ?? null;
  }
  expect([seen.size, pages]).toEqual([62, 3]);
});
