import { checkMetric, type Metric, type MetricInput, metricOf } from "../../src/metering/metric.ts";

/** A checked metric, made whole from what a test is about. */
export function metric(parts: Partial<MetricInput>): Metric {
  const field = parts.aggregation === undefined || parts.aggregation === "count" ? {} : { field: "value" };
  const input = { key: "calls", name: "Calls", event_type: "api_call", aggregation: "count" as const };
  return metricOf("met_1", 1, checkMetric({ ...input, ...field, ...parts }));
}
