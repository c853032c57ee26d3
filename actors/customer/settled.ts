import type { Catalog } from "../../src/catalog/catalog.ts";
import type { LineItem } from "../../src/invoicing/invoice.ts";
import { type Decimal, decimal, formatDecimal, sub } from "../../src/money/decimal.ts";
import type { Instant } from "../../src/time/instant.ts";
import { contains } from "../../src/time/period.ts";
import {
  decodeCoupons,
  decodeDraft,
  decodePeriod,
  encodeCoupons,
  encodeDraft,
  encodePeriod,
  type StoredCoupon,
  type StoredDraft,
  type StoredPeriod,
} from "./snapshot_parts.ts";
import { type CustomerState, findSubscription } from "./state.ts";
import type { SettledInvoice, SubscriptionState } from "./subscription_state.ts";

const VERSION = 1;

interface StoredSettled {
  readonly v: number;
  readonly draft: StoredDraft;
  readonly periods: readonly StoredPeriod[];
  readonly coupons: readonly StoredCoupon[];
  readonly committed: readonly { start: number; end: number; billed: string }[];
  readonly lines: readonly { readonly item: LineItem; readonly net: string }[];
}

/** What an invoice line comes to after discounts. */
export function netOf(item: Pick<LineItem, "amount" | "discount_amount">): Decimal {
  return sub(decimal(item.amount), decimal(item.discount_amount ?? "0"));
}

/** A settled invoice as JSON text, with a version. */
export function encodeSettled(settled: SettledInvoice): string {
  const stored: StoredSettled = {
    v: VERSION,
    draft: encodeDraft(settled.draft),
    periods: settled.periods.map(encodePeriod),
    coupons: encodeCoupons(settled.coupons),
    committed: settled.committed.map((c) => ({ ...c, billed: formatDecimal(c.billed) })),
    lines: [...settled.lines.values()].map(({ item, net }) => ({ item, net: formatDecimal(net) })),
  };
  return JSON.stringify(stored);
}

/**
 * Puts settled invoices back beside a subscription, so that late usage finds its periods; those already there stay.
 * Remembers the instant they were looked up for, also when there was none.
 */
export function attachSettled(
  state: CustomerState,
  found: { readonly subscriptionId: string; readonly at: Instant; readonly bodies: readonly string[] },
  catalog: Catalog,
): void {
  const subscription = findSubscription(state, found.subscriptionId);
  if (subscription === undefined) return;
  if (!subscription.lookedUp.includes(found.at)) subscription.lookedUp.push(found.at);
  for (const body of found.bodies) {
    const settled = decodeSettled(subscription, JSON.parse(body) as StoredSettled, catalog);
    const isThere = subscription.settled.some((s) => s.draft.id === settled.draft.id);
    if (!isThere) subscription.settled.push(settled);
  }
}

/** What a subscription's settled invoice covers, by the usage periods it closed. */
export function settledBounds({ periods, draft }: SettledInvoice): { start: Instant; end: Instant } {
  const start = periods.reduce((least, p) => Math.min(least, p.start), draft.at);
  return { start, end: periods.reduce((most, p) => Math.max(most, p.end), draft.at) };
}

/** The settled period of a track that an instant falls in, where it has been looked up. */
export function settledPeriod(subscription: SubscriptionState, phase: number, track: number, at: Instant) {
  for (const { periods } of subscription.settled) {
    const found = periods.find((p) => p.phase === phase && p.track === track && contains(p, at));
    if (found !== undefined) return found;
  }
  return undefined;
}

function decodeSettled(
  subscription: SubscriptionState,
  stored: StoredSettled,
  catalog: Catalog,
): SettledInvoice {
  return {
    draft: decodeDraft(stored.draft),
    periods: stored.periods.map((p) => decodePeriod(subscription, p, catalog)),
    coupons: decodeCoupons(stored.coupons, catalog),
    committed: stored.committed.map((c) => ({ ...c, billed: decimal(c.billed) })),
    lines: new Map(stored.lines.map(({ item, net }) => [item.id, { item, net: decimal(net) }])),
    state: "stored",
  };
}
