import type { Invoice } from "../../../src/invoicing/invoice.ts";
import { add, type Decimal, ZERO } from "../../../src/money/decimal.ts";
import { type Instant, parseInstant } from "../../../src/time/instant.ts";
import { netOf } from "../settled.ts";
import { type ContractState, commitmentPeriod, type Invoiced, lastEnd } from "./contract.ts";

/**
 * What an issued invoice's lines count towards commitments, each with when what it bills begins: their amounts net
 * of discounts, without what commitments themselves were billed and without what was carried over as credit.
 */
export function invoicedBy({ line_items }: Pick<Invoice, "line_items">): Invoiced[] {
  return line_items
    .filter((item) => item.type !== "credit" && item.contract_id === undefined)
    .map((item) => ({ start: parseInstant(item.period_start) ?? 0, amount: netOf(item) }));
}

/** Counts what was invoiced, each amount once: towards the commitment period that it begins in. */
export function countInvoiced(contract: ContractState, invoiced: readonly Invoiced[]): void {
  const over = lastEnd(contract);
  const period = commitmentPeriod(contract);
  if (period === null) return;
  const ahead = new Map(contract.ahead.map(({ start, amount }) => [start, amount]));
  for (const { start, amount } of invoiced) {
    if (start < period.start || (over !== null && start >= over)) continue;
    if (start < period.end) contract.billed = add(contract.billed, amount);
    else ahead.set(start, add(ahead.get(start) ?? ZERO, amount));
  }
  contract.ahead = listed(ahead);
}

/** Begins the commitment period after one that has been settled. */
export function settlePeriod(contract: ContractState, end: Instant): void {
  contract.committedFrom = end;
  contract.termsOver = contract.termsOver.filter((term) => term.end > end);
  contract.billed = ZERO;
  const { ahead } = contract;
  contract.ahead = [];
  countInvoiced(contract, ahead);
}

function listed(amounts: ReadonlyMap<Instant, Decimal>): Invoiced[] {
  return [...amounts].map(([start, amount]) => ({ start, amount }));
}
