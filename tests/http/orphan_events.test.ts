import { afterAll, beforeAll, expect, test } from "bun:test";
import { openApp, type TestApp } from "./app.ts";
import { customers, ended, orphans, prepare, recover, send, subscribe } from "./orphan_world.ts";

let app: TestApp;
beforeAll(async () => {
  app = await openApp();
  await prepare(app.atlas.call);
}, 60_000);
afterAll(async () => {
  await app.close();
  expect(app.troubles).toEqual([]);
});

test("usage of nobody waits, keeps its digits, and counts by itself once its customer subscribes", async () => {
  const { call } = app.atlas;
  const sent = await send(call, "e1", "newcomer", "100000.123456789012");
  expect(sent).toMatchObject({ results: [{ status: "orphaned", reason: "no_customer" }] });
  const [orphan] = (await call("GET", `${orphans}?customer_ref=newcomer&state=open&reason=no_customer`)).rows;
  const id = String(orphan?.id);
  const read = await call("GET", `${orphans}/${id}`);
  expect(read.payload).toMatchObject({
    event_type: "llm",
    event: { event_id: "e1", customer_id: "newcomer" },
    state: "open",
    action: null,
  });
  expect(read.text).toContain('"tokens":100000.123456789012');
  const early = await recover(call, id, { action: "retry" });
  expect(early.payload).toMatchObject({
    id,
    state: "open",
    verdict: { status: "orphaned", reason: "no_customer" },
  });

  const { id: customer } = await call("POST", customers, { name: "Newcomer", external_id: "newcomer" });
  expect(await ended(call, id)).toMatchObject({ state: "recovered", action: "retry", by: null });
  // It has found its customer, and goes on as that customer's orphan.
  const [own] = (await call("GET", `${orphans}?customer_ref=${customer}`)).rows;
  expect(own).toMatchObject({ reason: "no_subscription", event: { event_id: "e1" } });
  await subscribe(call, "newcomer");
  expect(await ended(call, own?.id)).toMatchObject({ state: "recovered", reason: "no_subscription" });

  const again = await recover(call, id, { action: "retry" });
  expect([again.status, again.error?.code]).toEqual([409, "RES_002"]);
  const status = await call("GET", "/api/v1/spend-control/status?customer_id=newcomer");
  expect(status.payload.spend).toBe("1000.00123456789012");
});

test("usage that its client sends again once it can count leaves no open orphan, and counts once", async () => {
  const { call } = app.atlas;
  await send(call, "resent", "resender");
  const [orphan] = (await call("GET", `${orphans}?customer_ref=resender`)).rows;
  await call("POST", customers, { name: "Resender", external_id: "resender" });
  await subscribe(call, "resender");
  await send(call, "resent", "resender");
  expect(await ended(call, orphan?.id)).toMatchObject({ state: "recovered" });
  const { payload } = await call("GET", "/api/v1/spend-control/status?customer_id=resender");
  expect(payload.spend).toBe("0.12");
});

test("usage without a metric counts by itself once there is one", async () => {
  const { call } = await app.company("unmeasured");
  await prepare(call);
  await call("POST", customers, { name: "Ada", external_id: "ada" });
  await subscribe(call, "ada");
  const event = { event_id: "odd", event_type: "odd", customer_id: "ada", properties: {} };
  const { payload } = await call("POST", "/api/v1/usage/events?wait=applied", event);
  expect(payload).toMatchObject({ results: [{ status: "orphaned", reason: "no_metric" }] });
  const [orphan] = (await call("GET", orphans)).rows;
  const metric = { key: "odd", name: "Odd", event_type: "odd", aggregation: "count" };
  await call("POST", "/api/v1/master-data/metrics", metric);
  expect(await ended(call, orphan?.id)).toMatchObject({ state: "recovered", reason: "no_metric" });
});

test("what a stop came between is tried at the next start", async () => {
  const { call, id: companyId } = await app.company("stopped");
  await prepare(call);
  await send(call, "e1", "late");
  const [orphan] = (await call("GET", orphans)).rows;
  // A customer that comes by another way than a request wakes nobody.
  const customerId = app.services.ids.next("cust");
  const input = { name: "Late", external_id: "late", currency: "USD", timezone: "UTC" };
  await app.services.shard.send({ companyId, customerId }, { type: "create_customer", customerId, input });
  expect((await call("GET", `${orphans}/${orphan?.id}`)).payload.state).toBe("open");
  await app.services.orphanRecovery.start();
  expect(await ended(call, orphan?.id)).toMatchObject({ state: "recovered", by: null });
});

test("one is assigned to a subscription, under whose customer it counts", async () => {
  const { call } = await app.company("assigning");
  await prepare(call);
  await send(call, "e1", "misspelt", "150");
  const [orphan] = (await call("GET", orphans)).rows;
  for (const name of ["ada", "bob"]) await call("POST", customers, { name, external_id: name });
  const { id: subscription } = await subscribe(call, "ada");
  const told = await recover(call, orphan?.id, { action: "assign", subscription_id: subscription });
  expect(told.payload).toMatchObject({
    state: "recovered",
    action: "assign",
    verdict: { status: "applied" },
  });
  expect(told.payload.by).toStartWith("user_");
  const { payload } = await call("GET", "/api/v1/spend-control/status?customer_id=ada");
  expect(payload.spend).toBe("1.5");

  await send(call, "e2", "bob");
  const [other] = (await call("GET", `${orphans}?state=open`)).rows;
  const foreign = await recover(call, other?.id, { action: "assign", subscription_id: subscription });
  expect(foreign.error).toMatchObject({
    code: "VAL_001",
    msg: expect.stringContaining("belongs to another customer"),
  });
});

test("one that came too late for its period goes on the next invoice", async () => {
  const { call, id: company } = await app.company("belated");
  await app.atlas.call("PATCH", `/api/v1/admin/companies/${company}`, { settings: { late_usage: "orphan" } });
  await prepare(call);
  const clock = await call("POST", "/api/v1/admin/test-clocks", { name: "c", now: "2026-01-01T00:00:00Z" });
  const ada = { name: "Ada", external_id: "ada", test_clock_id: clock.id };
  await call("POST", customers, ada);
  await subscribe(call, "ada");
  await call("POST", `/api/v1/admin/test-clocks/${clock.id}/advance`, { to: "2026-02-10T00:00:00Z" });
  const late = (event_id: string, tokens: number) => ({
    event_id,
    event_type: "llm",
    customer_id: "ada",
    timestamp: "2026-01-15T00:00:00Z",
    properties: { tokens },
  });
  const before = { ...late("before", 70), timestamp: "2025-12-31T00:00:00Z" };
  await call("POST", "/api/v1/usage/events?wait=applied", { events: [late("late", 250), before] });
  const { rows } = await call("GET", orphans);
  expect(rows.map((row) => row.reason).toSorted()).toEqual(["before_start", "period_closed"]);

  const dry = await call("POST", `${orphans}/recover`, { action: "next_invoice", dry_run: true });
  expect(dry.payload).toMatchObject({
    dry_run: true,
    matched: 2,
    recovered: 2,
    still_orphaned: {},
    amounts: [{ currency: "USD", amount: "3.2" }],
  });
  const spend = async () => (await call("GET", "/api/v1/spend-control/status?customer_id=ada")).payload.spend;
  expect(await spend()).toBe("0");
  const id = rows.find((row) => row.reason === "period_closed")?.id;
  const told = await recover(call, id, { action: "next_invoice" });
  expect(told.payload).toMatchObject({ state: "recovered", action: "next_invoice" });
  expect(await spend()).toBe("2.5");
  const again = await call("POST", "/api/v1/usage/events?wait=applied", late("late", 250));
  expect(again.payload).toMatchObject({ results: [{ status: "duplicate" }] });
  await call("POST", `/api/v1/admin/test-clocks/${clock.id}/advance`, { to: "2026-03-02T00:00:00Z" });
  const invoices = (await call("GET", "/api/v1/invoicing/invoices?customer_id=ada")).rows;
  expect(invoices.map((invoice) => [invoice.period_start, invoice.total]).toSorted()).toEqual([
    ["2026-01-01T00:00:00Z", "0.00"],
    ["2026-02-01T00:00:00Z", "2.50"],
  ]);
});

test("one is discarded for a reason, and its event judged afresh when it is sent again", async () => {
  const { call } = await app.company("tidy");
  await prepare(call);
  await send(call, "e1", "ghost");
  const [orphan] = (await call("GET", orphans)).rows;
  const told = await recover(call, orphan?.id, { action: "discard", reason: "A load test" });
  expect(told.payload).toMatchObject({ state: "discarded", action: "discard", note: "A load test" });
  expect((await recover(call, orphan?.id, { action: "retry" })).error?.code).toBe("RES_002");
  await send(call, "e1", "ghost");
  const open = await call("GET", `${orphans}/${orphan?.id}`);
  expect(open.payload).toMatchObject({ state: "open", action: null, note: null });
});

test("many are tried at once: what they would cost, then for good", async () => {
  const { call } = await app.company("bulk");
  await prepare(call);
  await call("POST", customers, { name: "Ada", external_id: "ada" });
  for (const n of [1, 2, 3]) await send(call, `ada-${n}`, "ada", `${n}00`);
  await send(call, "stray", "nobody");
  // The plan is there, the subscription not yet.
  const dry = (body: object = {}) =>
    call("POST", `${orphans}/recover`, { action: "retry", dry_run: true, ...body });
  expect((await dry()).payload).toMatchObject({
    matched: 4,
    recovered: 0,
    still_orphaned: { no_subscription: 3, no_customer: 1 },
    amounts: [],
    has_more: false,
  });
  const subscription = { external_id: "later", plan_id: "p", start: "2026-01-01T00:00:00Z" };
  const customerId = String((await call("GET", `${customers}/ada`)).id);
  await call("POST", "/api/v1/subscriptions", { ...subscription, customer_id: "ada" });
  const { rows } = await call("GET", `${orphans}?customer_ref=${customerId}`);
  for (const row of rows) expect(await ended(call, row.id)).toMatchObject({ state: "recovered" });

  // Usage after the end: before the subscription was canceled it would have counted.
  await call("POST", "/api/v1/subscriptions/later/cancel", { at: "now" });
  for (const n of [4, 5]) await send(call, `ada-${n}`, "ada", `${n}00`);
  const { id: next } = await call("POST", "/api/v1/subscriptions", { customer_id: "ada", plan_id: "p" });
  const filter = { customer_ref: customerId, event_type: "llm" };
  const assigned = { action: "next_invoice", subscription_id: next, filter };
  const first = await dry({ ...assigned, limit: 1 });
  expect(first.payload).toMatchObject({
    matched: 1,
    has_more: true,
    amounts: [{ currency: "USD", amount: "4" }],
  });
  const done = await call("POST", `${orphans}/recover`, assigned);
  expect(done.payload).toMatchObject({
    recovered: 2,
    still_orphaned: {},
    amounts: [{ currency: "USD", amount: "9" }],
    events: [
      { event_id: "ada-4", status: "recovered", amount: "4", currency: "USD" },
      { event_id: "ada-5", status: "recovered", amount: "5", currency: "USD" },
    ],
  });

  const gone = await call("POST", `${orphans}/recover`, { action: "discard", reason: "Nobody's" });
  expect(gone.payload).toMatchObject({ matched: 1, discarded: 1, amounts: [] });
  expect((await call("GET", `${orphans}?state=open`)).rows).toEqual([]);
});

test("what does not fit an action is refused; other companies' orphans are not there at all", async () => {
  const { call } = app.atlas;
  await send(call, "e4", "phantom");
  const [orphan] = (await call("GET", `${orphans}?customer_ref=phantom`)).rows;
  const wrong: [object, string][] = [
    [{}, "action"],
    [{ action: "assign" }, "subscription_id"],
    [{ action: "assign", subscription_id: "sub_x", reason: "x" }, "reason"],
    [{ action: "retry", subscription_id: "sub_x" }, "subscription_id"],
    [{ action: "discard" }, "reason"],
    [{ action: "discard", reason: "" }, "reason"],
  ];
  for (const [body, field] of wrong) {
    expect((await recover(call, orphan?.id, body)).error).toMatchObject({ code: "VAL_001", field });
    expect((await call("POST", `${orphans}/recover`, body)).error).toMatchObject({ code: "VAL_001", field });
  }
  const unknown = await recover(call, orphan?.id, { action: "assign", subscription_id: "sub_unknown" });
  expect(unknown.status).toBe(404);
  const bulk = await call("POST", `${orphans}/recover`, { action: "retry", filter: { received_to: "soon" } });
  expect(bulk.error?.field).toBe("filter.received_to");
  expect((await call("GET", `${orphans}?reason=bad_luck`)).error).toMatchObject({ field: "reason" });
  expect((await app.borea.call("GET", `${orphans}/${orphan?.id}`)).status).toBe(404);
  expect((await recover(app.borea.call, orphan?.id, { action: "retry" })).status).toBe(404);
  const theirs = await app.borea.call("POST", `${orphans}/recover`, { action: "discard", reason: "x" });
  expect(theirs.payload.matched).toBe(0);
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
