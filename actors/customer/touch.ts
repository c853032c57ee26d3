import { limits } from "../../src/limits.ts";
import { newAggregate, peek } from "../../src/metering/aggregate.ts";
import { matches } from "../../src/metering/filter.ts";
import type { Metric } from "../../src/metering/metric.ts";
import { groupKey, isValueError, meteredValue } from "../../src/metering/value.ts";
import { add, type Decimal, sub, ZERO } from "../../src/money/decimal.ts";
import type { Price } from "../../src/pricing/price.ts";
import { rate } from "../../src/pricing/rate.ts";
import type { Instant } from "../../src/time/instant.ts";
import type { GroupState, PeriodState } from "./state.ts";

/** What a usage event does to one price of a period. */
export interface Touch {
  readonly priceIndex: number;
  readonly groupKey: string;
  readonly value: Decimal | string;
  /** The group's exact cumulative charge with the event in it. */
  readonly charge: Decimal;
}

/** The part of an event that is metered. */
export interface Metered {
  readonly eventType: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly occurredAt: Instant;
  /** Breaks ties between equal times: the number the fact will have. */
  readonly order: number;
  readonly times: Decimal;
}

export type Measured =
  | { readonly touches: readonly Touch[]; readonly delta: Decimal }
  | { readonly error: string };

const NOTHING: Measured = { touches: [], delta: ZERO };

/**
 * Rates an event as the difference between the cumulative charge with and without it, over every price it
 * touches. Changes nothing. An event whose metered value is missing or absurd is an error as a whole.
 */
export function measure(period: PeriodState, event: Metered): Measured {
  const indexes = period.meters.byEventType.get(event.eventType);
  if (indexes === undefined) return NOTHING;
  const touches: Touch[] = [];
  let delta = ZERO;
  for (const index of indexes) {
    const metric = period.meters.metrics[index];
    const price = period.meters.plan.prices[index];
    if (!metric || price === undefined || !matches(metric.filters, event.properties)) continue;
    const value = meteredValue(metric, event.properties);
    if (isValueError(value)) return { error: value.reason };
    const key = groupKey(metric, event.properties);
    const group = findGroup(period, index, key);
    if (group === undefined && (period.lines[index]?.groups.length ?? 0) >= limits.groupsPerLineMax) {
      return { error: `more than ${limits.groupsPerLineMax} groups in one period` };
    }
    const aggregate = group?.aggregate ?? newAggregate(metric.aggregation);
    const charge = rate(price, peek(aggregate, value, event.occurredAt, event.order, event.times)).amount;
    delta = add(delta, sub(charge, group === undefined ? chargeAtZero(price, metric) : group.charge));
    touches.push({ priceIndex: index, groupKey: key, value, charge });
  }
  return { touches, delta };
}

/**
 * What a price costs before any usage, which a period owes from its start: zero but for `flat_at_zero`. A price by
 * group owes nothing until a group appears.
 */
export function chargeAtZero(price: Price, metric: Metric): Decimal {
  return (metric.group_by?.length ?? 0) > 0 ? ZERO : rate(price, ZERO).amount;
}

/** The running group of a price, if the period has one. */
export function findGroup(period: PeriodState, priceIndex: number, key: string): GroupState | undefined {
  const groups = period.lines[priceIndex]?.groups;
  if (groups === undefined) return undefined;
  const first = groups[0];
  if (first !== undefined && first.key === key) return first;
  return groups.find((group) => group.key === key);
}
