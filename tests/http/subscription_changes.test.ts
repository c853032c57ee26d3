import { afterAll, beforeAll, expect, test } from "bun:test";
import { openApp, type TestApp, type Told } from "./app.ts";

let app: TestApp;
let clockId: string;

async function done(method: string, path: string, body?: unknown): Promise<Told> {
  const told = await app.atlas.call(method, `/api/v1${path}`, body);
  if (told.error !== null) throw new Error(`${method} ${path}: ${told.text}`);
  return told;
}
const refused = async (method: string, path: string, body?: unknown) =>
  (await app.atlas.call(method, `/api/v1${path}`, body)).error;

const advance = (to: string) => done("POST", `/admin/test-clocks/${clockId}/advance`, { to });
const amounts = (invoice: unknown): string[] =>
  (invoice as { line_items: { type: string; amount: string }[] }).line_items.map(
    (l) => `${l.type} ${l.amount}`,
  );

/** A new clock at 1 February 2026, with a customer of the given name on it. */
async function onClock(name: string, subscription: Record<string, unknown>): Promise<void> {
  const clock = await done("POST", "/admin/test-clocks", { name, now: "2026-02-01T00:00:00Z" });
  clockId = clock.id;
  await done("POST", "/master-data/customers", { external_id: name, name, test_clock_id: clockId });
  await done("POST", "/subscriptions", { customer_id: name, external_id: `sub_${name}`, ...subscription });
}

const invoices = async (name: string) =>
  (await done("GET", `/invoicing/invoices?customer_id=${name}`)).rows.toReversed();

beforeAll(async () => {
  app = await openApp();
  await done("POST", "/master-data/metrics", {
    key: "calls",
    name: "Calls",
    event_type: "call",
    aggregation: "count",
  });
  const fee = (amount: string) => ({ model: "flat", amount, timing: "advance" });
  const prices = [fee("30"), { model: "per_unit", unit_amount: "0.01", metric_id: "calls" }];
  const entitlements = [
    { key: "sso", kind: "boolean" },
    { key: "calls", kind: "limit", value: 100, metric_id: "calls" },
  ];
  await done("POST", "/master-data/plans", {
    key: "basic",
    name: "Basic",
    currency: "USD",
    prices,
    entitlements,
  });
  await done("POST", "/master-data/plans", {
    key: "pro",
    name: "Pro",
    currency: "USD",
    prices: [fee("60"), { model: "per_unit", unit_amount: "0.005", metric_id: "calls" }],
  });
  const seats = [{ model: "seat", unit_amount: "10", timing: "advance" }];
  await done("POST", "/master-data/plans", { key: "team", name: "Team", currency: "USD", prices: seats });
}, 60_000);
afterAll(async () => {
  await app.close();
  expect(app.troubles).toEqual([]);
});

test("a change of plan is previewed and made, and bills what the preview said", async () => {
  await onClock("ann", { plan_id: "basic" });
  await done("POST", "/usage/events?wait=applied", {
    events: [
      {
        event_id: "1",
        event_type: "call",
        customer_id: "ann",
        timestamp: "2026-02-03T00:00:00Z",
        properties: {},
      },
    ],
  });
  await advance("2026-02-15T00:00:00Z");
  const preview = await done("POST", "/subscriptions/sub_ann/change-plan", { plan_id: "pro", preview: true });
  expect(preview.payload).toMatchObject({
    effective_at: "2026-02-15T00:00:00Z",
    credit: "15.00",
    amount_due_now: "15.01",
  });
  const changed = await done("POST", "/subscriptions/sub_ann/change-plan", { plan_id: "pro" });
  expect(changed.payload).toMatchObject({ plan_key: "pro", status: "active" });
  await advance("2026-02-15T01:00:00Z");
  const [, second] = await invoices("ann");
  expect(amounts(second)).toEqual(
    (preview.payload.line_items as { type: string; amount: string }[]).map((l) => `${l.type} ${l.amount}`),
  );
  expect(second).toMatchObject({ total: "30.01", credits_applied: "15.00", amount_due: "15.01" });
  expect(await refused("POST", "/subscriptions/sub_ann/change-plan", { plan_id: "pro" })).toMatchObject({
    code: "RES_002",
  });
});

test("an inline plan is tried by a preview without being stored, and stored when it is taken", async () => {
  await onClock("ben", { plan_id: "basic" });
  const plan = { currency: "USD", prices: [{ model: "flat", amount: 90, timing: "advance" }] };
  const tried = await done("POST", "/subscriptions/sub_ben/change-plan", { plan, preview: true });
  expect(tried.payload).toMatchObject({ amount_due_now: "60.00" });
  expect((await done("GET", "/subscriptions/sub_ben")).payload.plan_key).toBe("basic");
  const named = { ...plan, key: "ben_plan", name: "Ben's" };
  const taken = await done("POST", "/subscriptions/sub_ben/change-plan", { plan: named });
  expect(taken.payload.plan_key).toBe("ben_plan");
  expect((await done("GET", "/master-data/plans/ben_plan")).payload.name).toBe("Ben's");
});

test("a company's rule for two plans holds, and the caller may say otherwise", async () => {
  await done("POST", "/master-data/plan-transitions", { from: "team", to: "basic", allowed: false });
  await done("POST", "/master-data/plan-transitions", { from: "basic", to: "team", timing: "period_end" });
  await onClock("cas", { plan_id: "team", quantity: 2 });
  expect(await refused("POST", "/subscriptions/sub_cas/change-plan", { plan_id: "basic" })).toMatchObject({
    code: "RES_002",
    field: "plan_id",
  });
  await onClock("dee", { plan_id: "basic" });
  const later = await done("POST", "/subscriptions/sub_dee/change-plan", { plan_id: "team", quantity: 4 });
  expect(later.payload).toMatchObject({
    plan_key: "basic",
    scheduled_change: { effective_at: "2026-03-01T00:00:00Z", quantity: "4" },
  });
  const now = await done("POST", "/subscriptions/sub_dee/change-plan", { plan_id: "team", at: "now" });
  expect(now.payload).toMatchObject({ plan_key: "team", scheduled_change: null });
});

test("pause, resume and cancel", async () => {
  await onClock("eli", { plan_id: "basic" });
  await advance("2026-02-15T00:00:00Z");
  expect((await done("POST", "/subscriptions/sub_eli/pause", {})).payload.status).toBe("paused");
  expect(await refused("POST", "/subscriptions/sub_eli/pause", {})).toMatchObject({ code: "RES_002" });
  await advance("2026-02-22T00:00:00Z");
  expect((await done("POST", "/subscriptions/sub_eli/resume", {})).payload.status).toBe("active");
  const until = await done("POST", "/subscriptions/sub_eli/pause", { until: "2026-02-23T00:00:00Z" });
  expect(until.payload.paused_until).toBe("2026-02-23T00:00:00Z");
  await advance("2026-02-23T00:00:00Z");
  expect((await done("GET", "/subscriptions/sub_eli")).payload.status).toBe("active");
  const canceled = await done("POST", "/subscriptions/sub_eli/cancel", { at: "now" });
  expect(canceled.payload.status).toBe("canceled");
  await advance("2026-02-24T00:00:00Z");
  // 8 days paused and 6 not begun of 28: 30 × 14/28 back.
  const last = (await invoices("eli")).at(-1);
  expect(amounts(last)).toEqual(["proration -15.00", "usage 0.00", "credit 15.00"]);
});

test("a voided event leaves the open period, and an issued one through an adjustment", async () => {
  await onClock("fay", { plan_id: "basic" });
  const at = (event_id: string, timestamp: string) => ({
    event_id,
    event_type: "call",
    customer_id: "fay",
    timestamp,
    properties: {},
  });
  const events = [
    at("a", "2026-02-03T00:00:00Z"),
    at("b", "2026-02-04T00:00:00Z"),
    at("c", "2026-02-05T00:00:00Z"),
  ];
  await done("POST", "/usage/events?wait=applied", { events });
  const voided = await done("POST", "/usage/events/a/void", { customer_id: "fay" });
  expect(voided.payload).toEqual({ event_id: "a", status: "voided" });
  expect((await done("GET", "/subscriptions/sub_fay/usage")).payload).toMatchObject({ usage_amount: "0.02" });
  expect(await refused("POST", "/usage/events/a/void", { customer_id: "fay" })).toMatchObject({
    code: "RES_002",
  });
  expect(await refused("POST", "/usage/events/x/void", { customer_id: "fay" })).toMatchObject({
    code: "RES_001",
  });
  const again = await done("POST", "/usage/events?wait=applied", { events: [events[0]] });
  expect((again.payload.results as { status: string }[])[0]?.status).toBe("duplicate");

  await advance("2026-03-02T00:00:00Z");
  await done("POST", "/usage/events/b/void", { customer_id: "fay" });
  await advance("2026-04-02T00:00:00Z");
  const all = await invoices("fay");
  expect(amounts(all.at(-1))).toContain("adjustment -0.01");
  expect((await done("GET", "/usage/events/b?customer_id=fay")).payload.voided_at).toBe(
    "2026-03-02T00:00:00Z",
  );
});

test("entitlements are answered from memory", async () => {
  await onClock("gus", { plan_id: "basic" });
  const ask = async (body: Record<string, unknown>) =>
    (await done("POST", "/spend-control/check", { customer_id: "gus", ...body })).payload;
  expect(await ask({ entitlement: "sso" })).toMatchObject({ allowed: true });
  expect(await ask({ entitlement: "nothing" })).toEqual({ allowed: false, reason: "no_entitlement" });
  expect(await ask({ entitlement: "calls", quantity: 100 })).toMatchObject({
    allowed: true,
    remaining: "100",
  });
  const events = Array.from({ length: 60 }, (_, i) => ({
    event_id: `${i}`,
    event_type: "call",
    customer_id: "gus",
    properties: {},
  }));
  await done("POST", "/usage/events?wait=applied", { events });
  expect(await ask({ entitlement: "calls", quantity: 41 })).toMatchObject({
    allowed: false,
    reason: "limit_reached",
    used: "60",
  });
  const { rows } = await done("GET", "/subscriptions/sub_gus/entitlements");
  expect(rows.map((row) => row.key)).toEqual(["sso", "calls"]);
});

test("a coupon is redeemed as often as it may be, and no more", async () => {
  const coupon = { key: "launch", name: "Launch", percent: 50, duration: "once", max_redemptions: 1 };
  await done("POST", "/master-data/coupons", coupon);
  await onClock("hal", { plan_id: "basic", coupons: ["launch"] });
  const [first] = await invoices("hal");
  expect(first).toMatchObject({ subtotal: "30.00", discount_total: "15.00", total: "15.00" });
  await done("POST", "/master-data/customers", { external_id: "ida", name: "ida", test_clock_id: clockId });
  const late = { customer_id: "ida", plan_id: "basic", coupons: ["launch"] };
  expect(await refused("POST", "/subscriptions", late)).toMatchObject({ code: "RES_002", field: "coupons" });
});

test("prices of one customer take the place of the plan's", async () => {
  const overrides = [{ price: "nothing", unit_amount: 1 }];
  await onClock("jan", { plan_id: "basic" });
  const wrong = { customer_id: "jan", plan_id: "basic", overrides };
  expect(await refused("POST", "/subscriptions", wrong)).toMatchObject({
    code: "VAL_001",
    field: "overrides[0].price",
  });
  const plan = await done("GET", "/master-data/plans/basic");
  const [fee] = plan.payload.prices as { id: string }[];
  const own = await done("POST", "/subscriptions", {
    customer_id: "jan",
    plan_id: "basic",
    overrides: [{ price: fee?.id, amount: "12.50" }],
  });
  const [invoice] = (await done("GET", `/invoicing/invoices?subscription_id=${own.id}`)).rows;
  expect(invoice?.total).toBe("12.50");
});
