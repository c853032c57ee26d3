import {
  type Aggregate,
  apply,
  carriedAggregate,
  newAggregate,
  peek,
  quantityOf,
} from "../metering/aggregate.ts";
import type { Metric } from "../metering/metric.ts";
import type { Span } from "../metering/span.ts";
import { ZERO } from "../money/decimal.ts";
import { addExact, type Exact } from "../money/ratio.ts";
import { noCharge } from "../pricing/charge.ts";
import type { EventTally } from "../pricing/event_tally.ts";
import type { Price } from "../pricing/price.ts";
import { type Charge, rate, type Usage } from "../pricing/rate.ts";
import { sumOfCharges } from "../pricing/sum_of_charges.ts";
import { newTally, tallyWith } from "../pricing/tally.ts";
import type { Instant } from "../time/instant.ts";
import type { Period } from "../time/period.ts";
import type { UsageReading } from "./price_meter_reading.ts";

export { type MeteredEvent, readUsage, type UsageReading } from "./price_meter_reading.ts";
export { decodePriceMeter, encodePriceMeter } from "./price_meter_stored.ts";

/**
 * The running usage of one price, one group and one period, changed in place by `takeUsage` only. Most have nothing
 * but their aggregate.
 */
export interface PriceMeter {
  /** Null where usage is kept by cell or by window. */
  readonly aggregate: Aggregate | null;
  /** Of a `matrix` price: an aggregate for every cell that has usage, by its key. */
  readonly cells: Map<string, Aggregate> | null;
  /** Of a price that looks at single events. */
  tally: EventTally | null;
  /** Of a price by window: the windows that have usage, by their start. */
  readonly windows: Map<Instant, WindowMeter> | null;
  /** What all windows but one cost, for the next event of that one; never stored. */
  others: OtherWindows | null;
}

/** One window, whole and not cut to the period, and the meter of its own it has. */
export interface WindowMeter {
  readonly window: Period;
  readonly meter: PriceMeter;
}

interface OtherWindows {
  /** The start of the one window. */
  readonly than: Instant;
  readonly span: Period;
  readonly amount: Exact;
}

/** The meter of no usage. */
export function newPriceMeter(price: Price, metric: Metric): PriceMeter {
  if (price.window === null) return plainMeter(price, metric);
  return { aggregate: null, cells: null, tally: null, windows: new Map(), others: null };
}

function plainMeter({ terms }: Price, metric: Metric): PriceMeter {
  const byCell = terms.model === "matrix";
  const aggregate = byCell ? null : newAggregate(metric);
  return { aggregate, cells: byCell ? new Map() : null, tally: newTally(terms), windows: null, others: null };
}

/**
 * What the next period begins with for a metric that carries over, else null. A window starts from nothing, and
 * so does a price's look at single events.
 */
export function carriedMeter(
  price: Price,
  metric: Metric,
  meter: PriceMeter,
  nextStart: Instant,
): PriceMeter | null {
  if (price.window !== null) return null;
  const next = plainMeter(price, metric);
  if (meter.aggregate !== null) {
    const aggregate = carriedAggregate(metric, meter.aggregate, nextStart);
    return aggregate === null ? null : { ...next, aggregate };
  }
  for (const [key, before] of meter.cells ?? []) {
    const aggregate = carriedAggregate(metric, before, nextStart);
    if (aggregate !== null) next.cells?.set(key, aggregate);
  }
  return next.cells === null || next.cells.size === 0 ? null : next;
}

/** The exact cumulative charge with the reading in it; changes nothing. A null meter has no usage yet. */
export function chargeWith(
  price: Price,
  metric: Metric,
  meter: PriceMeter | null,
  reading: UsageReading,
  span: Span,
): Exact {
  const { window } = reading;
  if (window === null) return rate(price, usageWith(price, metric, meter, reading, span)).amount;
  const touched = meter?.windows?.get(window.start)?.meter ?? null;
  const { amount } = rate(price, usageWith(price, metric, touched, reading, cut(window, span)));
  return meter === null ? amount : addExact(otherWindows(price, metric, meter, window.start, span), amount);
}

/** Takes a reading in; afterwards `chargeOf` gives what `chargeWith` gave with it before. */
export function takeUsage(price: Price, metric: Metric, meter: PriceMeter, reading: UsageReading): void {
  const { window } = reading;
  if (window === null || meter.windows === null) return takeIn(price, metric, meter, reading);
  let touched = meter.windows.get(window.start);
  if (touched === undefined) {
    touched = { window, meter: plainMeter(price, metric) };
    meter.windows.set(window.start, touched);
  }
  takeIn(price, metric, touched.meter, reading);
  if (meter.others?.than !== window.start) meter.others = null;
}

function takeIn(price: Price, metric: Metric, meter: PriceMeter, reading: UsageReading): void {
  const { sample, cell } = reading;
  if (meter.tally !== null) meter.tally = tallyAfter(price, meter.tally, reading);
  let { aggregate } = meter;
  if (meter.cells !== null) {
    aggregate = meter.cells.get(cell) ?? newAggregate(metric);
    meter.cells.set(cell, aggregate);
  }
  if (aggregate !== null) apply(metric, aggregate, sample);
}

/** The exact charge of the usage so far; windows without usage cost nothing. */
export function chargeOf(price: Price, metric: Metric, meter: PriceMeter | null, span: Span): Charge {
  if (price.window === null) return rate(price, usageOf(metric, meter, span));
  if (meter === null) return noCharge;
  const charges = windowsOf(meter).map((each) =>
    rate(price, usageOf(metric, each.meter, cut(each.window, span))),
  );
  return sumOfCharges(price.terms, charges);
}

/** The metric's quantity for the line and reports: the total of its cells, and of its windows. */
export function quantityOfMeter(price: Price, metric: Metric, meter: PriceMeter | null, span: Span): Exact {
  if (meter === null) return ZERO;
  let total: Exact = ZERO;
  if (meter.aggregate !== null) total = quantityOf(metric, meter.aggregate, span);
  for (const aggregate of meter.cells?.values() ?? [])
    total = addExact(total, quantityOf(metric, aggregate, span));
  for (const each of meter.windows?.values() ?? [])
    total = addExact(total, quantityOfMeter(price, metric, each.meter, cut(each.window, span)));
  return total;
}

function usageOf(metric: Metric, meter: PriceMeter | null, span: Span): Usage {
  if (meter === null) return { quantity: ZERO };
  const { aggregate, tally } = meter;
  const quantity = aggregate === null ? ZERO : quantityOf(metric, aggregate, span);
  if (meter.cells === null) return tally === null ? { quantity } : { quantity, tally };
  const cells = new Map<string, Exact>();
  for (const [key, cell] of meter.cells) cells.set(key, quantityOf(metric, cell, span));
  return { quantity, cells };
}

function usageWith(
  price: Price,
  metric: Metric,
  meter: PriceMeter | null,
  reading: UsageReading,
  span: Span,
): Usage {
  const { sample, cell } = reading;
  if (price.terms.model === "matrix") {
    const cells = new Map<string, Exact>();
    for (const [key, aggregate] of meter?.cells ?? [])
      if (key !== cell) cells.set(key, quantityOf(metric, aggregate, span));
    cells.set(cell, peek(metric, meter?.cells?.get(cell) ?? newAggregate(metric), sample, span));
    return { quantity: ZERO, cells };
  }
  const quantity = peek(metric, meter?.aggregate ?? newAggregate(metric), sample, span);
  const before = meter === null ? newTally(price.terms) : meter.tally;
  return before === null ? { quantity } : { quantity, tally: tallyAfter(price, before, reading) };
}

function tallyAfter(price: Price, tally: EventTally, reading: UsageReading): EventTally | null {
  if (reading.isCarried === true) return tally;
  const { sample, amount } = reading;
  return tallyWith(price.terms, tally, { at: sample.at, amount, times: sample.times });
}

/** A window's part of a period, as the span its aggregate is measured over. */
function cut(window: Period, span: Span): Span {
  const start = Math.max(window.start, span.start);
  const end = Math.max(Math.min(window.end, span.end), start);
  return { start, end, wholeMs: window.end - window.start, timezone: span.timezone };
}

function windowsOf(meter: PriceMeter): WindowMeter[] {
  return [...(meter.windows?.values() ?? [])].sort((a, b) => a.window.start - b.window.start);
}

/** What all windows but one cost; remembered, since the next event is mostly of the same one. */
function otherWindows(price: Price, metric: Metric, meter: PriceMeter, than: Instant, span: Span): Exact {
  const { others } = meter;
  if (others?.than === than && others.span.start === span.start && others.span.end === span.end)
    return others.amount;
  let amount: Exact = ZERO;
  for (const each of meter.windows?.values() ?? []) {
    if (each.window.start === than) continue;
    const usage = usageOf(metric, each.meter, cut(each.window, span));
    amount = addExact(amount, rate(price, usage).amount);
  }
  meter.others = { than, span, amount };
  return amount;
}
