import type { CreditCommand, GivenGrant } from "../../actors/customer/credits/credit_commands.ts";
import { grantDocument } from "../../actors/customer/credits/grant_document.ts";
import type { Fact } from "../../actors/customer/facts.ts";
import type { CatalogRow } from "../../src/catalog/catalog.ts";
import { assert } from "../../src/errors.ts";
import type { Invoice } from "../../src/invoicing/invoice.ts";
import { decimal } from "../../src/money/decimal.ts";
import { Customer, row } from "./customer.ts";

const flat = (id: string, amount: string, timing: string) =>
  row("price", id, { model: "flat", amount, currency: "USD", timing });
const plan = (id: string, price: string) =>
  row("plan", id, { currency: "USD", prices: [{ id: price, version: 1 }] });

/** Plans at 30 a month in arrears, and at 30 and 60 in advance. */
export const creditCatalog: readonly CatalogRow[] = [
  flat("late_fee", "30", "arrears"),
  flat("basic_fee", "30", "advance"),
  flat("pro_fee", "60", "advance"),
  plan("late", "late_fee"),
  plan("basic", "basic_fee"),
  plan("pro", "pro_fee"),
];

/** Unlimited, paid credit in dollars, with some things otherwise. */
export function give(id: string, amount: string, more: Partial<GivenGrant> = {}): CreditCommand {
  const grant: GivenGrant = {
    id,
    amount: decimal(amount),
    currency: "USD",
    kind: "paid",
    priority: 50,
    effectiveAt: null,
    expiresAt: null,
    productIds: null,
    rollover: null,
    ...more,
  };
  return { type: "grant_credit", grant };
}

/** A customer of 1 February 2026, a month of 28 days, on a plan. */
export function onPlan(planId: string): Customer {
  const ada = new Customer(creditCatalog, "2026-02-01");
  ada.subscribe(planId);
  return ada;
}

export const invoicesOf = (ada: Customer): Invoice[] =>
  ada.ofType("invoice_issued").map((fact) => fact.invoice);
/** total - credit = due of every invoice. */
export const paidBy = (ada: Customer) =>
  invoicesOf(ada).map((one) => `${one.total} - ${one.credits_applied} = ${one.amount_due}`);
/** What happened to credit, such as "applied 30 grant_1". */
export const moved = (ada: Customer): string[] =>
  ada.facts.filter((fact) => fact.type.startsWith("credit_")).map(told);

const told = (fact: Fact): string => {
  const amount = "amount" in fact ? ` ${fact.amount}` : "";
  return `${fact.type.slice("credit_".length)}${amount} ${"grant_id" in fact ? fact.grant_id : ""}`;
};
/** What is left of a grant, and how it stands. */
export const statusOf = (ada: Customer, id: string) => {
  const grant = ada.state.grants.find((g) => g.id === id);
  assert(grant !== undefined, "the grant is in memory");
  const { remaining, status } = grantDocument("cust_1", grant, ada.now);
  return [remaining, status];
};
