import { derivedId } from "../../src/ids.ts";
import type { LineItem } from "../../src/invoicing/invoice.ts";
import { add, compare, type Decimal, decimal, sub, ZERO } from "../../src/money/decimal.ts";
import { formatMoney } from "../../src/money/money.ts";
import type { DecisionContext } from "../actor.ts";
import { assembleInvoice } from "./assemble.ts";
import type { Fact, UsageAdjusted } from "./facts.ts";
import { netOf } from "./settled.ts";
import type { CustomerState } from "./state.ts";
import type { PendingLine, SettledInvoice, SubscriptionState } from "./subscription_state.ts";

/**
 * What usage in settled periods changes: every stale invoice is rated again, minimums, tiers and discounts included,
 * and the difference of each line to what has been billed waits for the next invoice.
 */
export function adjustmentFacts(state: CustomerState, ctx: DecisionContext): Fact[] {
  return state.subscriptions.flatMap((subscription) =>
    subscription.settled.flatMap((settled) =>
      settled.state === "stale" ? adjusted(state, subscription, settled, ctx) : [],
    ),
  );
}

/** Applies an adjustment: its lines join those that wait, one for each line of the original invoice. */
export function evolveAdjusted(subscription: SubscriptionState, fact: UsageAdjusted): void {
  const settled = subscription.settled.find((s) => s.draft.id === fact.invoice_id);
  for (const line of fact.lines) {
    const { item, of } = line;
    const amount = decimal(item.amount);
    const billed = settled?.lines.get(of);
    if (billed !== undefined) billed.net = add(billed.net, amount);
    else settled?.lines.set(of, { item: { ...item, id: of, tax_amount: "0" }, net: amount });
    const known = subscription.pending.find((p) => p.item.id === item.id);
    const total = add(known === undefined ? ZERO : decimal(known.item.amount), amount);
    subscription.pending = subscription.pending.filter((p) => p !== known);
    if (compare(total, ZERO) === 0) continue;
    const merged = { ...item, amount: formatMoney(total, subscription.currency) };
    subscription.pending = [...subscription.pending, { item: merged, productId: line.productId }];
  }
  if (settled !== undefined) settled.state = "changed";
}

function adjusted(
  state: CustomerState,
  subscription: SubscriptionState,
  settled: SettledInvoice,
  ctx: DecisionContext,
): Fact[] {
  // As it was: with the coupons and commitment of its time, and no drafts before it.
  const then = {
    ...subscription,
    coupons: [...settled.coupons],
    committed: [...settled.committed],
    drafts: [],
  };
  const { invoice } = assembleInvoice(state, then, settled.draft, ctx.now);
  const lines = new Map<string, LineItem>();
  for (const item of invoice.line_items) if (item.type !== "credit") lines.set(item.id, item);
  const changes: UsageAdjusted["lines"] = [];
  for (const id of new Set([...lines.keys(), ...settled.lines.keys()])) {
    const item = lines.get(id);
    const billed = settled.lines.get(id);
    const change = sub(item === undefined ? ZERO : netOf(item), billed?.net ?? ZERO);
    const about = item ?? billed?.item;
    if (about === undefined || compare(change, ZERO) === 0) continue;
    changes.push({ ...adjustmentLine(subscription, settled, about, change), of: id });
  }
  return [
    {
      type: "usage_adjusted",
      at: ctx.now,
      subscription_id: subscription.id,
      invoice_id: settled.draft.id,
      lines: changes,
    },
  ];
}

function adjustmentLine(
  subscription: SubscriptionState,
  settled: SettledInvoice,
  about: LineItem,
  change: Decimal,
): PendingLine {
  const { tax_amount: _tax, discount_amount: _discount, tiers: _tiers, cells: _cells, ...own } = about;
  const days = `${about.period_start.slice(0, 10)} to ${about.period_end.slice(0, 10)}`;
  return {
    item: {
      ...own,
      id: derivedId("li", settled.draft.at, about.id, "adjustment", settled.draft.id),
      type: "adjustment",
      description: `${about.description}: adjustment for ${days}`,
      quantity: "1",
      unit_amount: null,
      amount: formatMoney(change, subscription.currency),
    },
    productId: about.product_id ?? null,
  };
}
