import { AssertionFailure, assert, assertNever } from "../errors.ts";
import { add, type Decimal, fromInteger, isZero, max, min, mul, ONE, ZERO } from "../money/decimal.ts";
import { roundTo } from "../money/money.ts";
import { type Exact, ratio } from "../money/ratio.ts";
import type { Instant } from "../time/instant.ts";
import { type Aggregate, emptyAggregate, type Sample } from "./aggregate_state.ts";
import { takeText, textCount, textCountWith, textsFrom } from "./distinct_texts.ts";
import type { Metric } from "./metric.ts";
import { percentileOf, percentileWith, takeValue } from "./percentile.ts";
import type { Span } from "./span.ts";
import { levelFrom, takeChange, weightedSumOf, weightedSumWith } from "./weighted_sum.ts";

export type { Aggregate, Sample } from "./aggregate_state.ts";
export { decodeAggregate, encodeAggregate } from "./aggregate_stored.ts";

/** The aggregate of no events, whose quantity is 0. */
export function newAggregate(metric: Metric): Aggregate {
  return emptyAggregate(metric.aggregation);
}

/** The quantity so far, rounded as the metric says; it may be below zero where values are. */
export function quantityOf(metric: Metric, aggregate: Aggregate, span: Span): Exact {
  return rounded(metric, exactQuantity(metric, aggregate, span));
}

/** The quantity with one sample more, rounded as the metric says; changes nothing. */
export function peek(metric: Metric, aggregate: Aggregate, sample: Sample, span: Span): Exact {
  return rounded(metric, exactQuantityWith(metric, aggregate, sample, span));
}

/** Takes a sample in; afterwards `quantityOf` gives what `peek` gave with it before. */
export function apply(metric: Metric, aggregate: Aggregate, sample: Sample): void {
  const { at, times } = sample;
  switch (aggregate.kind) {
    case "count":
    case "sum":
    case "max":
    case "min":
      aggregate.value = numberAfter(aggregate, sample);
      return;
    case "latest":
      if (!isLater(aggregate, sample)) return;
      aggregate.value = numberIn(sample);
      aggregate.at = at;
      aggregate.order = sample.order;
      return;
    case "average":
      aggregate.value = numberAfter(aggregate, sample);
      aggregate.second = add(aggregate.second, times);
      return;
    case "unique":
      return takeText(metric, aggregate, textIn(sample), sample);
    case "percentile":
      return takeValue(aggregate, numberIn(sample), times);
    case "weighted_sum":
      return takeChange(aggregate, mul(numberIn(sample), times), at);
    default:
      return assertNever(aggregate.kind);
  }
}

/**
 * What the next period of a metric with carry_over begins with: the sum, the texts that are there, the latest value
 * (older than anything in that period) or the level. Null where nothing persists: without an event so far.
 */
export function carriedAggregate(metric: Metric, aggregate: Aggregate, nextStart: Instant): Aggregate | null {
  const { kind, value } = aggregate;
  // A version of the metric that counts otherwise begins anew.
  if (metric.carry_over !== true || kind !== metric.aggregation) return null;
  if (kind === "unique") return textsFrom(metric, aggregate, nextStart);
  if (kind === "weighted_sum") return levelFrom(aggregate, nextStart);
  if (value === null) return null;
  const next = emptyAggregate(kind);
  next.value = value;
  if (kind === "latest") {
    next.at = Math.min(aggregate.at, nextStart - 1);
    next.order = aggregate.order;
  }
  return next;
}

function exactQuantity(metric: Metric, aggregate: Aggregate, span: Span): Exact {
  switch (aggregate.kind) {
    case "unique":
      return fromInteger(textCount(aggregate));
    case "percentile":
      return percentileOf(metric, aggregate);
    case "average":
      return averageOf(aggregate.value ?? ZERO, aggregate.second);
    case "weighted_sum":
      return weightedSumOf(aggregate, span);
    default:
      return aggregate.value ?? ZERO;
  }
}

function exactQuantityWith(metric: Metric, aggregate: Aggregate, sample: Sample, span: Span): Exact {
  const { at, times } = sample;
  switch (aggregate.kind) {
    case "unique":
      return fromInteger(textCountWith(metric, aggregate, textIn(sample), sample));
    case "percentile":
      return percentileWith(metric, aggregate, numberIn(sample), times);
    case "average":
      return averageOf(numberAfter(aggregate, sample), add(aggregate.second, times));
    case "weighted_sum":
      return weightedSumWith(aggregate, mul(numberIn(sample), times), at, span);
    default:
      return numberAfter(aggregate, sample);
  }
}

/** The one number that most kinds are, with one sample more. */
function numberAfter(aggregate: Aggregate, sample: Sample): Decimal {
  const { kind, value: before } = aggregate;
  const value = numberIn(sample);
  const { times } = sample;
  switch (kind) {
    case "count":
      return before === null ? times : add(before, times);
    case "sum":
    case "average": {
      const more = times === ONE ? value : mul(value, times);
      return before === null ? more : add(before, more);
    }
    case "max":
      return before === null ? value : max(before, value);
    case "min":
      return before === null ? value : min(before, value);
    case "latest":
      return before === null || isLater(aggregate, sample) ? value : before;
    case "unique":
    case "percentile":
    case "weighted_sum":
      throw new AssertionFailure(`${kind} is more than one number`);
    default:
      return assertNever(kind);
  }
}

function averageOf(sum: Decimal, count: Decimal): Exact {
  return isZero(count) ? ZERO : ratio(sum, count);
}

function rounded({ rounding }: Metric, quantity: Exact): Exact {
  return rounding === undefined ? quantity : roundTo(quantity, rounding.scale, rounding.mode);
}

/** By event time, then by arrival. */
function isLater({ value, at, order }: Aggregate, sample: Sample): boolean {
  if (value === null || sample.at > at) return true;
  return sample.at === at && sample.order > order;
}

function numberIn({ value }: Sample): Decimal {
  assert(typeof value !== "string", "only unique takes texts");
  return value;
}

function textIn({ value }: Sample): string {
  assert(typeof value === "string", "unique takes texts");
  return value;
}
