import type { Catalog } from "../../src/catalog/catalog.ts";
import { assert } from "../../src/errors.ts";
import { decimal, formatDecimal } from "../../src/money/decimal.ts";
import { readExact, writeExact } from "../../src/money/ratio.ts";
import { decodePriceMeter, encodePriceMeter } from "../../src/subscriptions/price_meter.ts";
import { metersOf } from "./periods.ts";
import type { AppliedCoupon } from "./state.ts";
import {
  type AdvanceCharge,
  type DraftState,
  type GroupState,
  type LineState,
  type PeriodState,
  type SubscriptionState,
  wholePeriod,
} from "./subscription_state.ts";

interface StoredGroup {
  key: string;
  meter: unknown;
  charge: string;
  base: string;
  baseQuantity: string;
}
type StoredLine = { groups: StoredGroup[]; sum: string; charge: string };
/** A period as stored: numbers as text, meters by what they pin. */
export type StoredPeriod = Omit<
  PeriodState,
  "meters" | "whole" | "lines" | "usage" | "recurring" | "billed"
> & {
  lines: (StoredLine | null)[];
  usage: string;
  recurring: string;
  billed: { priceIndex: number; amount: string }[];
};
export type StoredDraft = Omit<DraftState, "advances"> & {
  advances: (Omit<AdvanceCharge, "amount"> & { amount: string })[];
};
export type StoredCoupon = { id: string; version: number; appliedAt: number; used: number };

export function encodeDraft(draft: DraftState): StoredDraft {
  return { ...draft, advances: draft.advances.map((a) => ({ ...a, amount: formatDecimal(a.amount) })) };
}

export function decodeDraft(stored: StoredDraft): DraftState {
  return { ...stored, advances: stored.advances.map((a) => ({ ...a, amount: decimal(a.amount) })) };
}

export function encodeCoupons(coupons: readonly AppliedCoupon[]): StoredCoupon[] {
  return coupons.map(({ coupon: { id, version }, appliedAt, used }) => ({ id, version, appliedAt, used }));
}

export function decodeCoupons(stored: readonly StoredCoupon[], catalog: Catalog): AppliedCoupon[] {
  return stored.map(({ id, version, appliedAt, used }) => {
    const coupon = catalog.coupon(id, version);
    assert(coupon !== null, "a subscription's coupons are in the catalog");
    return { coupon, appliedAt, used };
  });
}

export function encodePeriod(period: PeriodState): StoredPeriod {
  const { meters: _meters, whole: _whole, ...kept } = period;
  return {
    ...kept,
    lines: period.lines.map((line) => (line === null ? null : encodeLine(line))),
    usage: writeExact(period.usage),
    recurring: writeExact(period.recurring),
    billed: period.billed.map((b) => ({ ...b, amount: formatDecimal(b.amount) })),
  };
}

function encodeLine(line: LineState): StoredLine {
  const groups = line.groups.map(({ key, meter, charge, base, baseQuantity }) => ({
    key,
    meter: encodePriceMeter(meter),
    charge: writeExact(charge),
    base: writeExact(base),
    baseQuantity: writeExact(baseQuantity),
  }));
  return { groups, sum: writeExact(line.sum), charge: writeExact(line.charge) };
}

export function decodePeriod(
  subscription: SubscriptionState,
  stored: StoredPeriod,
  catalog: Catalog,
): PeriodState {
  return {
    ...stored,
    whole: wholePeriod(subscription, stored),
    meters: metersOf(catalog, subscription, stored, stored.contractPrices, stored.metricVersions),
    lines: stored.lines.map((line) => (line === null ? null : decodeLine(line))),
    usage: readExact(stored.usage),
    recurring: readExact(stored.recurring),
    billed: stored.billed.map((b) => ({ ...b, amount: decimal(b.amount) })),
  };
}

function decodeLine(line: StoredLine): LineState {
  const groups = line.groups.map(
    ({ key, meter, charge, base, baseQuantity }): GroupState => ({
      key,
      meter: decodePriceMeter(meter),
      charge: readExact(charge),
      base: readExact(base),
      baseQuantity: readExact(baseQuantity),
    }),
  );
  return { groups, sum: readExact(line.sum), charge: readExact(line.charge) };
}
