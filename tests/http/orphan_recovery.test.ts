import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Call, openApp, type TestApp } from "./app.ts";
import { customers, ended, orphans, prepare, recover, send, spendOf, subscribe } from "./orphan_world.ts";

let app: TestApp;
beforeAll(async () => {
  app = await openApp();
}, 60_000);
afterAll(async () => {
  await app.close();
  expect(app.troubles).toEqual([]);
});

async function company(name: string): Promise<{ call: Call; id: string }> {
  const made = await app.company(name);
  await prepare(made.call);
  return made;
}

const only = async (call: Call, query = "") => (await call("GET", `${orphans}?${query}`)).rows[0];
const stateOf = async (call: Call, id: unknown) => (await call("GET", `${orphans}/${id}`)).payload.state;

/** A customer that comes by another way than a request, so that nothing is tried by itself. */
async function createQuietly(companyId: string, externalId: string): Promise<string> {
  const customerId = app.services.ids.next("cust");
  const input = { name: externalId, external_id: externalId, currency: "USD", timezone: "UTC" };
  await app.services.shard.send({ companyId, customerId }, { type: "create_customer", customerId, input });
  return customerId;
}

test("usage of nobody counts by itself once a customer takes that name", async () => {
  const { call } = await company("naming");
  const { id } = await call("POST", customers, { name: "Ada" });
  await subscribe(call, id);
  await send(call, "e1", "ada", "150");
  const orphan = await only(call);
  await call("PATCH", `${customers}/${id}`, { external_id: "ada" });
  expect(await ended(call, orphan?.id)).toMatchObject({ state: "recovered", by: null });
  expect(await spendOf(call, "ada")).toBe("1.5");
});

test("usage without a metric counts by itself once a custom plan brings one", async () => {
  const { call } = await company("custom");
  await call("POST", customers, { name: "Ada", external_id: "ada" });
  const { id: subscription } = await subscribe(call, "ada");
  const event = { event_id: "odd", event_type: "odd", customer_id: "ada", properties: {} };
  await call("POST", "/api/v1/usage/events?wait=applied", event);
  const orphan = await only(call, "reason=no_metric");
  const metric = { key: "odd", name: "Odd", event_type: "odd", aggregation: "count" };
  const plan = { name: "Own", currency: "USD", prices: [{ model: "per_unit", unit_amount: "2", metric }] };
  const changed = await call("POST", `/api/v1/subscriptions/${subscription}/change-plan`, {
    plan,
    at: "now",
  });
  expect(changed.status).toBe(200);
  expect(await ended(call, orphan?.id)).toMatchObject({ state: "recovered", reason: "no_metric" });
});

test("one that is assigned but still fits nowhere is its new customer's, and stays so", async () => {
  const { call } = await company("adopting");
  const early = { event_id: "e1", event_type: "llm", customer_id: "misspelt", properties: { tokens: 150 } };
  const timestamp = "2025-12-15T00:00:00Z";
  await call("POST", "/api/v1/usage/events?wait=applied", { ...early, timestamp });
  const first = await only(call);
  const { id: ada } = await call("POST", customers, { name: "Ada", external_id: "ada" });
  const { id: subscription } = await subscribe(call, "ada");
  const told = await recover(call, first?.id, { action: "assign", subscription_id: subscription });
  expect(told.payload.verdict).toEqual({ status: "orphaned", reason: "before_start" });
  const own = await only(call, "state=open");
  expect(own).toMatchObject({ customer_ref: ada, reason: "before_start" });

  const again = await recover(call, own?.id, { action: "retry" });
  expect(again.payload).toMatchObject({ state: "open", verdict: { reason: "before_start" } });
  expect(await stateOf(call, first?.id)).toBe("recovered");
  await subscribe(call, "ada", "2025-12-01T00:00:00Z");
  expect(await ended(call, own?.id)).toMatchObject({ state: "recovered" });
  const { payload } = await call("GET", `/api/v1/usage/events/e1?customer_id=ada`);
  expect(payload).toMatchObject({ event_id: "e1", customer_id: ada });
});

test("one that counts for another customer is not opened again by its being sent again", async () => {
  const { call } = await company("assigned");
  await send(call, "e1", "misspelt", "150");
  const orphan = await only(call);
  await call("POST", customers, { name: "Ada", external_id: "ada" });
  const { id: subscription } = await subscribe(call, "ada");
  await recover(call, orphan?.id, { action: "assign", subscription_id: subscription });
  await send(call, "e1", "misspelt", "150");
  expect(await call("GET", `${orphans}/${orphan?.id}`)).toMatchObject({
    payload: { state: "recovered", action: "assign" },
  });
  // Nor does it count a second time when somebody comes who has that name.
  await send(call, "sign", "misspelt");
  await call("POST", customers, { name: "Misspelt", external_id: "misspelt" });
  await subscribe(call, "misspelt");
  // Tried before there was a subscription, it is an orphan of its own customer's until the next round.
  while ((await only(call, "state=open")) !== undefined);
  expect([await spendOf(call, "ada"), await spendOf(call, "misspelt")]).toEqual(["1.5", "0.12"]);
});

test("one that a limit refuses stays open until its event counts", async () => {
  const { call } = await company("limited");
  await call("POST", customers, { name: "Ada", external_id: "ada" });
  const limit = { customer_id: "ada", monthly_limit: "1", action_on_exceed: "block" };
  const { id: limitId } = await call("POST", "/api/v1/spend-control/limits", limit);
  await send(call, "e1", "ada", "150");
  const orphan = await only(call);
  await subscribe(call, "ada");
  const told = await call("POST", `${orphans}/recover`, { action: "retry" });
  expect(told.payload).toMatchObject({
    matched: 1,
    recovered: 0,
    refused: 1,
    still_orphaned: {},
    events: [{ id: orphan?.id, event_id: "e1", status: "refused", reason: "SPEND_001" }],
  });
  expect(await stateOf(call, orphan?.id)).toBe("open");
  expect(
    (await call("PATCH", `/api/v1/spend-control/limits/${limitId}`, { monthly_limit: "9" })).status,
  ).toBe(200);
  // Where it was tried by itself in between, it has counted already.
  expect(await send(call, "e1", "ada", "150")).toMatchObject({
    results: [{ status: expect.stringMatching(/^(applied|duplicate)$/) }],
  });
  expect(await stateOf(call, orphan?.id)).toBe("recovered");
  expect(await spendOf(call, "ada")).toBe("1.5");
});

test("each is rated by itself: a dry run of two, either of which reaches the next tier", async () => {
  const { call } = await company("tiered");
  const tiers = [
    { up_to: "100", unit_amount: "0.1" },
    { up_to: null, unit_amount: "0.01" },
  ];
  const price = { model: "graduated", metric_id: "tokens", tiers };
  const plan = { key: "t", name: "T", currency: "USD", prices: [price] };
  expect((await call("POST", "/api/v1/master-data/plans", plan)).status).toBe(201);
  await call("POST", customers, { name: "Ada", external_id: "ada" });
  await send(call, "e1", "ghost", "150");
  await send(call, "e2", "ghost", "150");
  const { id } = await call("POST", "/api/v1/subscriptions", { customer_id: "ada", plan_id: "t" });
  const asked = { action: "next_invoice", subscription_id: id, filter: { customer_ref: "ghost" } };
  // 100 at 0.10 and 50 at 0.01 is 10.50, each as if it were alone.
  const dry = await call("POST", `${orphans}/recover`, { ...asked, dry_run: true });
  expect(dry.payload.amounts).toEqual([{ currency: "USD", amount: "21" }]);
  // In truth the second has 150 before it: 10.50 and 1.50.
  const done = await call("POST", `${orphans}/recover`, asked);
  expect(done.payload.amounts).toEqual([{ currency: "USD", amount: "12" }]);
  expect(await spendOf(call, "ada")).toBe("12");
});

test("numbers keep their meaning: what its client sends again is a duplicate, however it was written", async () => {
  const { call } = await company("digits");
  const written = ["1e3", "1.50", "-0", "123456789012345.123456789012"];
  for (const [n, tokens] of written.entries()) await send(call, `e${n}`, "ada", tokens);
  await call("POST", customers, { name: "Ada", external_id: "ada" });
  await subscribe(call, "ada");
  const { rows } = await call("GET", orphans);
  for (const row of rows) await ended(call, row.id);
  for (const [n, tokens] of written.entries())
    expect(await send(call, `e${n}`, "ada", tokens)).toMatchObject({ results: [{ status: "duplicate" }] });
});

test("one that is too old goes on the next invoice", async () => {
  const { call, id } = await company("aged");
  await app.atlas.call("PATCH", `/api/v1/admin/companies/${id}`, { settings: { max_event_age_days: 30 } });
  await call("POST", customers, { name: "Ada", external_id: "ada" });
  await subscribe(call, "ada", "2024-01-01T00:00:00Z");
  const event = { event_id: "old", event_type: "llm", customer_id: "ada", properties: { tokens: 250 } };
  await call("POST", "/api/v1/usage/events?wait=applied", { ...event, timestamp: "2024-06-01T00:00:00Z" });
  const orphan = await only(call, "reason=too_old");
  const told = await recover(call, orphan?.id, { action: "next_invoice" });
  expect(told.payload).toMatchObject({ state: "recovered", verdict: { status: "applied" } });
  expect(await spendOf(call, "ada")).toBe("2.5");
});

test("of two who discard one at the same time, one is told that it is done already", async () => {
  const { call } = await company("hasty");
  await send(call, "e1", "ghost");
  const orphan = await only(call);
  const discard = (reason: string) => recover(call, orphan?.id, { action: "discard", reason });
  const told = await Promise.all([discard("first"), discard("second")]);
  expect(told.map(({ status }) => status).toSorted()).toEqual([200, 409]);
});

test("a dry run asks nothing for what has counted already, and changes nothing", async () => {
  const { call, id } = await company("counted");
  await app.services.orphanRecovery.stop(); // the last of these tests: what comes with the company is not to try again
  await send(call, "e1", "ada", "150");
  await send(call, "e2", "ada", "50");
  await send(call, "e3", "ada", "25");
  const customer = await createQuietly(id, "ada");
  const { id: planId } = await call("GET", "/api/v1/master-data/plans/p");
  const start = Date.parse("2026-01-01T00:00:00Z");
  const start_subscription = {
    type: "start_subscription",
    id: app.services.ids.next("sub"),
    externalId: null,
    planId,
    start,
    anchor: "calendar",
    metadata: {},
    overrides: [],
    coupons: [],
  } as const;
  await app.services.shard.send({ companyId: id, customerId: customer }, start_subscription);
  await send(call, "e1", "ada", "150"); // the same
  await send(call, "e2", "ada", "60"); // other content under the same id
  const spent = await spendOf(call, "ada");
  expect(spent).toBe("2.1");
  const dry = await call("POST", `${orphans}/recover`, { action: "retry", dry_run: true });
  const [e1, e2, e3] = dry.payload.events as Record<string, unknown>[];
  expect([e1?.status, e1?.amount, e2?.status, e2?.reason, e3?.amount]).toEqual([
    "recovered",
    undefined,
    "open",
    "conflict",
    "0.25",
  ]);
  expect(dry.payload).toMatchObject({
    matched: 3,
    recovered: 2,
    still_orphaned: { conflict: 1 },
    refused: 0,
    discarded: 0,
    amounts: [{ currency: "USD", amount: "0.25" }],
  });
  expect((await call("GET", `${orphans}?state=open`)).rows.length).toBe(3);
  expect(await spendOf(call, "ada")).toBe(spent);

  const done = await call("POST", `${orphans}/recover`, { action: "retry" });
  const { recovered, still_orphaned, amounts } = done.payload;
  expect({ recovered, still_orphaned, amounts }).toEqual({
    recovered: 2,
    still_orphaned: { conflict: 1 },
    amounts: [{ currency: "USD", amount: "0.25" }],
  });
  expect(await spendOf(call, "ada")).toBe("2.35");
});
