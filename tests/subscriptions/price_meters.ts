import { expect } from "bun:test";
import { checkMetric, type Metric, type MetricInput, metricOf } from "../../src/metering/metric.ts";
import type { Span } from "../../src/metering/span.ts";
import { decimal } from "../../src/money/decimal.ts";
import { formatExact } from "../../src/money/ratio.ts";
import type { Price } from "../../src/pricing/price.ts";
import type { Charge } from "../../src/pricing/rate.ts";
import {
  chargeOf,
  chargeWith,
  decodePriceMeter,
  encodePriceMeter,
  type MeteredEvent,
  newPriceMeter,
  type PriceMeter,
  quantityOfMeter,
  readUsage,
  takeUsage,
} from "../../src/subscriptions/price_meter.ts";
import { parseInstant } from "../../src/time/instant.ts";

/** An instant as RFC 3339. */
export function instant(text: string): number {
  const at = parseInstant(text);
  if (at === null) throw new Error(`not an instant: ${text}`);
  return at;
}

/** A period and the zone whose clocks cut it into windows. */
export function span(start: string, end: string, timezone = "UTC"): Span {
  const [from, to] = [instant(start), instant(end)];
  return { start: from, end: to, wholeMs: to - from, timezone };
}

export const february = span("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z");

/** A metric of `used` events; all but a count look at `value`. */
export function metricWith(aggregation: string, more: Record<string, unknown> = {}): Metric {
  const named = aggregation === "count" ? {} : { field: "value" };
  const input = { key: "usage", name: "Usage", event_type: "used", aggregation, ...named, ...more };
  return metricOf("met_calls", 1, checkMetric(input as MetricInput));
}

/** An event: when, its properties, and how many equal ones it stands for. */
export type Used = readonly [at: string | number, properties: Record<string, unknown>, times?: string];

export function metered([at, properties, times = "1"]: Used, order: number): MeteredEvent {
  const occurredAt = typeof at === "number" ? at : instant(at);
  return { properties, occurredAt, order, times: decimal(times) };
}

/** What usage came to, in plain text. */
export interface Metering {
  readonly meter: PriceMeter;
  readonly charge: Charge;
  readonly amount: string;
  readonly quantity: string;
}

/**
 * Lives through events in the order given, now and then stored and loaded again. Holds the law for every one: what was
 * foretold is what is charged once the event is in, and asking changes nothing.
 */
export function liveThrough(
  price: Price,
  metric: Metric,
  events: readonly Used[],
  period: Span = february,
  from: PriceMeter = newPriceMeter(price, metric),
): Metering {
  let meter = from;
  for (const [order, event] of events.entries()) {
    const reading = readUsage(price, metric, metered(event, order), period);
    if (reading === null) continue;
    if ("reason" in reading) throw new Error(reading.reason);
    if (order % 3 === 0) meter = decodePriceMeter(JSON.parse(JSON.stringify(encodePriceMeter(meter))));
    const before = formatExact(chargeOf(price, metric, meter, period).amount);
    const foretold = formatExact(chargeWith(price, metric, meter, reading, period));
    expect(formatExact(chargeWith(price, metric, meter, reading, period))).toBe(foretold);
    expect(formatExact(chargeOf(price, metric, meter, period).amount)).toBe(before);
    takeUsage(price, metric, meter, reading);
    expect(formatExact(chargeOf(price, metric, meter, period).amount)).toBe(foretold);
  }
  const charge = chargeOf(price, metric, meter, period);
  const quantity = formatExact(quantityOfMeter(price, metric, meter, period));
  return { meter, charge, amount: formatExact(charge.amount), quantity };
}

/** The reason an event cannot be metered, or null. */
export function faultOf(price: Price, metric: Metric, properties: Record<string, unknown>): string | null {
  const reading = readUsage(price, metric, metered(["2026-02-10T00:00:00Z", properties], 0), february);
  return reading !== null && "reason" in reading ? reading.reason : null;
}

/** An instant of a day of February. */
export function day(n: number): string {
  return `2026-02-${String(n).padStart(2, "0")}T12:00:00Z`;
}

/** One event a day with these values. */
export function values(...list: readonly unknown[]): Used[] {
  return list.map((value, i) => [day(i + 1), { value }]);
}
