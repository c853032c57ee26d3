import { assert } from "../../src/errors.ts";
import { decimal, ZERO } from "../../src/money/decimal.ts";
import { addExact, type Exact, subExact } from "../../src/money/ratio.ts";
import { newPriceMeter, type PriceMeter, takeUsage } from "../../src/subscriptions/price_meter.ts";
import { contains } from "../../src/time/period.ts";
import type { UsageRecorded, UsageVoided } from "./facts.ts";
import { remeasure } from "./periods.ts";
import { findPlaces } from "./places.ts";
import { addSpend } from "./spend.ts";
import { type CustomerState, findSubscription } from "./state.ts";
import {
  anyPeriodOf,
  type GroupState,
  type PeriodState,
  phaseAt,
  type SubscriptionState,
} from "./subscription_state.ts";
import { capped, chargeAtZero, findGroup, lineOf, measure, measureCarried, type Touch } from "./touch.ts";

/** Takes a recorded usage event into the periods it touches. */
export function evolveUsage(state: CustomerState, fact: UsageRecorded): void {
  const subscription = findSubscription(state, fact.subscription_id);
  assert(subscription !== undefined, "usage belongs to a subscription of its customer");
  const touches = fact.touches ?? remeasured(subscription, fact, state.seq);
  let delta: Exact = ZERO;
  for (const touch of touches) {
    const period = anyPeriodOf(subscription, touch.period);
    assert(period !== undefined, "usage falls into a period in memory");
    const change = take(subscription, period, touch);
    markStale(subscription, period);
    if (contains(period, fact.occurred_at)) period.hasUsage = true;
    period.usage = addExact(period.usage, change);
    delta = addExact(delta, change);
  }
  // What a settled period came to is known to the fact alone when it is replayed.
  const spent = isLate(subscription, fact) ? decimal(fact.charge) : delta;
  addSpend(state, subscription, { occurred: fact.occurred_at, now: fact.at }, spent, ZERO);
}

/** True where usage belongs to a period that has been invoiced. */
function isLate(subscription: SubscriptionState, { occurred_at }: UsageRecorded): boolean {
  const { n, tracks } = phaseAt(subscription, occurred_at);
  let around = 0;
  for (const period of subscription.periods)
    if (period.phase === n && contains(period, occurred_at)) around += 1;
  // A period in memory on every track leaves none that is settled.
  return around < tracks.length && findPlaces(subscription, occurred_at).some((place) => place.isSettled);
}

/** Takes a voided event out again: its groups' meters are those without it. */
export function evolveVoided(state: CustomerState, fact: UsageVoided): void {
  const subscription = findSubscription(state, fact.subscription_id);
  assert(subscription !== undefined, "usage belongs to a subscription of its customer");
  let delta: Exact = ZERO;
  for (const { period: ref, priceIndex, groupKey, meter } of fact.rebuilt ?? []) {
    const period = anyPeriodOf(subscription, ref);
    const line = period?.lines[priceIndex];
    assert(period !== undefined && line, "a voided event is where it was recorded");
    const group = findGroup(period, priceIndex, groupKey);
    assert(group !== undefined, "a voided event's group is there");
    line.groups =
      meter === null ? line.groups.filter((g) => g !== group) : swapped(line.groups, group, meter);
    if (line.groups.length === 0) period.lines[priceIndex] = null;
    const before = period.usage;
    remeasure(subscription, period);
    delta = addExact(delta, subExact(period.usage, before));
    markStale(subscription, period);
  }
  addSpend(state, subscription, { occurred: fact.occurred_at, now: fact.at }, delta, ZERO);
}

function swapped(groups: readonly GroupState[], group: GroupState, meter: PriceMeter): GroupState[] {
  return groups.map((g) => (g === group ? { ...g, meter } : g));
}

/** An invoice whose usage has changed since it was issued is rated again. */
function markStale(subscription: SubscriptionState, period: PeriodState): void {
  for (const settled of subscription.settled) if (settled.periods.includes(period)) settled.state = "stale";
}

/** Applies one touch and gives the change of its line's charge. */
function take(subscription: SubscriptionState, period: PeriodState, touch: Touch): Exact {
  const { priceIndex, groupKey, reading } = touch;
  const metric = period.meters.metrics[priceIndex];
  const price = period.meters.prices[priceIndex];
  assert(metric && price !== undefined, "usage touches metered prices");
  let line = period.lines[priceIndex] ?? null;
  if (line === null) {
    line = { groups: [], ...lineOf(subscription, period, priceIndex) };
    period.lines[priceIndex] = line;
  }
  let group = findGroup(period, priceIndex, groupKey);
  if (group === undefined) {
    const charge = chargeAtZero(subscription, period, price, metric);
    group = { key: groupKey, meter: newPriceMeter(price, metric), charge, base: ZERO, baseQuantity: ZERO };
    line.groups.push(group);
  }
  takeUsage(price, metric, group.meter, reading);
  line.sum = addExact(line.sum, subExact(touch.charge, group.charge));
  group.charge = touch.charge;
  const before = line.charge;
  line.charge = capped(price, line.sum);
  return subExact(line.charge, before);
}

function remeasured(subscription: SubscriptionState, fact: UsageRecorded, order: number): readonly Touch[] {
  const event = {
    eventType: fact.event_type,
    properties: fact.properties,
    occurredAt: fact.occurred_at,
    order,
    times: fact.times,
  };
  const touches: Touch[] = [];
  for (const place of findPlaces(subscription, fact.occurred_at)) {
    // A settled period is stored with the fact: on replay it needs nothing, only what it carries over into.
    if (place.isSettled) touches.push(...measureCarried(subscription, place, event));
    if (place.period === undefined || place.isSettled) continue;
    const measured = measure(subscription, place.period, event);
    assert("touches" in measured, "recorded usage measures as it did");
    touches.push(...measured.touches);
  }
  return touches;
}
