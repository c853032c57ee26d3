import type { Catalog } from "../../src/catalog/catalog.ts";
import { assert } from "../../src/errors.ts";
import { add, decimal, formatDecimal, ZERO } from "../../src/money/decimal.ts";
import type { PeriodRule } from "../../src/time/calendar.ts";
import type { StoredPhase } from "./phases.ts";
import type { CustomerProfile } from "./profile.ts";
import { decodeLimit, type StoredLimit } from "./snapshot.ts";
import { decodeSubscription, type StoredSubscription } from "./snapshot_subscription.ts";
import { type CustomerState, newCustomerState } from "./state.ts";
import type { SubscriptionState } from "./subscription_state.ts";

/** A period of the first version, which had one plan, one interval and all prices in arrears. */
interface FirstPeriod {
  k: number;
  start: number;
  end: number;
  metricVersions: number[];
  lines: ({ groups: { key: string; aggregate: unknown; charge: string }[] } | null)[];
  usage: string;
  recurring: string;
  draft: { invoiceId: string; issueAt: number; createdAt: number } | null;
}

interface FirstSubscription
  extends Pick<
    SubscriptionState,
    | "id"
    | "externalId"
    | "metadata"
    | "createdAt"
    | "updatedAt"
    | "endsAt"
    | "canceledAt"
    | "started"
    | "ended"
  > {
  planId: string;
  planVersion: number;
  currency: string;
  rule: PeriodRule;
  openK: number;
  periods: FirstPeriod[];
  months: { start: number; end: number; usage: string; recurring: string }[];
}

interface FirstState {
  seq: number;
  now: number;
  profile: CustomerProfile | null;
  subscriptions: FirstSubscription[];
  limits: StoredLimit[];
}

/** Reads a snapshot of version 1 as if it had been taken in the present shape. */
export function decodeFirstSnapshot(
  key: { readonly companyId: string; readonly customerId: string },
  text: string,
  catalog: Catalog,
): CustomerState {
  const { seq, now, profile, subscriptions, limits } = JSON.parse(text) as FirstState;
  return {
    ...newCustomerState(key.companyId, key.customerId),
    seq,
    now,
    profile,
    subscriptions: subscriptions.map((s) => decodeSubscription(inPresentShape(s, catalog), catalog)),
    limits: limits.map(decodeLimit),
  };
}

function inPresentShape(first: FirstSubscription, catalog: Catalog): StoredSubscription {
  const { planId, planVersion, rule, openK, periods, months, ...kept } = first;
  const plan = catalog.plan(planId, planVersion);
  assert(plan !== null, "a subscription's plan version is in the catalog");
  const phase: StoredPhase = {
    n: 0,
    planId,
    planVersion,
    overrides: [],
    start: rule.start,
    since: 0,
    end: null,
    origin: rule.start,
    openK: [openK],
    seats: [{ at: rule.start, quantity: "1" }],
    startProration: "second",
    endProration: "second",
    unused: "credit",
    carriesUsage: false,
  };
  const drafts = periods.flatMap(({ k, end, draft }) =>
    draft === null
      ? []
      : [
          {
            id: draft.invoiceId,
            at: Math.min(end, first.endsAt ?? end),
            createdAt: draft.createdAt,
            issueAt: draft.issueAt,
            closes: [{ phase: 0, track: 0, k, recurringOnly: false }],
            advances: [],
            pending: [],
          },
        ],
  );
  const { anchor, timezone, start, interval, intervalCount } = rule;
  const isMonthly = interval === "month" && intervalCount === 1;
  return {
    ...kept,
    currency: plan.currency,
    start,
    anchor,
    timezone,
    phases: [phase],
    scheduled: null,
    trialEnd: null,
    trialOver: true,
    pauses: [],
    endProration: "second",
    periods: periods.map(periodInPresentShape),
    drafts,
    draftCount: drafts.length + openK,
    pending: [],
    coupons: [],
    committed: [],
    spend: [
      ...months.map((m) => ({ kind: "month" as const, ...m })),
      ...periods
        .filter((p) => isMonthly && p.draft === null)
        .map(({ start, end, usage, recurring }) => ({ kind: "own" as const, start, end, usage, recurring })),
    ],
  };
}

function periodInPresentShape(period: FirstPeriod): StoredSubscription["periods"][number] {
  const { k, start, end, metricVersions, lines, usage, recurring, draft } = period;
  return {
    phase: 0,
    track: 0,
    k,
    start,
    end,
    metricVersions,
    contractPrices: [],
    usage,
    recurring,
    billed: [],
    draftId: draft?.invoiceId ?? null,
    hasUsage: period.lines.some((line) => line !== null),
    recurringSettled: false,
    lines: lines.map((line) => {
      if (line === null) return null;
      const groups = line.groups.map(({ key, aggregate, charge }) => ({
        key,
        meter: aggregate,
        charge,
        base: "0",
        baseQuantity: "0",
      }));
      const sum = formatDecimal(line.groups.reduce((all, g) => add(all, decimal(g.charge)), ZERO));
      return { groups, sum, charge: sum };
    }),
  };
}
