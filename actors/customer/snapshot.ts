import type { Catalog } from "../../src/catalog/catalog.ts";
import { assert } from "../../src/errors.ts";
import { decodeAggregate, encodeAggregate } from "../../src/metering/aggregate.ts";
import { decimal, formatDecimal } from "../../src/money/decimal.ts";
import { type Exact, isRatio } from "../../src/money/ratio.ts";
import { planMeters } from "../../src/subscriptions/plan_meters.ts";
import type { CustomerState, LimitState, LineState, PeriodState, SubscriptionState } from "./state.ts";

/** Raised with every change of the stored shape; older versions stay decodable. */
export const SNAPSHOT_VERSION = 1;

/** A customer's state as JSON text; what the catalog can give again is left out. */
export function encodeSnapshot(state: CustomerState): string {
  return JSON.stringify({
    seq: state.seq,
    now: state.now,
    profile: state.profile,
    subscriptions: state.subscriptions.map((s) => ({
      ...s,
      periods: s.periods.map(encodePeriod),
      months: s.months.map((m) => ({
        ...m,
        usage: formatDecimal(m.usage),
        recurring: encodeExact(m.recurring),
      })),
    })),
    limits: state.limits.map((l) => ({
      ...l,
      terms: { ...l.terms, monthlyLimit: formatDecimal(l.terms.monthlyLimit) },
    })),
  });
}

/** The state a snapshot holds. Fails loudly on a version of the future or a plan the catalog does not have. */
export function decodeSnapshot(
  key: { readonly companyId: string; readonly customerId: string },
  version: number,
  text: string,
  catalog: Catalog,
): CustomerState {
  assert(version === SNAPSHOT_VERSION, `snapshot version ${version} can be read`);
  const stored = JSON.parse(text) as StoredState;
  return {
    companyId: key.companyId,
    customerId: key.customerId,
    seq: stored.seq,
    now: stored.now,
    profile: stored.profile,
    subscriptions: stored.subscriptions.map((s) => ({
      ...s,
      periods: s.periods.map((p) => decodePeriod(s, p, catalog)),
      months: s.months.map((m) => ({ ...m, usage: decimal(m.usage), recurring: decodeExact(m.recurring) })),
    })),
    limits: stored.limits.map((l) => ({
      ...l,
      terms: { ...l.terms, monthlyLimit: decimal(l.terms.monthlyLimit) },
    })),
  };
}

interface StoredMonth {
  start: number;
  end: number;
  usage: string;
  recurring: string;
}
type StoredGroup = { key: string; aggregate: unknown; charge: string };
type StoredPeriod = Omit<PeriodState, "meters" | "lines" | "usage" | "recurring"> & {
  lines: ({ groups: StoredGroup[] } | null)[];
  usage: string;
  recurring: string;
};
type StoredSubscription = Omit<SubscriptionState, "periods" | "months"> & {
  periods: StoredPeriod[];
  months: StoredMonth[];
};
type StoredLimit = Omit<LimitState, "terms"> & {
  terms: Omit<LimitState["terms"], "monthlyLimit"> & { monthlyLimit: string };
};
type StoredState = Pick<CustomerState, "seq" | "now" | "profile"> & {
  subscriptions: StoredSubscription[];
  limits: StoredLimit[];
};

function encodePeriod(period: PeriodState): StoredPeriod {
  const { meters: _, ...kept } = period;
  return {
    ...kept,
    lines: period.lines.map((line) => (line === null ? null : { groups: line.groups.map(encodeGroup) })),
    usage: formatDecimal(period.usage),
    recurring: encodeExact(period.recurring),
  };
}

function encodeGroup(group: LineState["groups"][number]): StoredGroup {
  return { key: group.key, aggregate: encodeAggregate(group.aggregate), charge: formatDecimal(group.charge) };
}

function decodePeriod(subscription: StoredSubscription, period: StoredPeriod, catalog: Catalog): PeriodState {
  const plan = catalog.plan(subscription.planId, subscription.planVersion);
  assert(plan !== null, "a subscription's plan version is in the catalog");
  return {
    ...period,
    meters: planMeters(catalog, plan, period.metricVersions),
    lines: period.lines.map((line) => (line === null ? null : { groups: line.groups.map(decodeGroup) })),
    usage: decimal(period.usage),
    recurring: decodeExact(period.recurring),
  };
}

function decodeGroup(group: StoredGroup): LineState["groups"][number] {
  return { key: group.key, aggregate: decodeAggregate(group.aggregate), charge: decimal(group.charge) };
}

/** A decimal as its text, a ratio as "num/den". */
function encodeExact(value: Exact): string {
  return isRatio(value) ? `${value.num}/${value.den}` : formatDecimal(value);
}

function decodeExact(text: string): Exact {
  const [num, den] = text.split("/");
  return den === undefined ? decimal(text) : { num: BigInt(num ?? 0), den: BigInt(den) };
}
