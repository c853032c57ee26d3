import { Type } from "@sinclair/typebox";
import { checkMetric, MetricInput } from "../../../src/metering/metric.ts";
import { Key } from "../../../src/text.ts";
import type { Services } from "../../services.ts";
import type { Route } from "../route.ts";
import { patched } from "./catalog_entries.ts";
import { catalogRoutes } from "./catalog_routes.ts";

const { key: _key, field, unit, ...changeable } = MetricInput.properties;
const { event_type, aggregation } = MetricInput.properties;

const MetricPatch = Type.Object(
  {
    ...Type.Partial(Type.Object(changeable)).properties,
    field: Type.Optional(Type.Union([field, Type.Null()])),
    unit: Type.Optional(Type.Union([unit, Type.Null()])),
  },
  { additionalProperties: false, minProperties: 1 },
);

const request = {
  key: "output_tokens",
  name: "Output tokens",
  event_type: "llm_completion",
  aggregation: "sum",
  field: "output_tokens",
  filters: [{ field: "status", op: "eq", values: ["ok"] }],
  group_by: ["model"],
  unit: "token",
};

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
      request,
      patch: { filters: [{ field: "status", op: "in", values: ["ok", "truncated"] }] },
      answer: {
        id: "met_01kgb9v400m3t5r7c9k2p4n6qz",
        ...request,
        version: 1,
        archived: false,
        created_at: "2026-02-01T00:00:00Z",
        updated_at: "2026-02-01T00:00:00Z",
      },
    },
    create: async (_at, input) => ({ body: checkMetric(input), key: input.key, parts: [] }),
    change: async (_at, entry, patch) => {
      const body = checkMetric(patched(entry.body as MetricInput, patch));
      return { body, key: entry.key, parts: [] };
    },
  });
}
