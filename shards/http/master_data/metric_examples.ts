import type { MetricInput } from "../../../src/metering/metric.ts";

/** The metric that is shown changed, listed and read. */
export const metricExample: MetricInput = {
  key: "output_tokens",
  name: "Output tokens",
  event_type: "llm_completion",
  aggregation: "sum",
  field: "output_tokens",
  filters: [{ field: "status", op: "eq", values: ["ok"] }],
  group_by: ["model"],
  unit: "token",
};

/** One worked metric of every aggregation and of what goes beside it, and what it gives in the words of its name. */
const worked: Readonly<Record<string, MetricInput>> = {
  "sum: 300 and 700 are 1000, for every model by itself": metricExample,
  "count: 3 events are 3": {
    key: "api_calls",
    name: "API calls",
    event_type: "api_call",
    aggregation: "count",
  },
  "max: of 12, 40 and 7 it is 40": {
    key: "peak_connections",
    name: "Most connections at once",
    event_type: "connections",
    aggregation: "max",
    field: "open",
  },
  "min: of 12, 40 and 7 it is 7": {
    key: "lowest_stock",
    name: "Lowest stock",
    event_type: "stock",
    aggregation: "min",
    field: "pallets",
  },
  "latest: of 12, 40 and 7 it is 7, in later periods too until there is another": {
    key: "licensed_devices",
    name: "Licensed devices, as last reported",
    event_type: "devices",
    aggregation: "latest",
    field: "licensed",
    carry_over: true,
  },
  "unique: ann, bob and ann are 2": {
    key: "active_users",
    name: "Users who signed in",
    event_type: "sign_in",
    aggregation: "unique",
    field: "user.id",
  },
  "unique with operations: add ann, add bob, remove ann leave 1, in later periods too": {
    key: "seats_taken",
    name: "Users who have a seat",
    event_type: "seat",
    aggregation: "unique",
    field: "user_id",
    operation_field: "operation",
    carry_over: true,
  },
  "average: 1, 2 and 2 are 1.666…, rounded up 2": {
    key: "mean_load",
    name: "Mean load in whole percents",
    event_type: "load",
    aggregation: "average",
    field: "percent",
    rounding: { mode: "up", scale: 0 },
  },
  "weighted_sum: 100 from the start of a 28-day month, 40 less from its 15th day on, are 80": {
    key: "storage",
    name: "Storage, of which events tell the change",
    event_type: "storage_change",
    aggregation: "weighted_sum",
    field: "gb",
    carry_over: true,
    rounding: { mode: "half_up", scale: 3 },
    unit: "GB",
  },
  "percentile: the 95th of 1, 2, …, 200 is 190": {
    key: "bandwidth_p95",
    name: "95th percentile of bandwidth",
    event_type: "bandwidth_sample",
    aggregation: "percentile",
    percentile: "95",
    field: "mbit_per_s",
  },
  "expression: 1000 in, of them 400 cached, and 200 out of the large model are 600 + 600 = 1200": {
    key: "weighted_tokens",
    name: "Tokens by what they take to make",
    event_type: "llm_completion",
    aggregation: "sum",
    expression: "input_tokens - coalesce(cached_tokens, 0) + output_tokens * (model == 'large' ? 3 : 2)",
  },
};

/** The requests, and what they are answered. */
export const metricExamples = Object.fromEntries(
  Object.entries(worked).map(([name, request]) => [name, { request, answer: answeredMetric(request) }]),
);

/** A metric as it is answered when it is made. */
export function answeredMetric(request: MetricInput): object {
  return {
    id: "met_01kgb9v400m3t5r7c9k2p4n6qz",
    ...request,
    version: 1,
    archived: false,
    created_at: "2026-02-01T00:00:00Z",
    updated_at: "2026-02-01T00:00:00Z",
  };
}
