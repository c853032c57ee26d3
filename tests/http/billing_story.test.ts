import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type BillingWorld, openBillingWorld, usage } from "./billing_world.ts";

let world: BillingWorld;
const done: BillingWorld["done"] = (...given) => world.done(...given);
const call: BillingWorld["call"] = (...given) => world.call(...given);

beforeAll(async () => {
  world = await openBillingWorld();
}, 60_000);
afterAll(() => world.app.close());

describe("a month on a test clock", () => {
  test("ends in one issued invoice, the same as its preview, and a second import adds nothing", async () => {
    const events = [
      usage("a", "ada", "2023-11-16T18:17:03.979Z", 4_000_000, 100_000),
      usage("b", "ada", "2023-11-20T00:00:00Z", "3000000.5", 145_896),
    ];
    const first = await done("POST", "/usage/events?wait=applied", { events });
    const again = await done("POST", "/usage/events?wait=applied", { events });
    expect(
      [first, again].map(({ payload }) => (payload.results as { status: string }[]).map((r) => r.status)),
    ).toEqual([
      ["applied", "applied"],
      ["duplicate", "duplicate"],
    ]);
    const preview = await done("POST", "/invoicing/preview", { customer_id: "ada" });
    await done("POST", `/admin/test-clocks/${world.clock.id}/advance`, { to: "2023-12-02T00:00:00Z" });

    const { rows } = await done("GET", "/invoicing/invoices?customer_id=ada");
    expect(rows.length).toBe(1);
    const [invoice] = rows;
    const amounts = (lines: unknown) => (lines as { amount: string }[]).map((line) => line.amount);
    // 20 + 5,000,000 × 0.000003 + 2,000,000.5 × 0.0000024 + 245,896 × 0.000015
    expect(invoice).toMatchObject({
      status: "issued",
      number: "INV-2023-000001",
      total: "43.49",
      issued_at: "2023-12-01T01:00:00Z",
    });
    expect(amounts(invoice?.line_items)).toEqual(["20.00", "19.80", "3.69"]);
    expect(amounts(preview.payload.line_items)).toEqual(amounts(invoice?.line_items));
    expect(preview.payload.total).toBe("43.49");
    const read = await done("GET", `/invoicing/invoices/${invoice?.id}`);
    expect(read.payload).toEqual(invoice ?? {});
  });

  test("usage of an issued period is taken in, to be billed with the next", async () => {
    const told = await done(
      "POST",
      "/usage/events?wait=applied",
      usage("late", "ada", "2023-11-16T00:00:00Z", 1_000_000),
    );
    expect(told.payload.results).toEqual([{ event_id: "late", status: "applied" }]);
    const next = await done("POST", "/invoicing/preview", { customer_id: "ada" });
    const adjusted = (next.payload.line_items as { type: string; description: string }[]).filter(
      (line) => line.type === "adjustment",
    );
    expect(adjusted.map((line) => line.description)).toEqual([
      expect.stringContaining("2023-11-01 to 2023-12-01"),
    ]);
  });
});

describe("usage events", () => {
  test("of a batch are judged one by one", async () => {
    const now = new Date().toISOString();
    const future = new Date(Date.now() + 7_200_000).toISOString();
    const events = [
      usage("good", "bob", now, 10),
      { event_id: "no-type", customer_id: "bob" },
      usage("good", "bob", now, 10),
      usage("good", "bob", now, 11),
      usage("future", "bob", future, 1),
      usage("text", "bob", now, "many"),
      usage("stranger", "nobody", now, 1),
      "not an object",
    ];
    const told = await call("POST", "/api/v1/usage/events?wait=applied", { events });
    expect(told.status).toBe(202);
    const results = told.payload.results as { status: string; code?: string; reason?: string }[];
    expect(results.map((r) => r.reason ?? r.code ?? r.status)).toEqual([
      "applied",
      "VAL_001",
      "duplicate",
      "conflict",
      "VAL_001",
      "value_error",
      "no_customer",
      "VAL_001",
    ]);
    expect(told.payload).toMatchObject({ accepted: 5, rejected: 3 });
    const event = await done("GET", "/usage/events/good?customer_id=bob");
    expect(event.payload).toMatchObject({
      status: "applied",
      charge: "0.00003",
      properties: { input_tokens: 10 },
    });
  });

  test("keep every digit on the way", async () => {
    const id = `"event_id":"digits","event_type":"llm","customer_id":"bob"`;
    const body = `{${id},"properties":{"input_tokens":1.000000000001,"output_tokens":0,"note":12345678901234567890.123}}`;
    expect((await call("POST", "/api/v1/usage/events?wait=applied", body)).status).toBe(202);
    const told = await done("GET", "/usage/events/digits?customer_id=bob");
    expect(told.text).toContain('"note":12345678901234567890.123');
    expect(told.payload.charge).toBe("0.000003000000000003");
  });

  test("come as CloudEvents too", async () => {
    const cloud = {
      specversion: "1.0",
      id: "ce1",
      source: "/app",
      type: "llm",
      subject: "bob",
      data: { input_tokens: 1, output_tokens: 1 },
    };
    const told = await done("POST", "/usage/events?wait=applied", { events: [cloud, cloud] });
    expect((told.payload.results as { status: string }[]).map((r) => r.status)).toEqual([
      "applied",
      "duplicate",
    ]);
    expect((await done("GET", "/usage/events/ce1?customer_id=bob&source=/app")).payload.source).toBe("/app");
  });

  test.each<[string, unknown, number, string]>([
    ["no events", { events: [] }, 400, "events"],
    ["a list", [], 400, "body"],
    ["an unknown field", { events: [], more: 1 }, 400, "more"],
    ["one faulty event", { event_id: "x", event_type: "llm" }, 400, "customer_id"],
    ["a negative batch", { events: -1 }, 400, "events"],
    ["too many", { events: Array(1001).fill({}) }, 413, "events"],
  ])("%s: refused with the field named", async (_, body, status, field) => {
    const told = await call("POST", "/api/v1/usage/events", body);
    expect([told.status, told.error?.field]).toEqual([status, field]);
  });
});

describe("spend control", () => {
  test("suspends, shows, and resumes when the limit is raised or removed", async () => {
    await world.customer("cyd", false);
    const limit = await done("POST", "/spend-control/limits", {
      customer_id: "cyd",
      monthly_limit: 30.0,
      alert_thresholds: [50, 80, 95],
      action_on_exceed: "suspend",
    });
    expect(limit.payload.monthly_limit).toBe("30.00");
    const check = {
      customer_id: "cyd",
      event_type: "llm",
      properties: { input_tokens: 0, output_tokens: 2_000_000 },
    };
    expect((await done("POST", "/spend-control/check", check)).payload).toMatchObject({
      allowed: false,
      cost: "30",
      reason: "spend_limit",
    });
    await done("POST", "/usage/events", { ...check, event_id: "over" });
    expect((await done("GET", "/spend-control/status?customer_id=cyd")).payload).toMatchObject({
      state: "suspended",
      alerts_fired: [50, 80, 95],
    });
    const suspended = await done("GET", "/subscriptions/sub_cyd");
    expect(suspended.payload).toMatchObject({ status: "suspended", suspension_reasons: ["spend_limit"] });
    await done("PATCH", `/spend-control/limits/${limit.id}`, { monthly_limit: "80" });
    expect((await done("GET", "/subscriptions/sub_cyd")).payload.status).toBe("active");
    expect((await done("GET", "/spend-control/alerts?customer_id=cyd")).rows.length).toBe(3);
    await done("DELETE", `/spend-control/limits/${limit.id}`);
    expect((await call("GET", `/api/v1/spend-control/limits/${limit.id}`)).error?.code).toBe("RES_001");
  });
});

describe("subscriptions", () => {
  test("cancel now: the draft can be issued at once, with the next number", async () => {
    await world.customer("dan", false);
    const canceled = await done("POST", "/subscriptions/sub_dan/cancel", { at: "now" });
    expect(canceled.payload.status).toBe("canceled");
    const { rows } = await done("GET", "/invoicing/invoices?customer_id=dan");
    const issued = await call("POST", `/api/v1/invoicing/invoices/${rows[0]?.id}/issue`, {}, "issue-dan");
    expect(issued.payload).toMatchObject({
      status: expect.stringMatching(/issued|paid/),
      number: expect.stringMatching(/-000002$/),
    });
    const replayed = await call("POST", `/api/v1/invoicing/invoices/${rows[0]?.id}/issue`, {}, "issue-dan");
    expect([replayed.text, replayed.headers.get("Idempotent-Replayed")]).toEqual([issued.text, "true"]);
    expect((await call("POST", `/api/v1/invoicing/invoices/${rows[0]?.id}/issue`, {})).error?.code).toBe(
      "RES_002",
    );
    expect((await call("POST", "/api/v1/subscriptions/sub_dan/cancel", { at: "now" })).error?.code).toBe(
      "RES_002",
    );
  });

  test("show their periods, which also go without one", async () => {
    const query = "start=2026-01-31T00:00:00Z&anchor=anniversary&timezone=Europe/Berlin&count=2";
    const { rows } = await done("GET", `/subscriptions/periods?${query}`);
    expect(rows).toEqual([
      { period_start: "2026-01-31T00:00:00Z", period_end: "2026-02-28T00:00:00Z", k: 0 },
      { period_start: "2026-02-28T00:00:00Z", period_end: "2026-03-30T23:00:00Z", k: 1 },
    ]);
    expect((await done("GET", "/subscriptions/sub_bob/periods?count=3")).rows.length).toBe(3);
  });
});

test("the simulation takes plans by key and inline, and counts as the real run does", async () => {
  const period = { period_start: "2026-02-01T00:00:00Z", period_end: "2026-03-01T00:00:00Z" };
  const known = await done("POST", "/admin/simulation/invoice", {
    ...period,
    customer_id: "ada",
    plan_id: "llm_plan",
    simulated_events: [{ event_type: "llm", input_tokens: 1000, output_tokens: 1, count: 7_000 }],
  });
  expect(known.payload).toMatchObject({ total: "39.91", status: "draft", number: null });
  const metric = { event_type: "job", aggregation: "max", field: "size" };
  const inline = await done("POST", "/admin/simulation/invoice", {
    ...period,
    plan: { currency: "JPY", prices: [{ model: "per_unit", unit_amount: "1.5", metric }] },
    simulated_events: [
      { event_type: "job", size: 3 },
      { event_type: "job", size: 2, timestamp: "2026-02-03T00:00:00Z" },
    ],
  });
  expect(inline.payload).toMatchObject({ total: "5", currency: "JPY" });
});

test("nothing went wrong behind the scenes", () => {
  expect(world.app.troubles).toEqual([]);
});
