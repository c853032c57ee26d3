import { BillingError } from "../../src/errors.ts";
import type { Invoice, LineItem } from "../../src/invoicing/invoice.ts";
import { add, type Decimal, decimal, ZERO } from "../../src/money/decimal.ts";
import { formatMoney } from "../../src/money/money.ts";
import { formatInstant } from "../../src/time/instant.ts";
import type { DecisionContext } from "../actor.ts";
import type { ChangePlan } from "./commands.ts";
import type { Fact } from "./facts.ts";
import { nextDue } from "./next_wake.ts";
import { type CustomerState, findSubscription } from "./state.ts";
import { step } from "./step.ts";
import { invoicesDrafted, tryOut, upcomingInvoice, wakeOnce } from "./upcoming.ts";

/** What a change of plan would do; API.md §3, Subscription. */
export interface ChangePreview {
  effective_at: string;
  /** Of the invoice the change makes at once; none where it waits. */
  line_items: LineItem[];
  /** What it gives back for time paid in advance. */
  credit: string;
  amount_due_now: string;
  /** The invoice that comes next, if nothing more is used. */
  next_invoice: Invoice | null;
}

/**
 * Makes a change on a copy of the customer and tells what came of it: the same code as the change itself, so the
 * same amounts. Throws what the change would be refused with.
 */
export function previewChange(
  state: CustomerState,
  command: ChangePlan,
  ctx: DecisionContext,
): ChangePreview {
  const tried = tryOut(state, ctx);
  const { facts, outcome } = step(tried, command, ctx);
  if (outcome.kind === "refused") throw outcome.error;
  const subscription = findSubscription(tried, command.ref);
  if (subscription === undefined) throw new BillingError("RES_001", "No such subscription");
  const { id, currency } = subscription;
  const drafted = invoicesDrafted(tried, id, facts, ctx.now);
  for (let due = nextDue(tried); due !== null && due.at <= ctx.now; due = nextDue(tried)) {
    drafted.push(...invoicesDrafted(tried, id, wakeOnce(tried, ctx), ctx.now));
  }
  const sum = (amounts: readonly Decimal[]): string => formatMoney(amounts.reduce(add, ZERO), currency);
  return {
    effective_at: formatInstant(effectiveAt(facts, ctx.now)),
    line_items: drafted.flatMap(({ invoice }) => invoice.line_items),
    credit: sum(drafted.flatMap(({ gives }) => gives.map((grant) => grant.amount))),
    amount_due_now: sum(drafted.map(({ invoice }) => decimal(invoice.amount_due))),
    next_invoice: upcomingInvoice(tried, id, ctx),
  };
}

function effectiveAt(facts: readonly Fact[], now: number): number {
  for (const fact of facts) if ("effective_at" in fact) return fact.effective_at;
  return now;
}
