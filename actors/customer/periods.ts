import type { Catalog } from "../../src/catalog/catalog.ts";
import { assert } from "../../src/errors.ts";
import { ZERO } from "../../src/money/decimal.ts";
import { addExact, type Exact, subExact } from "../../src/money/ratio.ts";
import { currentMetricVersions, planMeters } from "../../src/subscriptions/plan_meters.ts";
import {
  carriedMeter,
  chargeOf,
  decodePriceMeter,
  encodePriceMeter,
  quantityOfMeter,
} from "../../src/subscriptions/price_meter.ts";
import { type PriceOverride, withOverrides } from "../../src/subscriptions/price_override.ts";
import { periodAt } from "../../src/time/calendar.ts";
import type { DecisionContext } from "../actor.ts";
import { contractOverrides } from "./contract_prices.ts";
import type { PeriodOpened } from "./facts.ts";
import { recurringCharges } from "./recurring.ts";
import type { CustomerState } from "./state.ts";
import {
  type GroupState,
  type LineState,
  type PeriodRef,
  type PeriodState,
  phaseOf,
  type SubscriptionState,
  spanOf,
  wholePeriod,
} from "./subscription_state.ts";
import { capped, countsAlike, lineOf, measuresAlike } from "./touch.ts";

/** The fact that opens a period now: it pins the metric versions and custom prices of this moment. */
export function openingOf(
  state: CustomerState,
  subscription: SubscriptionState,
  ref: PeriodRef,
  ctx: DecisionContext,
): PeriodOpened {
  const phase = phaseOf(subscription, ref.phase);
  const contractPrices = contractOverrides(state, phase.plan, boundsOf(subscription, ref).start);
  return {
    type: "period_opened",
    at: ctx.now,
    subscription_id: subscription.id,
    phase: ref.phase,
    track: ref.track,
    k: ref.k,
    metric_versions: currentMetricVersions(ctx.catalog, phase.plan),
    ...(contractPrices.length === 0 ? {} : { contract_prices: contractPrices }),
  };
}

/** The period an opening makes, with what carries over into it; nothing is changed. */
export function periodFrom(
  subscription: SubscriptionState,
  fact: PeriodOpened,
  catalog: Catalog,
): PeriodState {
  const ref = { phase: fact.phase ?? 0, track: fact.track ?? 0, k: fact.k };
  const contractPrices = fact.contract_prices ?? [];
  const period: PeriodState = {
    ...ref,
    ...boundsOf(subscription, ref),
    whole: wholePeriod(subscription, ref),
    metricVersions: fact.metric_versions,
    contractPrices,
    meters: metersOf(catalog, subscription, ref, contractPrices, fact.metric_versions),
    lines: [],
    usage: ZERO,
    recurring: ZERO,
    billed: [],
    draftId: null,
    hasUsage: false,
    recurringSettled: false,
  };
  period.lines = period.meters.prices.map((_, index) => carriedLine(subscription, period, index));
  period.recurring = recurringCharges(subscription, period);
  for (const index of period.meters.own) {
    period.usage = addExact(period.usage, lineOf(subscription, period, index).charge);
  }
  return period;
}

/** The meters of a period: its phase's plan, custom prices of contracts in place. */
export function metersOf(
  catalog: Catalog,
  subscription: SubscriptionState,
  ref: PeriodRef,
  contractPrices: readonly PriceOverride[],
  metricVersions: readonly number[],
) {
  const plan = withOverrides(phaseOf(subscription, ref.phase).plan, contractPrices);
  return planMeters(catalog, plan, ref.track, metricVersions);
}

/** When a period is, from where its phase begins. */
export function boundsOf(subscription: SubscriptionState, ref: PeriodRef): { start: number; end: number } {
  const phase = phaseOf(subscription, ref.phase);
  const track = phase.tracks[ref.track];
  assert(track !== undefined, "a period belongs to a track");
  const { start, end } = periodAt(track.rule, ref.k);
  return { start: Math.max(start, phase.start), end };
}

/**
 * What a price begins a period with: the persisting value of a carry_over metric, or, after a change of plan that
 * carries usage over, the counters of the plan before, so that tiers go on where they were. Null for all others.
 */
function carriedLine(subscription: SubscriptionState, period: PeriodState, index: number): LineState | null {
  const metric = period.meters.metrics[index];
  const price = period.meters.prices[index];
  if (!metric || price === undefined) return null;
  const goesOn = continuesUsage(subscription, period);
  if (metric.carry_over !== true && !goesOn) return null;
  const before = lineBefore(subscription, period, index, goesOn);
  const span = spanOf(subscription, period);
  const groups: GroupState[] = [];
  let sum: Exact = ZERO;
  for (const { key, meter: old } of before?.groups ?? []) {
    const meter = goesOn
      ? decodePriceMeter(encodePriceMeter(old))
      : carriedMeter(price, metric, old, period.start);
    if (meter === null) continue;
    const charge = chargeOf(price, metric, meter, span).amount;
    const base = goesOn ? charge : ZERO;
    const baseQuantity = goesOn ? quantityOfMeter(price, metric, meter, span) : ZERO;
    sum = addExact(sum, subExact(charge, base));
    groups.push({ key, meter, charge, base, baseQuantity });
  }
  return groups.length === 0 ? null : { groups, sum, charge: capped(price, sum) };
}

/** True for the first period of a plan that takes over the counters of the one before. */
function continuesUsage(subscription: SubscriptionState, period: PeriodState): boolean {
  const before = subscription.phases.find((phase) => phase.n === period.phase - 1);
  return before?.carriesUsage === true && period.start === before.end;
}

/** The line of the period before: of the same price, or of the plan before where it measured the same metric alike. */
function lineBefore(
  subscription: SubscriptionState,
  period: PeriodState,
  index: number,
  goesOn: boolean,
): LineState | null | undefined {
  // Also what came ahead of a change of plan, which stays in a period of the plan before; its counters do not go on.
  const isAhead = (p: PeriodState) => !goesOn && p.phase < period.phase && p.hasUsage;
  const earlier = subscription.periods.filter((p) => p.start < period.start || isAhead(p));
  const own = earlier.findLast((p) => p.phase === period.phase && p.track === period.track);
  if (own !== undefined) return own.lines[index];
  const price = period.meters.prices[index];
  const metric = period.meters.metrics[index];
  if (price === undefined) return null;
  for (const phase of subscription.phases.filter(({ n }) => n < period.phase).toReversed()) {
    // A plan in between that does not measure it ends what persists.
    if (!phase.plan.prices.some((other) => measuresAlike(other, price))) return null;
    for (const other of earlier.filter((p) => p.phase === phase.n).toReversed()) {
      const { prices, metrics } = other.meters;
      const at = prices.findIndex(
        (p, i) => other.lines[i] !== null && measuresAlike(p, price) && countsAlike(metrics[i], metric),
      );
      if (at >= 0) return other.lines[at];
    }
  }
  return null;
}

/** What a group has cost here: its charge without what it had when it was carried over. */
export function ownCharge(group: GroupState): Exact {
  return subExact(group.charge, group.base);
}

/** Works the charges of a period out again, for what depends on where it ends. */
export function remeasure(subscription: SubscriptionState, period: PeriodState): void {
  const span = spanOf(subscription, period);
  let usage: Exact = ZERO;
  for (const [index, line] of period.lines.entries()) {
    const metric = period.meters.metrics[index];
    const price = period.meters.prices[index];
    if (!metric || price === undefined) continue;
    if (line !== null) {
      line.sum = ZERO;
      for (const group of line.groups) {
        group.charge = chargeOf(price, metric, group.meter, span).amount;
        line.sum = addExact(line.sum, ownCharge(group));
      }
      line.charge = capped(price, line.sum);
    }
    if (period.meters.own.has(index)) usage = addExact(usage, lineOf(subscription, period, index).charge);
  }
  period.usage = usage;
  period.recurring = recurringCharges(subscription, period);
}
