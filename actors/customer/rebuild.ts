import { BillingError } from "../../src/errors.ts";
import type { Metric } from "../../src/metering/metric.ts";
import { groupKey, isValueError } from "../../src/metering/value.ts";
import { neg } from "../../src/money/decimal.ts";
import type { Price } from "../../src/pricing/price.ts";
import {
  decodePriceMeter,
  encodePriceMeter,
  newPriceMeter,
  type PriceMeter,
  readUsage,
  takeUsage,
} from "../../src/subscriptions/price_meter.ts";
import { contains } from "../../src/time/period.ts";
import {
  type PeriodRef,
  type PeriodState,
  phaseAt,
  type SubscriptionState,
  spanOf,
} from "./subscription_state.ts";
import { carriedInto, findGroup, type Metered } from "./touch.ts";

/** The meter of a group without an event; null where that was its only one. */
export interface RebuiltGroup {
  readonly period: PeriodRef;
  readonly priceIndex: number;
  readonly groupKey: string;
  readonly meter: PriceMeter | null;
}

/**
 * The meters a period has without one event, made anew from the others: no aggregate could forget a maximum, a
 * distinct text or a place in a percentile by itself. What carries over from the period before cannot be made anew;
 * of that, sums give the event back.
 *
 * Throws RES_002 for an event of a metric that carries over and is no sum.
 */
export function rebuiltWithout(
  subscription: SubscriptionState,
  period: PeriodState,
  event: Metered,
  others: readonly Metered[],
): RebuiltGroup[] {
  const rebuilt: RebuiltGroup[] = [];
  for (const index of period.meters.byEventType.get(event.eventType) ?? []) {
    const metric = period.meters.metrics[index];
    const price = period.meters.prices[index];
    if (!metric || price === undefined) continue;
    const reading = readUsage(price, metric, event, spanOf(subscription, period));
    if (reading === null || isValueError(reading)) continue;
    const key = groupKey(metric, event.properties);
    if (metric.carry_over === true) {
      rebuilt.push(...givenBack(subscription, period, index, event, key));
      continue;
    }
    const own = others.filter(
      (other) =>
        other.eventType === event.eventType &&
        contains(period, other.occurredAt) &&
        phaseAt(subscription, other.occurredAt, other.order).n === period.phase,
    );
    const meter = meterOf(subscription, period, price, metric, key, own);
    rebuilt.push({ period: refOf(period), priceIndex: index, groupKey: key, meter });
  }
  return rebuilt;
}

function meterOf(
  subscription: SubscriptionState,
  period: PeriodState,
  price: Price,
  metric: Metric,
  key: string,
  events: readonly Metered[],
): PriceMeter | null {
  const meter = newPriceMeter(price, metric);
  let taken = 0;
  for (const event of events) {
    const reading = readUsage(price, metric, event, spanOf(subscription, period));
    if (reading === null || isValueError(reading) || groupKey(metric, event.properties) !== key) continue;
    takeUsage(price, metric, meter, reading);
    taken += 1;
  }
  return taken === 0 ? null : meter;
}

/** A sum that carries over gives an event back here and in every later period in memory. */
function givenBack(
  subscription: SubscriptionState,
  period: PeriodState,
  index: number,
  event: Metered,
  key: string,
): RebuiltGroup[] {
  const own = period.meters.prices[index];
  const later = own === undefined ? [] : carriedInto(subscription, period, index, own);
  const places = [{ period, index }, ...later];
  return places.flatMap(({ period: each, index: priceIndex }) => {
    const metric = each.meters.metrics[priceIndex];
    const price = each.meters.prices[priceIndex];
    const group = findGroup(each, priceIndex, key);
    if (!metric || price === undefined || group === undefined) return [];
    if (metric.aggregation !== "sum" && metric.aggregation !== "weighted_sum") {
      throw new BillingError("RES_002", `'${metric.key}' carries over: its events cannot be voided`);
    }
    const inverse = { ...event, times: neg(event.times) };
    const reading = readUsage(price, metric, inverse, spanOf(subscription, each));
    if (reading === null || isValueError(reading)) return [];
    const meter = decodePriceMeter(encodePriceMeter(group.meter));
    takeUsage(price, metric, meter, reading);
    return [{ period: refOf(each), priceIndex, groupKey: key, meter }];
  });
}

function refOf({ phase, track, k }: PeriodRef): PeriodRef {
  return { phase, track, k };
}
