import { Type } from "@sinclair/typebox";
import { checkMetric, MetricInput } from "../../../src/metering/metric.ts";
import { Key } from "../../../src/text.ts";
import type { Services } from "../../services.ts";
import type { Route } from "../route.ts";
import { patched } from "./catalog_entries.ts";
import { catalogRoutes } from "./catalog_routes.ts";
import { answeredMetric, metricExample, metricExamples } from "./metric_examples.ts";

const { name, event_type, aggregation, ...rest } = MetricInput.properties;
const { field, filters, group_by, unit, rounding, percentile, carry_over, operation_field, expression } =
  rest;

/** Any field but the key; null for one that a metric can be without. */
const MetricPatch = Type.Object(
  {
    name: Type.Optional(name),
    event_type: Type.Optional(event_type),
    aggregation: Type.Optional(aggregation),
    field: Type.Optional(Type.Union([field, Type.Null()])),
    filters: Type.Optional(Type.Union([filters, Type.Null()])),
    group_by: Type.Optional(Type.Union([group_by, Type.Null()])),
    unit: Type.Optional(Type.Union([unit, Type.Null()])),
    rounding: Type.Optional(Type.Union([rounding, Type.Null()])),
    percentile: Type.Optional(Type.Union([percentile, Type.Null()])),
    carry_over: Type.Optional(Type.Union([carry_over, Type.Null()])),
    operation_field: Type.Optional(Type.Union([operation_field, Type.Null()])),
    expression: Type.Optional(Type.Union([expression, Type.Null()])),
  },
  { additionalProperties: false, minProperties: 1 },
);

/** Metrics; API.md §3. */
export function metricRoutes(services: Services): Route[] {
  return catalogRoutes(services, {
    kind: "metric",
    collection: "metrics",
    input: MetricInput,
    patch: MetricPatch,
    onChange:
      "Periods that are open go on with the version they began with; the next ones use the new. The key never " +
      "changes; `null` takes a field away.",
    filters: {
      key: Type.Optional(Key),
      event_type: Type.Optional(event_type),
      aggregation: Type.Optional(aggregation),
    },
    example: {
      request: metricExample,
      patch: { filters: [{ field: "status", op: "in", values: ["ok", "truncated"] }] },
      answer: answeredMetric(metricExample),
      examples: metricExamples,
    },
    create: async (_at, input) => ({ body: checkMetric(input), key: input.key, parts: [] }),
    change: async (_at, entry, patch) => {
      const body = checkMetric(patched(entry.body as MetricInput, patch));
      return { body, key: entry.key, parts: [] };
    },
  });
}
