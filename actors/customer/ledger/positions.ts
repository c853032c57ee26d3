import type { LineItem } from "../../../src/invoicing/invoice.ts";
import { ledgerScale } from "../../../src/ledger/account.ts";
import { unitsOf } from "../../../src/ledger/units.ts";
import { add, type Decimal, decimal, sub, ZERO } from "../../../src/money/decimal.ts";
import { addExact, compareExact, type Exact, signExact } from "../../../src/money/ratio.ts";
import type { PlanMeters } from "../../../src/subscriptions/plan_meters.ts";
import { spendIn } from "../spend.ts";
import type { CustomerState } from "../state.ts";
import type { PendingLine, PeriodState, SubscriptionState } from "../subscription_state.ts";
import { lineOf } from "../touch.ts";

/** What the ledger is to hold of something, in units of its ledger. */
export type Position =
  /** Earned and not invoiced. */
  | {
      readonly kind: "accrued";
      readonly currency: string;
      readonly revenue: "usageRevenue" | "recurringRevenue";
      readonly productId: string;
      readonly units: bigint;
    }
  /** Invoiced in advance and not earned. */
  | {
      readonly kind: "deferred";
      readonly currency: string;
      readonly subscriptionId: string;
      readonly productId: string;
      readonly units: bigint;
    }
  /** A spend limit in its window: what it allows, and what of that is used. */
  | {
      readonly kind: "budget";
      readonly currency: string;
      readonly limitId: string;
      readonly window: string;
      readonly units: bigint;
      readonly used: bigint;
    };

/** Positions by name; none of nothing. They follow from the state alone: the ledger is told how they change. */
export type Positions = ReadonlyMap<string, Position>;

/** What the ledger is to hold of a customer's open charges and limits. */
export function positionsOf(state: CustomerState): Positions {
  const positions = new Map<string, Position>();
  for (const subscription of state.subscriptions) {
    const { currency, drafts } = subscription;
    addAccrued(positions, subscription, subscription.periods, subscription.pending);
    for (const draft of drafts) addAccrued(positions, subscription, [], draft.pending);
    for (const period of subscription.periods) {
      if (!isDeferring(period)) continue;
      for (const { priceIndex, amount } of period.billed) {
        const productId = period.meters.prices[priceIndex]?.productId ?? "";
        const due = sub(amount, notIssued(subscription, period, priceIndex));
        addDeferred(positions, currency, subscription.id, productId, unitsOf(due, ledgerScale(currency)));
      }
    }
  }
  for (const limit of state.limits) {
    const { currency, monthlyLimit } = limit.terms;
    const scale = ledgerScale(currency);
    const spend = spendIn(state, limit);
    const used = signExact(spend) < 0 ? ZERO : compareExact(spend, monthlyLimit) > 0 ? monthlyLimit : spend;
    const window = String(limit.window.start);
    positions.set(`budget ${limit.id} ${window}`, {
      kind: "budget",
      currency,
      limitId: limit.id,
      window,
      units: unitsOf(monthlyLimit, scale),
      used: unitsOf(used, scale),
    });
  }
  return positions;
}

/** True for a period that what is billed in advance for it is still to be earned in. */
export function isDeferring(period: PeriodState): boolean {
  return period.draftId === null && !period.recurringSettled;
}

/** Adds what these periods and waiting lines have earned, cut to the ledger's scale period by period. */
export function addAccrued(
  positions: Map<string, Position>,
  subscription: SubscriptionState,
  periods: readonly PeriodState[],
  pending: readonly PendingLine[],
): void {
  const { currency } = subscription;
  const scale = ledgerScale(currency);
  const accrue = (revenue: "usageRevenue" | "recurringRevenue", productId: string, amount: Exact): void => {
    const units = unitsOf(amount, scale);
    if (units === 0n) return;
    const name = `accrued ${currency} ${revenue} ${productId}`;
    const before = positions.get(name)?.units ?? 0n;
    put(positions, name, { kind: "accrued", currency, revenue, productId, units: before + units });
  };
  for (const period of periods) {
    const only = onlyProduct(period.meters);
    if (only !== null) {
      accrue("usageRevenue", only, period.usage);
      continue;
    }
    for (const [productId, amount] of byProduct(subscription, period))
      accrue("usageRevenue", productId, amount);
  }
  for (const { item, productId } of pending) accrue(revenueOf(item), productId ?? "", decimal(item.amount));
}

/** What a line that waited earns: what is measured is usage, all else recurs. */
function revenueOf(item: Pick<LineItem, "metric_key">): "usageRevenue" | "recurringRevenue" {
  return item.metric_key === undefined ? "recurringRevenue" : "usageRevenue";
}

function byProduct(subscription: SubscriptionState, period: PeriodState): Map<string, Exact> {
  const sums = new Map<string, Exact>();
  for (const index of period.meters.own) {
    if (!period.meters.metrics[index]) continue;
    const productId = period.meters.prices[index]?.productId ?? "";
    sums.set(productId, addExact(sums.get(productId) ?? ZERO, lineOf(subscription, period, index).charge));
  }
  return sums;
}

const onlyProducts = new WeakMap<PlanMeters, { readonly productId: string | null }>();

/** The product that all measured prices of a period are of, as almost always; null where there are several. */
function onlyProduct(meters: PlanMeters): string | null {
  const known = onlyProducts.get(meters);
  if (known !== undefined) return known.productId;
  const measured = [...meters.own].filter((index) => meters.metrics[index]);
  const products = new Set(measured.map((index) => meters.prices[index]?.productId ?? ""));
  const found = { productId: products.size > 1 ? null : ([...products][0] ?? "") };
  onlyProducts.set(meters, found);
  return found.productId;
}

/** What is billed in advance by drafts that have not been issued: the ledger does not know of it. */
function notIssued(subscription: SubscriptionState, period: PeriodState, priceIndex: number): Decimal {
  let sum = ZERO;
  for (const { advances } of subscription.drafts) {
    for (const advance of advances) {
      const { phase, track, k } = advance;
      const isIts = phase === period.phase && track === period.track && k === period.k;
      if (isIts && advance.priceIndex === priceIndex) sum = add(sum, advance.amount);
    }
  }
  return sum;
}

/** Adds to what a subscription was billed in advance. */
export function addDeferred(
  positions: Map<string, Position>,
  currency: string,
  subscriptionId: string,
  productId: string,
  units: bigint,
): void {
  const name = `deferred ${subscriptionId} ${productId}`;
  const before = positions.get(name)?.units ?? 0n;
  put(positions, name, { kind: "deferred", currency, subscriptionId, productId, units: before + units });
}

function put(positions: Map<string, Position>, name: string, position: Position): void {
  if (position.units === 0n) positions.delete(name);
  else positions.set(name, position);
}
