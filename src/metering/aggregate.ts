import { assert, assertNever } from "../errors.ts";
import {
  add,
  compare,
  type Decimal,
  decimal,
  fromInteger,
  isZero,
  max,
  min,
  mul,
  neg,
  ONE,
  sub,
  ZERO,
} from "../money/decimal.ts";
import { roundTo } from "../money/money.ts";
import { type Exact, ratio } from "../money/ratio.ts";
import type { Instant } from "../time/instant.ts";
import { isLaterMention, type Mention } from "./distinct_texts.ts";
import type { Aggregation, Metric } from "./metric.ts";
import { percentileOf, type RankedValue, rank } from "./ranked_values.ts";
import type { Span } from "./span.ts";

export { decodeAggregate, encodeAggregate } from "./aggregate_stored.ts";

/** What one event brings to an aggregate. */
export interface Sample {
  /** What `meteredValue` gave for the metric. */
  readonly value: Decimal | string;
  readonly at: Instant;
  /** Breaks ties between equal times: the later one in, the greater. */
  readonly order: number;
  /** How many equal events this stands for; below zero takes sums back. */
  readonly times: Decimal;
  /** True where it takes a text out of `unique`. */
  readonly removes: boolean;
}

/**
 * The running aggregate of a metric over one period and group, changed in place by `apply` only. One flat shape
 * for every kind: actors are bound by memory, not by arithmetic. Any order of the same samples leads to the same
 * quantity.
 *
 * `unique`, `percentile` and `weighted_sum` are exact and keep every distinct text, value or time: some 100 bytes each, in memory and in
 * every snapshot, so they are meant for up to about 100,000 of them per group and period.
 */
export interface Aggregate {
  readonly kind: Aggregation;
  /** The number so far, the level of a weighted sum; null before the first event, and for `unique` and `percentile`. */
  value: Decimal | null;
  /** How many events an average is of, how many texts are there; of a weighted sum, the sum of value × time. */
  second: Decimal;
  /** Event time and ingest order of the value that `latest` holds. */
  at: Instant;
  order: number;
  /** The distinct texts of `unique`. */
  texts: Set<string> | null;
  /** The texts of `unique` that can be taken out again. */
  mentions: Map<string, Mention> | null;
  /** The values of `percentile`, or the times and changes of a weighted sum, ascending. */
  ranked: RankedValue[] | null;
}

/** The aggregate of no events, whose quantity is 0. */
export function newAggregate(metric: Metric): Aggregate {
  return emptyAggregate(metric.aggregation);
}

export function emptyAggregate(kind: Aggregation): Aggregate {
  return {
    kind,
    value: null,
    second: ZERO,
    at: 0,
    order: 0,
    texts: null,
    mentions: null,
    ranked: null,
  };
}

/** The quantity so far, rounded as the metric says; a sum, minimum, maximum or latest value may be negative. */
export function quantityOf(metric: Metric, aggregate: Aggregate, span: Span): Exact {
  return rounded(metric, exactQuantity(metric, aggregate, span));
}

/** The quantity the aggregate would have with one sample more; changes nothing. */
export function peek(metric: Metric, aggregate: Aggregate, sample: Sample, span: Span): Exact {
  const { kind } = aggregate;
  switch (kind) {
    case "count":
    case "sum":
    case "max":
    case "min":
    case "latest":
      return rounded(metric, numberAfter(aggregate, sample));
    case "unique":
      return rounded(metric, fromInteger(countWith(metric, aggregate, sample)));
    case "percentile": {
      const ranked = aggregate.ranked ?? [];
      const value = numberOf(sample);
      rank(ranked, value, sample.times);
      const quantity = exactQuantity(metric, { ...aggregate, ranked }, span);
      rank(ranked, value, neg(sample.times)); // as it was
      return rounded(metric, quantity);
    }
    case "average": {
      const count = add(aggregate.second, sample.times);
      return rounded(metric, averageOf(numberAfter(aggregate, sample), count));
    }
    case "weighted_sum": {
      const more = sample.at < span.end ? weighed(numberOf(sample), sample, span.end) : ZERO;
      return rounded(metric, weightedSum(add(integralOf(aggregate, span.end), more), span));
    }
    default:
      return assertNever(kind);
  }
}

/** Takes one sample in; afterwards `quantityOf` gives what `peek` gave with it before. */
export function apply(metric: Metric, aggregate: Aggregate, sample: Sample): void {
  const { value, at, order, times } = sample;
  if (typeof value === "string") return mention(metric, aggregate, value, sample);
  switch (aggregate.kind) {
    case "percentile":
      aggregate.ranked ??= [];
      rank(aggregate.ranked, value, times);
      return;
    case "average":
      aggregate.second = add(aggregate.second, times);
      aggregate.value = numberAfter(aggregate, sample);
      return;
    case "weighted_sum": {
      const change = mul(value, times);
      aggregate.second = add(aggregate.second, mul(change, fromInteger(at)));
      aggregate.value = numberAfter(aggregate, sample);
      aggregate.ranked ??= [];
      rank(aggregate.ranked, fromInteger(at), change);
      return;
    }
    case "latest":
      if (!isLater(aggregate, at, order)) return;
      aggregate.value = value;
      aggregate.at = at;
      aggregate.order = order;
      return;
    default:
      aggregate.value = numberAfter(aggregate, sample);
  }
}

/** What a carry_over metric's next period begins with; null where nothing persists. */
export function carriedAggregate(metric: Metric, aggregate: Aggregate, nextStart: Instant): Aggregate | null {
  if (metric.carry_over !== true) return null;
  const next = emptyAggregate(aggregate.kind);
  const { kind, value } = aggregate;
  if (kind === "unique") {
    const { texts, mentions } = aggregate;
    if (mentions !== null) {
      const there = [...mentions].filter(([, { isThere }]) => isThere);
      // Older than anything in the period.
      next.mentions = new Map(there.map(([text]) => [text, { at: nextStart, order: 0, isThere: true }]));
      next.second = fromInteger(there.length);
    } else if (texts !== null) next.texts = new Set(texts);
    return next;
  }
  if (value === null) return null;
  next.value = value;
  if (kind === "weighted_sum") {
    next.second = mul(value, fromInteger(nextStart));
    next.ranked = [{ value: fromInteger(nextStart), times: value }];
  }
  if (kind === "latest") next.at = Math.min(nextStart, aggregate.at);
  return next;
}

function exactQuantity(metric: Metric, aggregate: Aggregate, span: Span): Exact {
  const { kind, value } = aggregate;
  switch (kind) {
    case "unique":
      if (aggregate.mentions !== null) return aggregate.second;
      return fromInteger(aggregate.texts?.size ?? 0);
    case "percentile":
      return percentileOf(aggregate.ranked ?? [], decimal(String(metric.percentile ?? "50")));
    case "average":
      return averageOf(value, aggregate.second);
    case "weighted_sum":
      return weightedSum(integralOf(aggregate, span.end), span);
    default:
      return value ?? ZERO;
  }
}

function averageOf(sum: Decimal | null, count: Decimal): Exact {
  return sum === null || isZero(count) ? ZERO : ratio(sum, count);
}

/** The level over time up to an end, to which it holds: the sum of change × (end − time) of the changes before it. */
function integralOf({ value, second, ranked }: Aggregate, end: Instant): Decimal {
  let integral = sub(mul(value ?? ZERO, fromInteger(end)), second);
  const at = fromInteger(end);
  // Changes after the end, which a period that is cut short can have, take nothing away.
  for (let index = (ranked?.length ?? 0) - 1; index >= 0; index--) {
    const change = ranked?.[index];
    if (change === undefined || compare(change.value, at) <= 0) break;
    integral = add(integral, mul(change.times, sub(change.value, at)));
  }
  return integral;
}

function weighed(value: Decimal, { at, times }: Sample, end: Instant): Decimal {
  return mul(mul(value, times), fromInteger(end - at));
}

function weightedSum(integral: Decimal, { wholeMs }: Span): Exact {
  return wholeMs === 0 ? ZERO : ratio(integral, fromInteger(wholeMs));
}

/** How many texts there would be with one sample more. */
function countWith(metric: Metric, { texts, mentions, second }: Aggregate, sample: Sample): number {
  const text = sample.value;
  assert(typeof text === "string", "unique takes texts");
  if (metric.operation_field === undefined) return (texts?.size ?? 0) + (texts?.has(text) === true ? 0 : 1);
  const known = mentions?.get(text);
  const count = Number(second.c);
  if (!isLaterMention(known, mentionOf(sample))) return count;
  return count + Number(!sample.removes) - Number(known?.isThere ?? false);
}

function numberOf({ value }: Sample): Decimal {
  assert(typeof value !== "string", "only unique takes texts");
  return value;
}

function rounded(metric: Metric, quantity: Exact): Exact {
  const { rounding } = metric;
  return rounding === undefined ? quantity : roundTo(quantity, rounding.scale, rounding.mode);
}

function numberAfter(aggregate: Aggregate, { value, at, order, times }: Sample): Decimal {
  const { kind, value: before } = aggregate;
  assert(typeof value !== "string", "only unique takes texts");
  switch (kind) {
    case "count":
      return before === null ? times : add(before, times);
    case "sum":
    case "average":
    case "weighted_sum": {
      const more = times === ONE ? value : mul(value, times);
      return before === null ? more : add(before, more);
    }
    case "max":
      return before === null ? value : max(before, value);
    case "min":
      return before === null ? value : min(before, value);
    case "latest":
      return before === null || isLater(aggregate, at, order) ? value : before;
    case "unique":
    case "percentile":
      throw new RangeError(`${kind} keeps no number`);
    default:
      return assertNever(kind);
  }
}

function mention(metric: Metric, aggregate: Aggregate, text: string, sample: Sample): void {
  assert(aggregate.kind === "unique", "only unique takes texts");
  if (metric.operation_field === undefined) {
    aggregate.texts ??= new Set();
    aggregate.texts.add(text);
    return;
  }
  aggregate.second = fromInteger(countWith(metric, aggregate, sample));
  aggregate.mentions ??= new Map();
  const said = mentionOf(sample);
  if (isLaterMention(aggregate.mentions.get(text), said)) aggregate.mentions.set(text, said);
}

function mentionOf({ at, order, removes }: Sample): Mention {
  return { at, order, isThere: !removes };
}

function isLater(aggregate: Aggregate, at: Instant, order: number): boolean {
  if (aggregate.value === null || at > aggregate.at) return true;
  return at === aggregate.at && order > aggregate.order;
}
