import { type Static, Type } from "@sinclair/typebox";
import { invalid } from "../errors.ts";
import { checkFilters, Filters } from "../filter.ts";
import { compare, fromInteger } from "../money/decimal.ts";
import { DecimalText, plainDecimals } from "../money/decimal_schema.ts";
import { decimalOf } from "../money/json.ts";
import { checkKey, Key, OneOf, Text } from "../text.ts";
import { compileExpression } from "./expression.ts";

const aggregations = [
  "count",
  "sum",
  "max",
  "min",
  "unique",
  "latest",
  "average",
  "weighted_sum",
  "percentile",
] as const;
const carriers: readonly Aggregation[] = ["sum", "unique", "latest", "weighted_sum"];

const expressionCharactersMax = 1000;
const scaleMax = 12;
const hundred = fromInteger(100);

// Each is looked at for every event; it is far above what a metric can sensibly say.
const groupFieldsMax = 8;

/** How a metric turns events into a quantity. */
export type Aggregation = (typeof aggregations)[number];

/** A metric as a client describes it; API.md §3, Metric. `checkMetric` has the rules a schema cannot say. */
export const MetricInput = Type.Object(
  {
    key: Key,
    name: Text(255),
    event_type: Text(255),
    aggregation: OneOf(aggregations),
    field: Type.Optional(Text(255)),
    filters: Type.Optional(Filters),
    group_by: Type.Optional(Type.Array(Text(255), { maxItems: groupFieldsMax })),
    unit: Type.Optional(Text(64)),
    rounding: Type.Optional(
      Type.Object(
        {
          mode: OneOf(["up", "down", "half_up", "half_even"]),
          scale: Type.Integer({ minimum: 0, maximum: scaleMax, description: "Decimals that are left" }),
        },
        { additionalProperties: false, description: "Of the period's aggregate" },
      ),
    ),
    percentile: Type.Optional(DecimalText("positive", "Up to 100, by nearest rank; for `percentile` only")),
    carry_over: Type.Optional(
      Type.Boolean({ default: false, description: "The value persists into the next period" }),
    ),
    operation_field: Type.Optional({
      ...Text(255),
      description: "For `unique`: the property that says `add` (so too when it is missing) or `remove`",
    }),
    expression: Type.Optional({
      ...Text(expressionCharactersMax),
      description: "In place of `field`: the value as an expression over the event's properties",
    }),
  },
  { additionalProperties: false },
);
export type MetricInput = Static<typeof MetricInput>;

/** A checked metric: what is stored, in the field names of the API; decimals as plain text. */
export type MetricTerms = MetricInput;

/** One immutable version of a metric: what is counted, and how. */
export type Metric = Readonly<MetricTerms> & { readonly id: string; readonly version: number };

/**
 * The terms of a metric whose input fits the schema.
 *
 * Throws VAL_001 where a field is missing for the aggregation or of no use to it, where a filter or an expression
 * makes no sense.
 */
export function checkMetric(input: MetricInput): MetricTerms {
  checkKey(input.key, "key");
  checkValue(input);
  checkKind(input);
  const fields = input.group_by ?? [];
  if (new Set(fields).size !== fields.length) throw invalid("group_by", "must not name a field twice");
  const plain = plainDecimals(MetricInput, input) as MetricInput;
  if (input.filters === undefined) return plain;
  return { ...plain, filters: checkFilters(input.filters) };
}

/** What an event's value is: nothing for a count, a field or an expression for all others. */
function checkValue({ aggregation, field, expression }: MetricInput): void {
  if (aggregation === "count") {
    if (field !== undefined) throw invalid("field", "must be left out for 'count'");
    if (expression !== undefined) throw invalid("expression", "must be left out for 'count'");
  } else if (expression === undefined) {
    if (field === undefined) throw invalid("field", `is required for '${aggregation}'`);
  } else {
    if (field !== undefined) throw invalid("expression", "must be left out beside 'field'");
    compileExpression(expression);
  }
}

/** What only some aggregations have. */
function checkKind({ aggregation, percentile, carry_over, operation_field }: MetricInput): void {
  if (aggregation === "percentile") {
    if (percentile === undefined) throw invalid("percentile", "is required for 'percentile'");
    const percent = decimalOf(percentile);
    if (percent !== null && compare(percent, hundred) > 0)
      throw invalid("percentile", "must not be above 100");
  } else if (percentile !== undefined) {
    throw invalid("percentile", "goes with 'percentile' only");
  }
  if (carry_over === true && !carriers.includes(aggregation))
    throw invalid("carry_over", `goes with ${carriers.map((kind) => `'${kind}'`).join(", ")} only`);
  if (operation_field !== undefined && aggregation !== "unique")
    throw invalid("operation_field", "goes with 'unique' only");
}

/** A version of a metric from what is stored of it. */
export function metricOf(id: string, version: number, terms: MetricTerms): Metric {
  return { ...terms, id, version };
}
