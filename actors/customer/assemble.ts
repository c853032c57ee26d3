import { burnDown } from "../../src/credits/burn_down.ts";
import type { Grant } from "../../src/credits/grant.ts";
import { derivedId } from "../../src/ids.ts";
import { type Discounts, discountsOn } from "../../src/invoicing/discount.ts";
import type { Invoice, LineItem } from "../../src/invoicing/invoice.ts";
import { add, compare, type Decimal, decimal, fromInteger, mul, sub, ZERO } from "../../src/money/decimal.ts";
import { formatMoney, roundMoney } from "../../src/money/money.ts";
import { ratio } from "../../src/money/ratio.ts";
import { formatInstant, type Instant, parseInstant } from "../../src/time/instant.ts";
import { commitmentsDue, committedIn, netIn } from "./commitment.ts";
import { advanceLine, type Line, periodLines, unusedCredit } from "./invoice_lines.ts";
import { draftsBefore, type Standing, standingAfter } from "./standing.ts";
import type { CustomerState } from "./state.ts";
import {
  anyPeriodOf,
  type DraftState,
  effectiveEnd,
  periodOf,
  type SubscriptionState,
} from "./subscription_state.ts";

/** An invoice as it stands, with the credit it gives when it is issued. */
export interface Assembled {
  readonly invoice: Invoice;
  /** Credit for unused time, of which the invoice may already use some, and for what would be below zero. */
  readonly gives: readonly Grant[];
}

/** A line with its share of the discounts taken off, and its tax. */
interface NetLine extends Line {
  readonly discount: Decimal;
  readonly net: Decimal;
  readonly tax: Decimal;
}

/**
 * The invoice of a draft as it will be when its turn comes: coupons, commitments and credit are what the drafts
 * issued before it leave. Live preview, draft, issue and simulation are all this function. Amounts are
 * rounded once, line by line; totals are sums of rounded lines. The order is that of DESIGN §6: usage and recurring
 * lines, discounts, the rest of a commitment, tax on the net, credit grants.
 *
 * @param taxRate percent of the net, or null where nothing is taxed
 */
export function assembleInvoice(
  state: CustomerState,
  subscription: SubscriptionState,
  draft: DraftState,
  now: Instant,
  taxRate: Decimal | null = null,
): Assembled {
  const standing = standingOf(state, subscription, draft, now);
  return assembledIn(standing, state, subscription, draft, now, taxRate);
}

/**
 * The invoice of a draft that is issued now, whichever drafts were to go before it: one that is held, or passed over on
 * request, has left nothing yet.
 */
export function assembleIssued(
  state: CustomerState,
  subscription: SubscriptionState,
  draft: DraftState,
  now: Instant,
): Assembled {
  const { coupons, committed } = subscription;
  return assembledIn({ coupons, committed, grants: state.grants }, state, subscription, draft, now, null);
}

/** What the drafts that go before one leave to it. */
function standingOf(
  state: CustomerState,
  subscription: SubscriptionState,
  draft: DraftState,
  now: Instant,
): Standing {
  const { coupons, committed } = subscription;
  let standing: Standing = { coupons, committed, grants: state.grants };
  for (const before of draftsBefore(subscription, draft)) {
    const made = assembledIn(standing, state, subscription, before, now, null);
    standing = standingAfter(subscription, standing, made);
  }
  return standing;
}

function assembledIn(
  standing: Standing,
  state: CustomerState,
  subscription: SubscriptionState,
  draft: DraftState,
  now: Instant,
  taxRate: Decimal | null,
): Assembled {
  const { currency } = subscription;
  const raw = linesOf(subscription, draft);
  const discounts = discountsOn(raw, standing.coupons, currency);
  const nets = raw.map((line, index) => netLine(line, discounts.byLine[index] ?? ZERO, currency, taxRate));
  for (const rest of commitmentLines(standing, subscription, draft, nets))
    nets.push(netLine(rest, ZERO, currency, taxRate));
  const sum = (of: (line: NetLine) => Decimal): Decimal =>
    nets.reduce((all, line) => add(all, of(line)), ZERO);
  const owed = add(
    sum((l) => l.net),
    sum((l) => l.tax),
  );
  const below = compare(owed, ZERO) < 0 ? sub(ZERO, owed) : ZERO;
  if (compare(below, ZERO) > 0)
    nets.push(netLine(creditLine(subscription, draft, below), ZERO, currency, null));
  const unused = unusedGrants(subscription, draft, now);
  const due = nets.map((line) => ({ productId: line.productId, due: add(line.net, line.tax) }));
  const { applied, total: credited } = burnDown([...standing.grants, ...unused], due, currency, now);
  const total = compare(below, ZERO) > 0 ? ZERO : owed;
  const money = (amount: Decimal): string => formatMoney(amount, currency);
  const invoice: Invoice = {
    id: draft.id === "" ? null : draft.id,
    number: null,
    customer_id: state.customerId,
    subscription_id: subscription.id,
    status: "draft",
    currency,
    ...boundsOf(subscription, draft),
    line_items: nets.map((line) => itemOf(line, currency)),
    subtotal: money(sum((l) => l.amount)),
    discount_total: money(sum((l) => l.discount)),
    tax_total: money(sum((l) => l.tax)),
    total: money(total),
    credits_applied: money(credited),
    amount_paid: money(ZERO),
    amount_due: money(sub(total, credited)),
    discounts: shownDiscounts(discounts, money),
    credits: applied.map(({ grantId, amount }) => ({ grant_id: grantId, amount: money(amount) })),
    issued_at: null,
    due_at: null,
  };
  return { invoice, gives: [...unused, ...grantOf(subscription, draft, "below", below, now)] };
}

function linesOf(subscription: SubscriptionState, draft: DraftState): Line[] {
  const lines: Line[] = [];
  for (const close of draft.closes) {
    const period = anyPeriodOf(subscription, close);
    if (period === undefined) continue;
    const recurring = close.recurringOnly || !period.recurringSettled;
    lines.push(...periodLines(subscription, period, { recurring, usage: !close.recurringOnly }));
  }
  for (const [nth, charge] of draft.advances.entries()) {
    const period = anyPeriodOf(subscription, charge);
    const line =
      period === undefined ? null : advanceLine(subscription, period, charge, `${draft.id} ${nth}`);
    if (line !== null) lines.push(line);
  }
  for (const { item, productId } of draft.pending)
    lines.push({ item, amount: decimal(item.amount), productId, isNet: true });
  return lines;
}

function netLine(line: Line, discount: Decimal, currency: string, taxRate: Decimal | null): NetLine {
  const net = sub(line.amount, discount);
  const tax = taxRate === null ? ZERO : roundMoney(ratio(mul(net, taxRate), fromInteger(100)), currency);
  return { ...line, discount, net, tax };
}

/** What is missing to the commitments that end with this draft. */
function commitmentLines(
  standing: Standing,
  subscription: SubscriptionState,
  draft: DraftState,
  nets: readonly NetLine[],
): Line[] {
  const settled = draft.closes.flatMap((close) =>
    close.recurringOnly ? [] : (anyPeriodOf(subscription, close) ?? []),
  );
  if (settled.length === 0) return [];
  return commitmentsDue(subscription, settled, draft.at).flatMap(({ period, amount: committed }) => {
    const billed = add(committedIn(standing.committed, period), netIn(period, nets));
    const amount = sub(committed, billed);
    if (compare(amount, ZERO) <= 0) return [];
    return [plainLine(subscription, draft, "minimum", "Minimum commitment", amount, period)];
  });
}

function creditLine(subscription: SubscriptionState, draft: DraftState, amount: Decimal): Line {
  const text = "Carried over as credit";
  return plainLine(subscription, draft, "credit", text, amount, { start: draft.at, end: draft.at });
}

function plainLine(
  subscription: SubscriptionState,
  draft: DraftState,
  type: LineItem["type"],
  description: string,
  amount: Decimal,
  bounds: { readonly start: Instant; readonly end: Instant },
): Line {
  return {
    item: {
      id: derivedId("li", bounds.start, subscription.id, type, draft.id, String(draft.at)),
      type,
      price_id: null,
      description,
      quantity: "1",
      unit_amount: null,
      amount: formatMoney(amount, subscription.currency),
      period_start: formatInstant(bounds.start),
      period_end: formatInstant(bounds.end),
    },
    amount,
    productId: null,
  };
}

/** Credit a change of plan gives for time paid in advance: there as soon as the invoice of the change is. */
function unusedGrants(subscription: SubscriptionState, draft: DraftState, now: Instant): Grant[] {
  let amount = ZERO;
  for (const close of draft.closes) {
    const period = periodOf(subscription, close);
    if (period !== undefined && (close.recurringOnly || !period.recurringSettled))
      amount = add(amount, unusedCredit(subscription, period));
  }
  return grantOf(subscription, draft, "unused", amount, now);
}

function grantOf(
  subscription: SubscriptionState,
  draft: DraftState,
  why: "unused" | "below",
  amount: Decimal,
  now: Instant,
): Grant[] {
  if (compare(amount, ZERO) <= 0) return [];
  return [
    {
      id: derivedId("grant", draft.at, subscription.id, draft.id, why),
      amount,
      remaining: amount,
      currency: subscription.currency,
      kind: "paid",
      priority: 1,
      effectiveAt: now,
      expiresAt: null,
      productIds: null,
      createdAt: now,
      rollover: null,
    },
  ];
}

function itemOf(line: NetLine, currency: string): LineItem {
  return {
    ...line.item,
    ...(compare(line.discount, ZERO) === 0 ? {} : { discount_amount: formatMoney(line.discount, currency) }),
    tax_amount: formatMoney(line.tax, currency),
  };
}

function shownDiscounts({ byCoupon }: Discounts, money: (amount: Decimal) => string) {
  return byCoupon.map(({ coupon, amount }) => ({
    coupon_id: coupon.id,
    coupon_key: coupon.key,
    amount: money(amount),
  }));
}

/** What an invoice covers: the periods it settles, else the time it bills in advance, else an instant. */
function boundsOf(
  subscription: SubscriptionState,
  draft: DraftState,
): { period_start: string; period_end: string } {
  const settled = draft.closes.flatMap((close) => periodOf(subscription, close) ?? []);
  let spans = settled.map((p) => ({ start: p.start, end: effectiveEnd(subscription, p) }));
  if (spans.length === 0) spans = draft.advances.map(({ from, to }) => ({ start: from, end: to }));
  if (spans.length === 0) {
    spans = draft.pending.map(({ item }) => ({
      start: parseInstant(item.period_start) ?? draft.at,
      end: parseInstant(item.period_end) ?? draft.at,
    }));
  }
  const start = spans.reduce((least, span) => Math.min(least, span.start), spans[0]?.start ?? draft.at);
  const end = spans.reduce((most, span) => Math.max(most, span.end), spans[0]?.end ?? draft.at);
  return { period_start: formatInstant(start), period_end: formatInstant(end) };
}
