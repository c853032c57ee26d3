import { expect, test } from "bun:test";
import type { ChangePlan } from "../../actors/customer/commands.ts";
import { previewChange } from "../../actors/customer/preview_change.ts";
import type { Invoice } from "../../src/invoicing/invoice.ts";
import { decimal } from "../../src/money/decimal.ts";
import { at, Customer, row } from "./customer.ts";

const flat = (id: string, amount: string, more: Record<string, unknown> = {}) =>
  row("price", id, { model: "flat", amount, currency: "USD", timing: "advance", ...more });
const plan = (id: string, prices: string[], more: Record<string, unknown> = {}) =>
  row("plan", id, { currency: "USD", prices: prices.map((price) => ({ id: price, version: 1 })), ...more });

const calls = row("metric", "calls", { event_type: "call", aggregation: "count" });
const perCall = (id: string, unit_amount: string, more: Record<string, unknown> = {}) =>
  row("price", id, { model: "per_unit", unit_amount, metric_id: "calls", currency: "USD", ...more });

const catalog = [
  calls,
  flat("basic_fee", "30"),
  flat("pro_fee", "60"),
  flat("basic_late", "30", { timing: "arrears" }),
  flat("pro_late", "60", { timing: "arrears" }),
  flat("yearly_fee", "365", { interval: "year" }),
  perCall("cheap_call", "0.01"),
  perCall("dear_call", "0.02"),
  row("price", "seats", { model: "seat", unit_amount: "10", currency: "USD", timing: "advance" }),
  plan("basic", ["basic_fee"]),
  plan("pro", ["pro_fee"]),
  plan("basic_arrears", ["basic_late", "cheap_call"]),
  plan("pro_arrears", ["pro_late", "dear_call"]),
  plan("yearly", ["yearly_fee", "cheap_call"]),
  plan("team", ["seats"]),
];

const change = (planId: string | null, more: Partial<ChangePlan> = {}): ChangePlan => ({
  type: "change_plan",
  ref: "sub_1",
  planId,
  quantity: null,
  at: null,
  overrides: [],
  asked: {},
  ...more,
});

/** A customer who started on a plan on 1 February 2026, a month of 28 days. */
function onPlan(planId: string, more = {}): Customer {
  const ada = new Customer(catalog, "2026-02-01");
  ada.subscribe(planId, more);
  ada.advance("2026-02-01");
  return ada;
}

const invoicesOf = (ada: Customer): Invoice[] => ada.ofType("invoice_issued").map((fact) => fact.invoice);
const amounts = (invoice: Invoice | undefined): string[] =>
  (invoice?.line_items ?? []).map((line) => `${line.type} ${line.amount}`);

test("a price in advance is billed the moment its period opens, and no grace delays it", () => {
  const ada = onPlan("basic");
  expect(invoicesOf(ada).map((invoice) => [invoice.total, invoice.period_start, invoice.period_end])).toEqual(
    [["30.00", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"]],
  );
  ada.advance("2026-03-02");
  expect(invoicesOf(ada).map((invoice) => invoice.total)).toEqual(["30.00", "30.00"]);
});

test("an upgrade in mid-period bills the rest of the new plan and gives back the rest of the old as credit", () => {
  const ada = onPlan("basic");
  ada.advance("2026-02-15");
  const preview = previewChange(ada.state, change("pro"), ada.ctx);
  ada.do(change("pro"));
  ada.advance("2026-02-15");
  const [, invoice] = invoicesOf(ada);
  expect(amounts(invoice)).toEqual(["recurring 30.00"]);
  expect([invoice?.total, invoice?.credits_applied, invoice?.amount_due]).toEqual([
    "30.00",
    "15.00",
    "15.00",
  ]);
  expect(preview.credit).toBe("15.00");
  expect(preview.amount_due_now).toBe("15.00");
  expect(preview.effective_at).toBe("2026-02-15T00:00:00Z");
  expect(preview.line_items.map((line) => line.amount)).toEqual(["30.00"]);
  expect(preview.next_invoice?.total).toBe("60.00");
  ada.advance("2026-03-02");
  expect(invoicesOf(ada).at(-1)?.total).toBe("60.00");
});

for (const [unused, lines, due] of [
  ["invoice_line", ["proration -15.00", "recurring 30.00"], "15.00"],
  ["none", ["recurring 30.00"], "30.00"],
] as const) {
  test(`unused time as '${unused}'`, () => {
    const ada = onPlan("basic");
    ada.advance("2026-02-15");
    ada.do(change("pro", { asked: { unused } }));
    ada.advance("2026-02-15");
    const [, invoice] = invoicesOf(ada);
    expect(amounts(invoice)).toEqual([...lines]);
    expect(invoice?.amount_due).toBe(due);
  });
}

test("a downgrade waits for the period's end, and taking it back leaves things as they were", () => {
  const ada = onPlan("pro");
  ada.advance("2026-02-10");
  ada.do(change("basic"));
  expect(ada.state.subscriptions[0]?.scheduled?.effective_at).toBe(at("2026-03-01"));
  ada.do(change("pro"));
  expect(ada.state.subscriptions[0]?.scheduled).toBeNull();
  ada.do(change("basic"));
  ada.advance("2026-03-01T01:00:00Z");
  expect(invoicesOf(ada).map((invoice) => invoice.total)).toEqual(["60.00", "30.00"]);
  expect(ada.state.subscriptions[0]?.phases.map((phase) => phase.planId)).toEqual(["pro", "basic"]);
});

test("an upgrade and its reversal at one instant net to zero", () => {
  const ada = onPlan("basic");
  ada.advance("2026-02-11T07:30:00Z");
  ada.do(change("pro", { at: "now" }));
  ada.do(change("basic", { at: "now" }));
  ada.advance(ada.now);
  const paid = invoicesOf(ada)
    .slice(1)
    .reduce((sum, invoice) => sum + Number(invoice.amount_due), 0);
  const credit = ada.state.grants.reduce(
    (sum, grant) => sum + Number(grant.remaining.c) / 10 ** grant.remaining.s,
    0,
  );
  expect(paid - credit).toBeCloseTo(0, 9);
});

test("in arrears the old plan is billed up to the change, its usage at its price, and the new one from then", () => {
  const ada = onPlan("basic_arrears");
  ada.use("call", {}, { times: decimal("100") });
  ada.advance("2026-02-15");
  ada.do(change("pro_arrears"));
  ada.use("call", {}, { times: decimal("100") });
  ada.advance("2026-03-02");
  expect(invoicesOf(ada).map(amounts)).toEqual([
    ["recurring 15.00", "usage 1.00"],
    ["recurring 30.00", "usage 2.00"],
  ]);
});

test("usage carried over is billed at its own price with the new plan's period, which goes on counting", () => {
  const ada = onPlan("basic_arrears");
  ada.use("call", {}, { times: decimal("100") });
  ada.advance("2026-02-15");
  ada.do(change("pro_arrears", { asked: { usage: "carry_over" } }));
  ada.use("call", {}, { times: decimal("50") });
  ada.advance("2026-03-02");
  expect(invoicesOf(ada).map(amounts)).toEqual([
    ["recurring 15.00"],
    ["usage 1.00", "recurring 30.00", "usage 1.00"],
  ]);
});

test("proration by days counts the day of the change for the new plan; none charges nothing for the rest", () => {
  const byDay = onPlan("basic");
  byDay.advance("2026-02-14T18:00:00Z");
  byDay.do(change("pro", { asked: { proration: "day" } }));
  byDay.advance(byDay.now);
  // 13 days of 28 used: 30 × 15/28 = 16.07 back, 60 × 15/28 = 32.14 for the rest.
  const [, invoice] = invoicesOf(byDay);
  expect([invoice?.total, invoice?.credits_applied]).toEqual(["32.14", "16.07"]);

  const none = onPlan("basic");
  none.advance("2026-02-14T18:00:00Z");
  none.do(change("pro", { asked: { proration: "none" } }));
  none.advance("2026-03-01T01:00:00Z");
  expect(invoicesOf(none).map((one) => one.total)).toEqual(["30.00", "60.00"]);
});

test("a change to another interval starts its periods at the change", () => {
  const ada = onPlan("basic", { anchor: "anniversary" });
  ada.advance("2026-02-15");
  ada.do(change("yearly"));
  ada.advance("2026-02-15");
  const [, invoice] = invoicesOf(ada);
  expect([invoice?.total, invoice?.credits_applied, invoice?.period_end]).toEqual([
    "365.00",
    "15.00",
    "2026-02-15T00:00:00Z",
  ]);
  expect(invoice?.line_items.map((line) => line.period_end)).toEqual(["2027-02-15T00:00:00Z"]);
});

test("a yearly fee stands beside usage that is billed by the month", () => {
  const ada = new Customer(
    [
      ...catalog,
      plan("mixed", ["yearly_fee", "monthly_call"]),
      perCall("monthly_call", "0.01", { interval: "month" }),
    ],
    "2026-02-01",
  );
  ada.subscribe("mixed", { anchor: "anniversary" });
  ada.advance("2026-02-10");
  ada.use("call", {}, { times: decimal("300") });
  ada.advance("2026-03-02");
  ada.advance("2027-02-02");
  const invoices = invoicesOf(ada);
  expect(amounts(invoices[0])).toEqual(["recurring 365.00"]);
  expect(amounts(invoices[1])).toEqual(["usage 3.00"]);
  expect(invoices.length).toBe(13);
  expect(amounts(invoices[12])).toEqual(["usage 0.00", "recurring 365.00"]);
});

test("seats added are billed for the rest of the period at once, seats given back leave at its end", () => {
  const ada = onPlan("team", { quantity: decimal("5") });
  ada.advance("2026-02-15");
  ada.do(change(null, { quantity: decimal("8") }));
  ada.advance("2026-02-15");
  expect(invoicesOf(ada).map(amounts)).toEqual([["recurring 50.00"], ["proration 15.00"]]);
  ada.do(change(null, { quantity: decimal("2") }));
  ada.advance("2026-03-01T01:00:00Z");
  expect(invoicesOf(ada).at(-1)?.total).toBe("20.00");
});

test("a pause stops what recurs: unused time comes back with the next invoice", () => {
  const ada = onPlan("basic");
  ada.advance("2026-02-15");
  ada.do({ type: "pause_subscription", ref: "sub_1", until: null });
  ada.advance("2026-03-15T00:00:00Z");
  ada.do({ type: "resume_subscription", ref: "sub_1" });
  ada.advance("2026-04-01T00:00:00Z");
  // February: 14 of 28 days were unused (-15.00), which is carried over as credit; March from the 15th: 30 × 17/31.
  const all = invoicesOf(ada).map((invoice) => [invoice.total, invoice.credits_applied]);
  expect(all.slice(0, 3)).toEqual([
    ["30.00", "0.00"],
    ["0.00", "0.00"],
    ["16.45", "15.00"],
  ]);
});

test("a trial costs nothing and is over by itself", () => {
  const ada = new Customer([...catalog, plan("tried", ["basic_fee"], { trial_days: 14 })], "2026-02-01");
  ada.subscribe("tried");
  ada.advance("2026-02-14");
  expect(invoicesOf(ada)).toEqual([]);
  ada.advance("2026-02-16");
  expect(invoicesOf(ada).map((invoice) => invoice.total)).toEqual(["15.00"]);
  ada.advance("2026-03-02");
  expect(invoicesOf(ada).map((invoice) => invoice.total)).toEqual(["15.00", "30.00"]);
});

test("cancelling gives back what was paid in advance, or not", () => {
  for (const [proration, expected] of [
    ["second", "15.00"],
    ["none", "0"],
  ] as const) {
    const ada = onPlan("basic");
    ada.advance("2026-02-15");
    ada.do({ type: "cancel_subscription", ref: "sub_1", at: "now", proration });
    ada.advance("2026-02-16");
    const left = ada.state.grants[0]?.remaining;
    expect(left === undefined ? "0" : String(Number(left.c) / 10 ** left.s)).toBe(String(Number(expected)));
  }
});

test("the preview of a change at a coming instant shows what it will bill then", () => {
  const ada = onPlan("basic");
  const preview = previewChange(ada.state, change("pro", { at: at("2026-02-15") }), ada.ctx);
  expect(preview).toMatchObject({
    effective_at: "2026-02-15T00:00:00Z",
    credit: "15.00",
    amount_due_now: "15.00",
    line_items: [{ amount: "30.00" }],
    next_invoice: { total: "60.00" },
  });
  const atEnd = previewChange(ada.state, change("pro", { at: "period_end" }), ada.ctx);
  expect(atEnd).toMatchObject({
    effective_at: "2026-03-01T00:00:00Z",
    credit: "0.00",
    amount_due_now: "0.00",
    line_items: [],
    next_invoice: { total: "60.00" },
  });
});
