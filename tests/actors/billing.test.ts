import { describe, expect, test } from "bun:test";
import { evolve } from "../../actors/customer/evolve.ts";
import { nextWake } from "../../actors/customer/next_wake.ts";
import { decodeSnapshot, encodeSnapshot, SNAPSHOT_VERSION } from "../../actors/customer/snapshot.ts";
import { newCustomerState } from "../../actors/customer/state.ts";
import { buildCatalog } from "../../src/catalog/catalog.ts";
import { at, Customer, row } from "./customer.ts";

const monthly = { currency: "USD", interval: "month", interval_count: 1 };
const catalog = [
  row("metric", "input", { event_type: "llm", aggregation: "sum", field: "input_tokens" }),
  row("metric", "output", { event_type: "llm", aggregation: "sum", field: "output_tokens" }),
  row("metric", "by_model", { event_type: "call", aggregation: "count", group_by: ["model"] }),
  row("price", "input_price", {
    ...monthly,
    model: "graduated",
    metric_id: "input",
    tiers: [
      { up_to: "5000000", unit_amount: "0.000003" },
      { up_to: null, unit_amount: "0.0000024" },
    ],
  }),
  row("price", "output_price", {
    ...monthly,
    model: "per_unit",
    metric_id: "output",
    unit_amount: "0.000015",
  }),
  row("price", "base", { ...monthly, model: "flat", amount: "20.00" }),
  row("price", "call_price", {
    ...monthly,
    model: "package",
    metric_id: "by_model",
    package_size: "10",
    package_amount: "1",
  }),
  row("plan", "pro", {
    currency: "USD",
    prices: [
      { id: "base", version: 1 },
      { id: "input_price", version: 1 },
      { id: "output_price", version: 1 },
    ],
  }),
  row("plan", "calls", { currency: "USD", prices: [{ id: "call_price", version: 1 }] }),
];

describe("a month of usage", () => {
  test("is one issued invoice with tier breakdown, base fee and exact totals", () => {
    const ada = new Customer(catalog, "2023-11-01");
    ada.subscribe("pro");
    ada.now = at("2023-11-16");
    ada.use("llm", { input_tokens: 4_000_000, output_tokens: 1_000_000 });
    ada.use("llm", { input_tokens: "3000000", output_tokens: 0 });
    ada.advance("2023-12-02");

    const [issued, ...more] = ada.ofType("invoice_issued");
    expect(more).toEqual([]);
    expect(issued?.invoice).toMatchObject({
      status: "issued",
      period_start: "2023-11-01T00:00:00Z",
      period_end: "2023-12-01T00:00:00Z",
      subtotal: "54.80",
      total: "54.80",
      amount_due: "54.80",
      due_at: "2023-12-31T01:00:00Z",
    });
    expect(issued?.invoice.line_items.map((line) => [line.type, line.quantity, line.amount])).toEqual([
      ["recurring", "1", "20.00"],
      ["usage", "7000000", "19.80"],
      ["usage", "1000000", "15.00"],
    ]);
    expect(issued?.invoice.line_items[1]?.tiers).toMatchObject([
      { up_to: "5000000", quantity: "5000000", amount: "15" },
      { up_to: null, quantity: "2000000", amount: "4.8" },
    ]);
  });

  test("groups of a metric are lines of their own", () => {
    const ada = new Customer(catalog, "2026-01-01");
    ada.subscribe("calls");
    for (let i = 0; i < 11; i++) ada.use("call", { model: "big" });
    ada.use("call", { model: "small" });
    ada.advance("2026-02-02");
    const lines = ada.ofType("invoice_issued")[0]?.invoice.line_items ?? [];
    expect(lines.map((line) => [line.group, line.quantity, line.amount])).toEqual([
      [{ model: "big" }, "11", "2.00"],
      [{ model: "small" }, "1", "1.00"],
    ]);
  });

  test("a start in mid-month bills the recurring fee for its part of the month", () => {
    const ada = new Customer(catalog, "2026-04-16");
    ada.subscribe("pro");
    ada.advance("2026-05-02");
    expect(ada.ofType("invoice_issued")[0]?.invoice.line_items[0]?.amount).toBe("10.00");
  });

  test("an anniversary from 31 January keeps its day", () => {
    const ada = new Customer(catalog, "2026-01-31");
    ada.subscribe("pro", { anchor: "anniversary" });
    for (let month = 2; month <= 5; month++) ada.advance(`2026-0${month}-28`);
    const ends = ada.ofType("invoice_issued").map((fact) => fact.invoice.period_end);
    ada.advance("2026-06-02");
    expect(ends).toEqual(
      ["2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z", "2026-04-30T00:00:00Z"].slice(0, ends.length),
    );
    expect(ada.ofType("invoice_issued").length).toBe(4);
  });

  test("usage within the grace changes the draft, usage after issue is kept apart where a company wants that", () => {
    const ada = new Customer(catalog, "2026-01-01");
    ada.settings = { ...ada.settings, late_usage: "orphan" };
    ada.subscribe("pro");
    ada.advance("2026-02-01");
    expect(ada.ofType("invoice_drafted").length).toBe(1);
    const late = { occurredAt: at("2026-01-20") };
    expect(ada.use("llm", { input_tokens: 0, output_tokens: 1_000_000 }, late).kind).toBe("facts");
    ada.advance("2026-02-01T01:00:00Z");
    expect(ada.ofType("invoice_issued")[0]?.invoice.total).toBe("35.00");
    expect(ada.use("llm", { input_tokens: 1, output_tokens: 1 }, late)).toMatchObject({
      kind: "orphaned",
      reason: "period_closed",
    });
  });

  test("usage ahead of time waits in its own period", () => {
    const ada = new Customer(catalog, "2026-01-01");
    ada.subscribe("pro");
    ada.use("llm", { input_tokens: 0, output_tokens: 1_000_000 }, { occurredAt: at("2026-02-10") });
    ada.advance("2026-02-02");
    ada.advance("2026-03-02");
    expect(ada.ofType("invoice_issued").map((fact) => fact.invoice.total)).toEqual(["20.00", "35.00"]);
  });

  test("an event that fits nowhere says why", () => {
    const ada = new Customer(catalog, "2026-01-10");
    expect(ada.use("llm")).toMatchObject({ reason: "no_subscription" });
    ada.subscribe("pro");
    expect(ada.use("nothing")).toMatchObject({ reason: "no_metric" });
    expect(ada.use("llm", { input_tokens: "much", output_tokens: 1 })).toMatchObject({
      reason: "value_error",
    });
    expect(ada.use("llm", {}, { occurredAt: at("2026-01-09") })).toMatchObject({ reason: "before_start" });
  });
});

test("a changed metric applies from the next period", () => {
  const ada = new Customer(catalog, "2026-01-01");
  ada.subscribe("pro");
  const usage = { input_tokens: 0, output_tokens: 1_000_000, billed_tokens: 2_000_000 };
  ada.use("llm", usage);
  const changed = { event_type: "llm", aggregation: "sum", field: "billed_tokens" };
  ada.catalog = buildCatalog([...catalog, row("metric", "output", changed, 2)]);
  ada.use("llm", usage);
  ada.advance("2026-02-02");
  ada.use("llm", usage);
  ada.advance("2026-03-02");
  const quantities = ada.ofType("invoice_issued").map((fact) => fact.invoice.line_items[2]?.quantity);
  expect(quantities).toEqual(["2000000", "2000000"]);
});

describe("cancellation", () => {
  test("now: the last invoice covers usage and the used part of the fee, and nothing follows", () => {
    const ada = new Customer(catalog, "2026-04-01");
    const id = ada.subscribe("pro");
    ada.now = at("2026-04-16");
    expect(ada.do({ type: "cancel_subscription", ref: id, at: "now" })).toMatchObject({ status: "canceled" });
    ada.advance("2026-04-16T01:00:00Z");
    expect(ada.ofType("invoice_issued")[0]?.invoice).toMatchObject({
      total: "10.00",
      period_end: "2026-04-16T00:00:00Z",
    });
    expect(nextWake(ada.state)).toBeNull();
    expect(ada.use("llm", { input_tokens: 1, output_tokens: 1 })).toMatchObject({ reason: "after_end" });
  });

  test("at period end: a whole last period", () => {
    const ada = new Customer(catalog, "2026-04-01");
    const id = ada.subscribe("pro");
    ada.do({ type: "cancel_subscription", ref: id, at: "period_end" });
    ada.advance("2026-07-01");
    expect(ada.ofType("invoice_issued").map((fact) => fact.invoice.total)).toEqual(["20.00"]);
    expect(ada.ofType("subscription_ended").length).toBe(1);
  });
});

test("facts replayed, and a snapshot read back, give the state they came from", () => {
  const ada = new Customer(catalog, "2026-01-15", { timezone: "America/New_York" });
  ada.subscribe("pro");
  ada.subscribe("calls", { anchor: "anniversary" });
  ada.limit("30", { thresholds: [50, 100] });
  for (let i = 0; i < 20; i++) {
    ada.now += 86_400_000;
    ada.use("llm", { input_tokens: 100_000 * i, output_tokens: 77_777 });
    ada.use("call", { model: i % 3 === 0 ? "a" : "b" });
    ada.advance(ada.now);
  }
  const replayed = newCustomerState("co_1", "cust_1");
  for (const fact of ada.facts) {
    const { touches: _, ...stored } = fact as typeof fact & { touches?: unknown };
    evolve(replayed, stored as typeof fact, ada.catalog);
  }
  expect(encodeSnapshot(replayed)).toBe(encodeSnapshot(ada.state));
  const read = decodeSnapshot(ada.state, SNAPSHOT_VERSION, encodeSnapshot(ada.state), ada.catalog);
  expect(encodeSnapshot(read)).toBe(encodeSnapshot(ada.state));
});

test.each([
  [["a"], ["usage 35.00", "adjustment -5.00"]],
  [
    ["a", "b"],
    ["usage 20.00", "usage 20.00", "adjustment -10.00"],
  ],
])("a price by group costs its maximum together, with groups %j", (teams, lines) => {
  const ada = new Customer(
    [
      row("metric", "calls", { event_type: "call", aggregation: "sum", field: "n", group_by: ["team"] }),
      row("price", "call", {
        model: "graduated",
        metric_id: "calls",
        currency: "USD",
        tiers: [
          { up_to: "10", unit_amount: "1" },
          { up_to: null, unit_amount: "0.5" },
        ],
        maximum_amount: "30",
      }),
      row("plan", "team", { currency: "USD", prices: [{ id: "call", version: 1 }] }),
    ],
    "2026-01-01",
  );
  ada.subscribe("team");
  // 60 of one team are 10 and 25; 30 of each of two are 10 and 10.
  for (const team of teams) ada.use("call", { n: 60 / teams.length, team });
  ada.advance("2026-02-02");
  const [fact] = ada.ofType("invoice_issued");
  expect(fact?.invoice.line_items.map(({ type, amount }) => `${type} ${amount}`)).toEqual(lines);
  expect(fact?.invoice.total).toBe("30.00");
});
