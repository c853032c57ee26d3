import type { Catalog } from "../../src/catalog/catalog.ts";
import { decimal, formatDecimal } from "../../src/money/decimal.ts";
import { readExact, writeExact } from "../../src/money/ratio.ts";
import { resolvedPhase, type StoredPhase } from "./phases.ts";
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
import type { CommittedPeriod, SpendWindow, SubscriptionState } from "./subscription_state.ts";

/** A subscription as stored in a snapshot: numbers as text, what the catalog can give again left out. */
export type StoredSubscription = Omit<
  SubscriptionState,
  "phases" | "periods" | "drafts" | "coupons" | "committed" | "spend" | "settled" | "lookedUp"
> & {
  phases: StoredPhase[];
  periods: StoredPeriod[];
  drafts: StoredDraft[];
  coupons: StoredCoupon[];
  committed: (Omit<CommittedPeriod, "billed"> & { billed: string })[];
  spend: (Omit<SpendWindow, "usage" | "recurring"> & { usage: string; recurring: string })[];
};

export function encodeSubscription(subscription: SubscriptionState): StoredSubscription {
  const { settled: _settled, lookedUp: _lookedUp, ...kept } = subscription;
  return {
    ...kept,
    phases: subscription.phases.map(({ plan: _plan, tracks: _tracks, ...kept }) => kept),
    periods: subscription.periods.map(encodePeriod),
    drafts: subscription.drafts.map(encodeDraft),
    coupons: encodeCoupons(subscription.coupons),
    committed: subscription.committed.map((c) => ({ ...c, billed: formatDecimal(c.billed) })),
    spend: subscription.spend.map((w) => ({
      ...w,
      usage: writeExact(w.usage),
      recurring: writeExact(w.recurring),
    })),
  };
}

export function decodeSubscription(stored: StoredSubscription, catalog: Catalog): SubscriptionState {
  const subscription: SubscriptionState = {
    ...stored,
    phases: stored.phases.map((phase) =>
      resolvedPhase(stored, { ...phase, since: phase.since ?? 0 }, catalog),
    ),
    periods: [],
    drafts: stored.drafts.map(decodeDraft),
    coupons: decodeCoupons(stored.coupons, catalog),
    settled: [],
    lookedUp: [],
    committed: stored.committed.map((c) => ({ ...c, billed: decimal(c.billed) })),
    spend: stored.spend.map((w) => ({ ...w, usage: readExact(w.usage), recurring: readExact(w.recurring) })),
  };
  subscription.periods = stored.periods.map((period) => decodePeriod(subscription, period, catalog));
  return subscription;
}
