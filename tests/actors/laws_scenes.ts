import fc from "fast-check";
import type { ChangePlan } from "../../actors/customer/commands.ts";
import type { Invoice } from "../../src/invoicing/invoice.ts";
import { decimal } from "../../src/money/decimal.ts";
import { at, Customer, row } from "./customer.ts";

/** Zones whose clocks change by an hour, by half an hour, at midnight, in the south, and never. */
export const zones = [
  "UTC",
  "America/New_York",
  "Europe/Berlin",
  "Australia/Lord_Howe",
  "Africa/Cairo",
  "America/Santiago",
  "Asia/Kolkata",
] as const;

const usd = { currency: "USD" };

export const flat = (id: string, amount: string, more: Record<string, unknown> = {}) =>
  row("price", id, { ...usd, model: "flat", amount, ...more });

export const seats = (id: string, unit_amount: string, more: Record<string, unknown> = {}) =>
  row("price", id, { ...usd, model: "seat", unit_amount, ...more });

export const perUnit = (id: string, metric_id: string, unit_amount: string, more = {}) =>
  row("price", id, { ...usd, model: "per_unit", metric_id, unit_amount, ...more });

/** The first ten units cost one each, the others a half. */
export const graduated = (id: string, metric_id: string, more: Record<string, unknown> = {}) =>
  row("price", id, {
    ...usd,
    model: "graduated",
    metric_id,
    tiers: [
      { up_to: "10", unit_amount: "1" },
      { up_to: null, unit_amount: "0.5" },
    ],
    ...more,
  });

export const sumOf = (id: string, event_type: string, more: Record<string, unknown> = {}) =>
  row("metric", id, { event_type, aggregation: "sum", field: "n", ...more });

export const plan = (id: string, prices: readonly string[], more: Record<string, unknown> = {}) =>
  row("plan", id, { ...usd, prices: prices.map((price) => ({ id: price, version: 1 })), ...more });

/** A change of `sub_1` to another plan, or with null of its seats alone. */
export const change = (planId: string | null, more: Partial<ChangePlan> = {}): ChangePlan => ({
  type: "change_plan",
  ref: "sub_1",
  planId,
  quantity: null,
  at: null,
  overrides: [],
  asked: {},
  ...more,
});

export const seatChange = (count: number): ChangePlan =>
  change(null, { quantity: decimal(String(count)), at: "now" });

export const invoicesOf = (ada: Customer): Invoice[] =>
  ada.ofType("invoice_issued").map((fact) => fact.invoice);

/** Each line as its type and amount. */
export const linesOf = (invoice: Invoice | undefined): string[] =>
  (invoice?.line_items ?? []).map((line) => `${line.type} ${line.amount}`);

export const totalsOf = (ada: Customer): string[] => invoicesOf(ada).map((invoice) => invoice.total);

/** An instant within the quarter that holds a leap day and the clocks' change in spring, mostly off any boundary. */
export const instantInSpring = fc
  .oneof(
    fc.integer({ min: 0, max: 91 * 24 * 3600 }).map((seconds) => seconds * 1000),
    fc.constantFrom(0, 30, 31, 59, 60, 90).map((days) => days * 86_400_000),
  )
  .map((ms) => at("2024-01-01") + ms);

export { at, Customer, row };
