import type { LineItem } from "../../../src/invoicing/invoice.ts";
import { ledgerScale } from "../../../src/ledger/account.ts";
import type { IssuedInvoice } from "../../../src/ledger/postings/invoice.ts";
import { unitsOf } from "../../../src/ledger/units.ts";
import { decimal } from "../../../src/money/decimal.ts";
import type { Fact, InvoiceIssued } from "../facts.ts";
import { type CustomerState, findSubscription } from "../state.ts";
import { periodOf, type SettledInvoice, type SubscriptionState } from "../subscription_state.ts";
import { addAccrued, addDeferred, isDeferring, type Position, type Positions } from "./positions.ts";

/** An issued invoice as it is posted, and what that does to the customer's positions. */
export interface Issued {
  readonly parts: IssuedInvoice;
  readonly moved: Positions;
}

/**
 * Takes an issued invoice apart for the ledger. @param facts those it was issued among, which hold the credit it gives
 * @param state after them; null where the invoice is not one that was just issued
 */
export function issuedOf(state: CustomerState, facts: readonly Fact[], fact: InvoiceIssued): Issued | null {
  const { invoice } = fact;
  const subscription = findSubscription(state, fact.subscription_id);
  const settled = subscription?.settled.find((s) => s.draft.id === invoice.id);
  if (subscription === undefined || settled === undefined) return null;
  const units = (amount: string | undefined): bigint =>
    amount === undefined ? 0n : unitsOf(decimal(amount), ledgerScale(invoice.currency));
  const moved = new Map<string, Position>();
  addAccrued(moved, subscription, settled.periods, settled.draft.pending);
  const accrued = [...moved.values()].reduce((sum, position) => sum + position.units, 0n);
  const taken = negated(moved);

  const waited = new Set(settled.draft.pending.map(({ item }) => item.id));
  const sums = { usage: 0n, discount: 0n, carriedOver: 0n };
  const recurring = new Map<string, bigint>();
  const minimums = new Map<string, bigint>();
  for (const item of invoice.line_items) {
    const amount = units(item.amount);
    sums.discount += units(item.discount_amount);
    const product = item.product_id ?? "";
    switch (waited.has(item.id) ? "usage" : placeOf(item)) {
      case "usage":
        sums.usage += amount;
        break;
      case "minimum":
        minimums.set(product, (minimums.get(product) ?? 0n) + amount);
        break;
      case "credit":
        sums.carriedOver += amount;
        break;
      case "recurring":
        recurring.set(product, (recurring.get(product) ?? 0n) + amount);
    }
  }
  const deferred = deferredOf(subscription, settled, recurring, taken);
  const given = facts.reduce((sum, f) => {
    return f.type === "credit_granted" && f.invoice_id === invoice.id ? sum + units(f.amount) : sum;
  }, 0n);
  const used = usedOf(state, invoice.credits ?? [], units);
  return {
    parts: {
      customerId: state.customerId,
      subscriptionId: subscription.id,
      ...sums,
      ...used,
      accrued,
      recurring,
      minimums,
      deferred,
      tax: new Map([["", units(invoice.tax_total)]]),
      unusedCredit: given - sums.carriedOver,
    },
    moved: taken,
  };
}

/** What a line made for this invoice is posted as. What a price's maximum takes off is usage: the accrual is capped too. */
function placeOf({ type, price_id }: LineItem): "usage" | "minimum" | "credit" | "recurring" {
  switch (type) {
    case "usage":
    case "adjustment":
      return "usage";
    case "minimum":
      return price_id === null ? "recurring" : "minimum";
    case "credit":
      return "credit";
    default:
      return "recurring";
  }
}

/** Takes what is billed in advance for time that is not over out of what is earned at once. */
function deferredOf(
  subscription: SubscriptionState,
  settled: SettledInvoice,
  recurring: Map<string, bigint>,
  moved: Map<string, Position>,
): bigint {
  let sum = 0n;
  const { currency } = subscription;
  for (const advance of settled.draft.advances) {
    const period = periodOf(subscription, advance);
    if (period === undefined || !isDeferring(period)) continue;
    const product = period.meters.prices[advance.priceIndex]?.productId ?? "";
    const amount = unitsOf(advance.amount, ledgerScale(currency));
    sum += amount;
    recurring.set(product, (recurring.get(product) ?? 0n) - amount);
    addDeferred(moved, currency, subscription.id, product, amount);
  }
  return sum;
}

function usedOf(
  state: CustomerState,
  credits: readonly { readonly grant_id: string; readonly amount: string }[],
  units: (amount: string) => bigint,
) {
  const used = { paidCredit: 0n, promotionalCredit: 0n };
  for (const { grant_id, amount } of credits) {
    const kind = state.grants.find((grant) => grant.id === grant_id)?.kind ?? "paid";
    used[kind === "paid" ? "paidCredit" : "promotionalCredit"] += units(amount);
  }
  return used;
}

function negated(positions: Positions): Map<string, Position> {
  return new Map([...positions].map(([name, position]) => [name, { ...position, units: -position.units }]));
}
