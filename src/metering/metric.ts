import { type Static, Type } from "@sinclair/typebox";
import { invalid } from "../errors.ts";
import { Later, refuseLater } from "../later.ts";
import { isRawNumber } from "../money/json.ts";
import { checkKey, Key, OneOf, Text } from "../text.ts";
import { Filter, filterFault } from "./filter.ts";
import { canonicalText } from "./property.ts";

const available = ["count", "sum", "max", "min", "unique", "latest"] as const;
const announced = ["average", "weighted_sum", "percentile"] as const;
const laterFields = ["rounding", "percentile", "carry_over", "operation_field", "expression"] as const;

// Each is looked at for every event; both are far above what a metric can sensibly say.
const filtersMax = 20;
const groupFieldsMax = 8;

/** How a metric turns events into a quantity. */
export type Aggregation = (typeof available)[number];

/** A metric as a client describes it; API.md §3, Metric. `checkMetric` has the rules a schema cannot say. */
export const MetricInput = Type.Object(
  {
    key: Key,
    name: Text(255),
    event_type: Text(255),
    aggregation: OneOf([...available, ...announced]),
    field: Type.Optional(Text(255)),
    filters: Type.Optional(Type.Array(Filter, { maxItems: filtersMax })),
    group_by: Type.Optional(Type.Array(Text(255), { maxItems: groupFieldsMax })),
    unit: Type.Optional(Text(64)),
    rounding: Later,
    percentile: Later,
    carry_over: Later,
    operation_field: Later,
    expression: Later,
  },
  { additionalProperties: false },
);
export type MetricInput = Static<typeof MetricInput>;

/** A checked metric: what is stored, in the field names of the API. */
export type MetricTerms = Omit<MetricInput, "aggregation" | (typeof laterFields)[number]> & {
  aggregation: Aggregation;
};

/** One immutable version of a metric: what is counted, and how. */
export type Metric = Readonly<MetricTerms> & { readonly id: string; readonly version: number };

/**
 * The terms of a metric whose input fits the schema.
 *
 * Throws VAL_001 where a field is missing for the aggregation or of no use to it, a filter makes no sense, or
 * something is asked for that is not available yet.
 */
export function checkMetric(input: MetricInput): MetricTerms {
  refuseLater(input, laterFields);
  const { aggregation } = input;
  if (!isAvailable(aggregation)) throw invalid("aggregation", `'${aggregation}' is not available yet`);
  checkKey(input.key, "key");
  if (aggregation === "count" && input.field !== undefined)
    throw invalid("field", "must be left out for 'count'");
  if (aggregation !== "count" && input.field === undefined)
    throw invalid("field", `is required for '${aggregation}'`);
  for (const [index, filter] of (input.filters ?? []).entries()) {
    const fault = filterFault(filter);
    if (fault !== null) throw invalid(`filters[${index}].values`, fault);
  }
  const fields = input.group_by ?? [];
  if (new Set(fields).size !== fields.length) throw invalid("group_by", "must not name a field twice");
  return termsOf(input, aggregation);
}

/** A version of a metric from what is stored of it. */
export function metricOf(id: string, version: number, terms: MetricTerms): Metric {
  return { ...terms, id, version };
}

function isAvailable(aggregation: MetricInput["aggregation"]): aggregation is Aggregation {
  return (available as readonly string[]).includes(aggregation);
}

/** What is kept: numbers that a double cannot hold as their text, which filters take for the same. */
function termsOf(input: MetricInput, aggregation: Aggregation): MetricTerms {
  const filters = input.filters?.map((filter) => {
    if (filter.values === undefined) return filter;
    return { ...filter, values: filter.values.map((v) => (isRawNumber(v) ? (canonicalText(v) ?? v) : v)) };
  });
  return { ...input, aggregation, ...(filters === undefined ? {} : { filters }) };
}
