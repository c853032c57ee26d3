import { BillingError } from "../../src/errors.ts";
import type { Invoice, LineItem } from "../../src/invoicing/invoice.ts";
import { add, type Decimal, decimal, ZERO } from "../../src/money/decimal.ts";
import { formatMoney } from "../../src/money/money.ts";
import { formatInstant, type Instant } from "../../src/time/instant.ts";
import type { DecisionContext } from "../actor.ts";
import type { ChangePlan } from "./commands.ts";
import type { Fact } from "./facts.ts";
import { nextDue } from "./next_wake.ts";
import { periodEnd } from "./plan_change.ts";
import { type CustomerState, findSubscription } from "./state.ts";
import { step } from "./step.ts";
import { invoicesDrafted, tryOut, upcomingInvoice, wakeOnce } from "./upcoming.ts";

/** What a change of plan would do; API.md §3, Subscription. */
export interface ChangePreview {
  effective_at: string;
  /** Of the invoice the change makes when it takes effect; none where that is a period's end. */
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
  const effective = effectiveAt(facts, ctx.now);
  const until = isMidPeriod(state, command, effective) ? { ...ctx, now: Math.max(ctx.now, effective) } : ctx;
  const drafted = invoicesDrafted(tried, id, facts, ctx.now);
  for (let due = nextDue(tried); due !== null && due.at <= until.now; due = nextDue(tried)) {
    const then = { ...ctx, now: Math.max(ctx.now, due.at) };
    const made = invoicesDrafted(tried, id, wakeOnce(tried, then), then.now);
    // Of what comes before the change nothing is its doing.
    if (then.now === until.now) drafted.push(...made);
  }
  const sum = (amounts: readonly Decimal[]): string => formatMoney(amounts.reduce(add, ZERO), currency);
  return {
    effective_at: formatInstant(effective),
    line_items: drafted.flatMap(({ invoice }) => invoice.line_items),
    credit: sum(drafted.flatMap(({ gives }) => gives.map((grant) => grant.amount))),
    amount_due_now: sum(drafted.map(({ invoice }) => decimal(invoice.amount_due))),
    next_invoice: upcomingInvoice(tried, id, until),
  };
}

/** A change at a coming instant within a period is shown as it will be then; one at a period's end bills nothing by itself. */
function isMidPeriod(state: CustomerState, { ref, at }: ChangePlan, effective: Instant): boolean {
  const subscription = findSubscription(state, ref);
  if (typeof at !== "number" || subscription === undefined) return false;
  return periodEnd(subscription, effective - 1) !== effective;
}

function effectiveAt(facts: readonly Fact[], now: number): number {
  for (const fact of facts) if ("effective_at" in fact) return fact.effective_at;
  return now;
}
