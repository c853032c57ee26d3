import { type Aggregate, apply, newAggregate, type Sample } from "../../src/metering/aggregate.ts";
import { checkMetric, type Metric, type MetricInput, metricOf } from "../../src/metering/metric.ts";
import type { Span } from "../../src/metering/span.ts";
import { isValueError, meteredValue } from "../../src/metering/value.ts";
import { fromInteger } from "../../src/money/decimal.ts";

/** A checked metric, made whole from what a test is about. */
export function metric(parts: Partial<MetricInput>): Metric {
  const { aggregation = "count" } = parts;
  const field = aggregation === "count" || parts.expression !== undefined ? {} : { field: "value" };
  const percentile = aggregation === "percentile" ? { percentile: "50" } : {};
  const input = { key: "calls", name: "Calls", event_type: "api_call", aggregation };
  return metricOf("met_1", 1, checkMetric({ ...input, ...field, ...percentile, ...parts }));
}

/** An event of a test: its value, when, what it stands for, and what it says to do. */
export interface Sent {
  readonly value: string;
  readonly at?: number;
  readonly times?: number;
  readonly operation?: string;
}

/** A hundred milliseconds, so that parts of it are percents. */
export const hundred: Span = { start: 0, end: 100, wholeMs: 100, timezone: "UTC" };

/** What an event brings to the metric's aggregate, by way of its metered value. */
export function sampleOf(of: Metric, { at = 0, times = 1, ...properties }: Sent, order: number): Sample {
  const metered = meteredValue(of, properties);
  if (isValueError(metered)) throw new Error(metered.reason);
  return { ...metered, at, order, times: fromInteger(times) };
}

/** The aggregate of events that come in one after the other. */
export function aggregateOf(of: Metric, events: readonly Sent[]): Aggregate {
  const aggregate = newAggregate(of);
  for (const [order, sent] of events.entries()) apply(of, aggregate, sampleOf(of, sent, order));
  return aggregate;
}
