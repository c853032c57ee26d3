import { expect, test } from "bun:test";
import { evolve } from "../../actors/customer/evolve.ts";
import { encodeSnapshot } from "../../actors/customer/snapshot.ts";
import { spendStatus } from "../../actors/customer/spend_status.ts";
import { newCustomerState } from "../../actors/customer/state.ts";
import type { Invoice } from "../../src/invoicing/invoice.ts";
import { at, Customer, row } from "./customer.ts";

const catalog = [
  row("metric", "gb", { event_type: "gb", aggregation: "sum", field: "n" }),
  row("price", "gb_price", {
    model: "graduated",
    tiers: [
      { up_to: "10", unit_amount: "1" },
      { up_to: null, unit_amount: "0.5" },
    ],
    metric_id: "gb",
    currency: "USD",
    minimum_amount: "5",
  }),
  row("plan", "storage", { currency: "USD", prices: [{ id: "gb_price", version: 1 }] }),
];

const invoicesOf = (ada: Customer): Invoice[] => ada.ofType("invoice_issued").map((fact) => fact.invoice);
const lines = (invoice: Invoice | undefined): string[] =>
  (invoice?.line_items ?? []).map((line) => `${line.type} ${line.amount}`);

function inMarch(): Customer {
  const ada = new Customer(catalog, "2026-02-01");
  ada.subscribe("storage");
  ada.use("gb", { n: 2 }, { occurredAt: at("2026-02-10") });
  ada.advance("2026-03-10");
  return ada;
}

test("usage late for an issued invoice is rated in its own period and billed as the difference", () => {
  const ada = inMarch();
  expect(invoicesOf(ada).map(lines)).toEqual([["usage 2.00", "minimum 3.00"]]);
  // 2 GB more: 4.00 of usage instead of 2.00, and 1.00 to the minimum instead of 3.00.
  ada.use("gb", { n: 2 }, { occurredAt: at("2026-02-20") });
  // 10 GB more: 10 + 4 × 0.5 = 12.00, no minimum.
  ada.use("gb", { n: 10 }, { occurredAt: at("2026-02-21") });
  ada.advance("2026-04-02");
  const [, march] = invoicesOf(ada);
  expect(lines(march)).toEqual(["usage 0.00", "minimum 5.00", "adjustment 10.00", "adjustment -3.00"]);
  expect(march?.line_items[2]?.description).toContain("2026-02-01 to 2026-03-01");
  expect(march?.line_items[2]?.period_start).toBe("2026-02-01T00:00:00Z");
});

test("after the last period an adjustment has an invoice of its own", () => {
  const ada = inMarch();
  ada.do({ type: "cancel_subscription", ref: "sub_1", at: "now" });
  ada.advance("2026-03-12");
  const before = invoicesOf(ada).length;
  ada.use("gb", { n: 18 }, { occurredAt: at("2026-02-20") });
  ada.advance("2026-03-13");
  const invoices = invoicesOf(ada);
  expect(invoices.length).toBe(before + 1);
  expect(lines(invoices.at(-1))).toEqual(["adjustment 13.00", "adjustment -3.00"]);
});

test("with late_usage 'orphan' it is kept apart", () => {
  const ada = inMarch();
  ada.settings = { ...ada.settings, late_usage: "orphan" };
  expect(ada.use("gb", { n: 2 }, { occurredAt: at("2026-02-20") })).toEqual({
    kind: "orphaned",
    reason: "period_closed",
  });
});

test("late usage replayed from its facts alone leads to the same state, spend included", () => {
  const ada = new Customer(catalog, "2026-01-20");
  ada.subscribe("storage", { anchor: "anniversary" });
  ada.limit("1000", { action: "notify" });
  ada.advance("2026-02-25");
  // Its period ended on 20 February and is invoiced; the calendar month of the limit goes on.
  ada.use("gb", { n: 4 }, { occurredAt: at("2026-02-10") });
  const replayed = newCustomerState("co_1", "cust_1");
  for (const fact of ada.facts) {
    const { touches: _, ...stored } = fact as typeof fact & { touches?: unknown };
    evolve(replayed, stored as typeof fact, ada.catalog);
  }
  expect(encodeSnapshot(replayed)).toBe(encodeSnapshot(ada.state));
  expect(spendStatus(ada.state, ada.now).spend).toBe("4");
});
