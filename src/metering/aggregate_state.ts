import { type Decimal, ZERO } from "../money/decimal.ts";
import type { Instant } from "../time/instant.ts";
import type { Aggregation } from "./metric.ts";
import type { RankedValue } from "./ranked_values.ts";

/** What one event brings to an aggregate. */
export interface Sample {
  /** What `meteredValue` gave for the metric. */
  readonly value: Decimal | string;
  readonly at: Instant;
  /** Breaks ties between equal times: the later one in, the greater. */
  readonly order: number;
  /** How many equal events this stands for, a whole number; below zero it takes sums back. */
  readonly times: Decimal;
  /** True where it takes a text out of `unique`. */
  readonly removes: boolean;
}

/**
 * The running aggregate of a metric over one period and group, changed in place by `apply` only. One flat shape
 * for every kind: actors are bound by memory, not by arithmetic. Any order of the same samples leads to the same
 * quantity.
 *
 * `unique`, `percentile` and `weighted_sum` are exact and keep every distinct text, value or time: some 100 bytes
 * each, in memory and in every snapshot, so they are meant for up to about 100,000 of them per group and period.
 */
export interface Aggregate {
  readonly kind: Aggregation;
  /** The number so far, of a weighted sum the level; null before the first event, and for texts and ranks. */
  value: Decimal | null;
  /**
   * How many values an average or a percentile is of; how many texts are there that can be taken out; of a weighted
   * sum, the sum of change × time in milliseconds.
   */
  second: Decimal;
  /** Event time and ingest order of the value that `latest` holds. */
  at: Instant;
  order: number;
  /** The distinct texts of `unique`. */
  texts: Set<string> | null;
  /** The texts of `unique` that can be taken out again. */
  mentions: Map<string, Mention> | null;
  /** The values of `percentile`, or the times of a weighted sum with their changes, ascending. */
  ranked: RankedValue[] | null;
}

/** The last thing that was said of a text: there or gone. */
export interface Mention {
  readonly at: Instant;
  readonly order: number;
  readonly isThere: boolean;
}

/** The aggregate of no events. */
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
