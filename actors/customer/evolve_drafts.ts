import type { Catalog } from "../../src/catalog/catalog.ts";
import { assert, assertNever } from "../../src/errors.ts";
import { add } from "../../src/money/decimal.ts";
import { evolveAdjusted } from "./adjustments.ts";
import { advanceCharges } from "./advance.ts";
import { assembleInvoice } from "./assemble.ts";
import { addCommitted } from "./commitment.ts";
import { addToContracts } from "./contract_invoices.ts";
import type {
  Fact,
  InvoiceDrafted,
  InvoiceHeld,
  InvoiceIssued,
  PeriodClosed,
  PeriodOpened,
  UsageAdjusted,
} from "./facts.ts";
import { isEmptyDraft } from "./invoice_lines.ts";
import { periodFrom } from "./periods.ts";
import { netOf } from "./settled.ts";
import { addSpend } from "./spend.ts";
import { type CustomerState, findSubscription } from "./state.ts";
import {
  type DraftState,
  periodOf,
  phaseAt,
  phaseOf,
  type SettledInvoice,
  type SubscriptionState,
} from "./subscription_state.ts";

type DraftFact =
  | PeriodOpened
  | InvoiceDrafted
  | PeriodClosed
  | InvoiceIssued
  | InvoiceHeld
  | UsageAdjusted
  | Extract<Fact, { type: "line_pending" }>;

/** Applies what happens to a subscription's periods and invoices. */
export function evolveDrafts(state: CustomerState, fact: DraftFact, catalog: Catalog): void {
  const subscription = findSubscription(state, fact.subscription_id);
  assert(subscription !== undefined, "a fact names a subscription of its customer");
  subscription.updatedAt = fact.at;
  switch (fact.type) {
    case "period_opened": {
      const period = periodFrom(subscription, fact, catalog);
      subscription.periods = [...subscription.periods, period].sort(
        (a, b) => a.phase - b.phase || a.start - b.start || a.track - b.track,
      );
      const at = { occurred: period.start, now: fact.at };
      return addSpend(state, subscription, at, period.usage, period.recurring);
    }
    case "invoice_drafted":
      return draft(state, subscription, fact);
    case "period_closed": {
      const period = periodOf(subscription, { phase: 0, track: 0, k: fact.k });
      assert(period !== undefined, "a period is open before it closes");
      const closes = [{ phase: 0, track: 0, k: fact.k, recurringOnly: false }];
      const { at, invoice_id, issue_at, subscription_id } = fact;
      const settles = {
        settles_at: Math.min(period.end, subscription.endsAt ?? period.end),
        closes,
        advances: [],
      };
      return draft(state, subscription, {
        type: "invoice_drafted",
        at,
        invoice_id,
        issue_at,
        subscription_id,
        ...settles,
      });
    }
    case "invoice_issued":
      return issue(state, subscription, fact);
    case "invoice_held": {
      const held = subscription.drafts.find((d) => d.id === fact.invoice_id);
      assert(held !== undefined, "a held invoice is a draft");
      held.isHeld = true;
      return;
    }
    case "usage_adjusted":
      return evolveAdjusted(subscription, fact);
    case "line_pending":
      subscription.pending.push(fact.line);
      return;
    default:
      assertNever(fact);
  }
}

function draft(state: CustomerState, subscription: SubscriptionState, fact: InvoiceDrafted): void {
  for (const close of fact.closes) {
    const period = periodOf(subscription, close);
    assert(period !== undefined, "a period is open before it closes");
    const phase = phaseOf(subscription, close.phase);
    phase.openK[close.track] = Math.max(phase.openK[close.track] ?? 0, close.k + 1);
    if (close.recurringOnly) period.recurringSettled = true;
    else period.draftId = fact.invoice_id;
  }
  const advances = fact.advances.flatMap((ref) => {
    const period = periodOf(subscription, ref);
    return period === undefined ? [] : advanceCharges(subscription, period);
  });
  for (const charge of advances) {
    const period = periodOf(subscription, charge);
    const billed = period?.billed.find((b) => b.priceIndex === charge.priceIndex);
    if (billed === undefined) period?.billed.push({ priceIndex: charge.priceIndex, amount: charge.amount });
    else billed.amount = add(billed.amount, charge.amount);
  }
  const made = {
    id: fact.invoice_id,
    at: fact.settles_at,
    createdAt: fact.at,
    issueAt: fact.issue_at,
    closes: fact.closes,
    advances,
    pending: subscription.pending,
  };
  subscription.draftCount += 1;
  if (isEmpty(state, subscription, made, fact.at)) {
    // Everything was billed in advance: there is nothing to invoice.
    subscription.periods = subscription.periods.filter((p) => p.draftId !== fact.invoice_id);
    return;
  }
  subscription.drafts.push(made);
  subscription.pending = [];
}

/** True for a draft without anything to show: no lines, no credit to give and no commitment to make up for. */
function isEmpty(
  state: CustomerState,
  subscription: SubscriptionState,
  made: DraftState,
  now: number,
): boolean {
  if (!isEmptyDraft(subscription, made)) return false;
  if (phaseAt(subscription, made.at - 1).plan.commitment === null) return true;
  return assembleInvoice(state, subscription, made, now).invoice.line_items.length === 0;
}

function settledOf(
  subscription: SubscriptionState,
  draft: DraftState,
  invoice: InvoiceIssued["invoice"],
): SettledInvoice {
  const { coupons, committed } = subscription;
  return {
    draft,
    periods: subscription.periods.filter((p) => p.draftId === draft.id),
    coupons: coupons.map((coupon) => ({ ...coupon })),
    committed: committed.map((c) => ({ ...c })),
    lines: new Map(
      invoice.line_items
        .filter((item) => item.type !== "credit")
        .map((item) => [item.id, { item, net: netOf(item) }]),
    ),
    state: "changed",
  };
}

/** An issued invoice leaves memory with the periods it settled; what it counted towards is remembered. */
function issue(state: CustomerState, subscription: SubscriptionState, fact: InvoiceIssued): void {
  const { invoice } = fact;
  const issued = subscription.drafts.find((d) => d.id === invoice.id);
  assert(issued !== undefined, "an invoice is a draft before it is issued");
  subscription.settled.push(settledOf(subscription, issued, invoice));
  addCommitted(subscription, invoice);
  addToContracts(state, invoice);
  for (const used of invoice.discounts ?? []) {
    const applied = subscription.coupons.find((c) => c.coupon.id === used.coupon_id);
    if (applied !== undefined) applied.used += 1;
  }
  subscription.periods = subscription.periods.filter((p) => p.draftId !== issued.id);
  subscription.drafts = subscription.drafts.filter((d) => d.id !== issued.id);
}
