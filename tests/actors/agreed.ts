import type { ContractCommand } from "../../actors/customer/contracts/contract_commands.ts";
import type { CatalogRow } from "../../src/catalog/catalog.ts";
import type { Invoice } from "../../src/invoicing/invoice.ts";
import { decimal } from "../../src/money/decimal.ts";
import { at, type Customer, row } from "./customer.ts";

type Create = Extract<ContractCommand, { type: "create_contract" }>;

const plan = (id: string, ...prices: string[]) =>
  row("plan", id, { currency: "USD", prices: prices.map((price) => ({ id: price, version: 1 })) });
const flat = (id: string, amount: string, timing: string, more = {}) =>
  row("price", id, { model: "flat", amount, currency: "USD", timing, ...more });

/** Plans at 30 a month in arrears and in advance, calls at 0.02, a year at 365 in advance, and a hybrid of all kinds. */
export const agreedCatalog: readonly CatalogRow[] = [
  row("metric", "calls", { event_type: "call", aggregation: "count" }),
  row("price", "call", { model: "per_unit", unit_amount: "0.02", metric_id: "calls", currency: "USD" }),
  flat("late_fee", "30", "arrears"),
  flat("early_fee", "30", "advance"),
  flat("year_fee", "365", "advance", { interval: "year" }),
  flat("base", "100", "advance"),
  row("price", "seat", { model: "seat", unit_amount: "10", currency: "USD", timing: "advance" }),
  plan("late", "late_fee"),
  plan("early", "early_fee", "call"),
  plan("calls_only", "call"),
  plan("yearly", "year_fee"),
  row("plan", "hybrid", {
    currency: "USD",
    prices: ["base", "seat", "call"].map((id) => ({ id, version: 1 })),
    commitment: { amount: "150", period: "month" },
  }),
];

/** A contract from a day on, with some things otherwise. */
export function agreed(start: string, more: Partial<Create> = {}): Create {
  return {
    type: "create_contract",
    id: "con_1",
    name: "Deal",
    start: at(start),
    end: null,
    renewal: "none",
    currency: null,
    commitment: null,
    overrides: [],
    documents: [],
    ...more,
  };
}

/** An amount promised per period. */
export function promised(amount: string, period: "month" | "quarter" | "year" | "term"): Partial<Create> {
  return { commitment: { amount: decimal(amount), period } };
}

export const invoicesOf = (ada: Customer): Invoice[] =>
  ada.ofType("invoice_issued").map((fact) => fact.invoice);

/** What was settled: the period, committed - billed = missing. */
export const settledIn = (ada: Customer): string[] =>
  ada
    .ofType("contract_trued_up")
    .map(
      (one) =>
        `${day(one.period_start)} to ${day(one.period_end)}: ${one.committed} - ${one.billed} = ${one.amount}`,
    );

export function day(instant: number): string {
  return new Date(instant).toISOString().replace("T00:00:00.000Z", "");
}
