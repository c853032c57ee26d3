import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Told } from "./app.ts";
import { type BillingWorld, openBillingWorld, usage } from "./billing_world.ts";

let world: BillingWorld;
let invoice: Readonly<Record<string, unknown>>;
const november = { period_start: "2023-11-01T00:00:00Z", period_end: "2023-12-01T00:00:00Z" };
const perToken = {
  key: "per_token",
  currency: "USD",
  prices: [{ model: "per_unit", metric_id: "input_tokens", unit_amount: "0.00001" }],
};

const simulate = (body: object) => world.done("POST", "/admin/simulation/invoice", body);
const refused = async (path: string, body: object) => {
  const { status, error } = await world.call("POST", `/api/v1/admin/simulation/${path}`, body);
  return [status, error?.msg];
};
const amounts = ({ payload }: Told) =>
  (payload.line_items as { amount: string }[]).map((line) => line.amount);

beforeAll(async () => {
  world = await openBillingWorld();
  const events = [
    usage("a", "ada", "2023-11-16T18:17:03.979Z", 4_000_000, 100_000),
    usage("b", "ada", "2023-11-20T00:00:00Z", 2_000_000, 50_000),
    usage("next month", "ada", "2023-12-01T00:00:00Z", 999, 999),
    usage("voided", "ada", "2023-11-21T00:00:00Z", 777, 777),
  ];
  await world.done("POST", "/usage/events?wait=applied", { events });
  await world.done("POST", "/usage/events/voided/void", { customer_id: "ada" });
  await world.done("POST", `/admin/test-clocks/${world.clock.id}/advance`, { to: "2023-12-02T00:00:00Z" });
  const { rows } = await world.done("GET", "/invoicing/invoices?customer_id=ada");
  invoice = rows[0] ?? {};
}, 60_000);
afterAll(() => world.app.close());

describe("real events", () => {
  test("of the period alone are billed again as they were, voided ones left out", async () => {
    const told = await simulate({ customer_id: "ada", plan_id: "llm_plan", history: true, ...november });
    // 20 + 5,000,000 × 0.000003 + 1,000,000 × 0.0000024 + 150,000 × 0.000015
    expect(amounts(told)).toEqual(["20.00", "17.40", "2.25"]);
    expect(told.payload).toMatchObject({ total: "39.65", id: null, number: null });
    expect(invoice).toMatchObject({ total: "39.65" });
  });

  test("count together with simulated ones", async () => {
    const simulated_events = [
      {
        event_type: "llm",
        input_tokens: 100_000,
        output_tokens: 0,
        count: 10,
        timestamp: "2023-11-30T00:00:00Z",
      },
    ];
    const told = await simulate({
      customer_id: "ada",
      plan_id: "llm_plan",
      history: true,
      simulated_events,
      ...november,
    });
    expect(amounts(told)).toEqual(["20.00", "19.80", "2.25"]);
  });

  test("need a customer who is known", async () => {
    const body = { plan_id: "llm_plan", history: true, ...november };
    expect(await refused("invoice", body)).toEqual([
      400,
      "Validation error: field 'customer_id' is required with history",
    ]);
    expect((await refused("invoice", { ...body, customer_id: "nobody" }))[0]).toBe(404);
  });
});

describe("a past invoice", () => {
  test("is run again on its own plan, with its own period and events", async () => {
    const told = await simulate({ invoice_id: invoice.id });
    expect(amounts(told)).toEqual(["20.00", "17.40", "2.25"]);
    expect(told.payload).toMatchObject(november);
  });

  test("is run again on another plan, and changes nothing", async () => {
    const before = await world.done("GET", `/invoicing/invoices/${invoice.id}`);
    // 6,000,000 × 0.00001
    const told = await simulate({ invoice_id: invoice.id, plan: perToken });
    expect(amounts(told)).toEqual(["60.00"]);
    const after = await world.done("GET", `/invoicing/invoices/${invoice.id}`);
    expect(after.payload).toEqual(before.payload);
  });

  test("of nobody is not found", async () => {
    expect((await refused("invoice", { invoice_id: "inv_01hv0000000000000000000000" }))[0]).toBe(404);
  });
});

describe("plans side by side", () => {
  test("are rated on the same events, each with its difference to the first", async () => {
    const flat = { key: "flat_only", currency: "USD", prices: [{ model: "flat", amount: "39.64" }] };
    const { rows } = await world.done("POST", "/admin/simulation/compare", {
      plans: ["llm_plan", perToken, flat],
      customer_id: "ada",
      history: true,
      ...november,
    });
    expect(rows.map((row) => [row.plan, (row.invoice as { total: string }).total, row.difference])).toEqual([
      ["llm_plan", "39.65", "0.00"],
      ["per_token", "60.00", "20.35"],
      ["flat_only", "39.64", "-0.01"],
    ]);
  });

  test("rate a past invoice", async () => {
    const { rows } = await world.done("POST", "/admin/simulation/compare", {
      plans: ["llm_plan", perToken],
      invoice_id: invoice.id,
    });
    expect(rows.map((row) => row.difference)).toEqual(["0.00", "20.35"]);
  });

  test("name the one that is wrong", async () => {
    const [status, msg] = await refused("compare", { plans: ["llm_plan", "no_such_plan"], ...november });
    expect([status, msg]).toEqual([400, "Validation error: field 'plans[1]' names no plan"]);
  });
});

test.each([
  ["a period without an end", { period_start: november.period_start }, "field 'period_end' is required"],
  [
    "a period that ends before it starts",
    { period_start: november.period_end, period_end: november.period_start },
    "field 'period_end' must lie after period_start",
  ],
  [
    "a time zone that is none",
    { ...november, subscription: { timezone: "Mars/Olympus" } },
    "field 'subscription.timezone' is not an IANA time zone",
  ],
  [
    "a trial's end that is no time",
    { ...november, subscription: { trial_end: "soon" } },
    "field 'subscription.trial_end' must be an RFC 3339 date-time such as 2026-02-01T00:00:00Z",
  ],
  ["two plans", { ...november, plan: perToken }, "field 'plan' is given beside plan_id"],
])("%s is refused with its reason", async (_, body, reason) => {
  expect(await refused("invoice", { plan_id: "llm_plan", ...body })).toEqual([
    400,
    `Validation error: ${reason}`,
  ]);
});
