import { assert } from "../errors.ts";
import { type Decimal, formatDecimal, ONE } from "../money/decimal.ts";
import { sizeFault } from "../money/decimal_schema.ts";
import { decimalOf } from "../money/json.ts";
import { canonicalText } from "../scalar.ts";
import { compileExpression, type Expression } from "./expression.ts";
import type { Metric } from "./metric.ts";
import { type Properties, propertyAt } from "./property.ts";

/** Why an event has no value for a metric. */
export interface ValueError {
  readonly reason: string;
}

// Texts that are counted or grouped by are kept in memory and shown on invoices.
const textMax = 255;

/** What one event contributes to a metric. */
export interface MeteredValue {
  readonly value: Decimal | string;
  /** True where it takes a text out of `unique`. */
  readonly removes: boolean;
}

/** Compiled once for every version of a metric. */
const expressions = new WeakMap<Metric, Expression>();

const COUNTED: MeteredValue = { value: ONE, removes: false };

/**
 * What one event contributes: 1 to a count, a text to `unique`, else the exact number in the metric's field or of
 * its expression (below 10^18, up to 12 decimals). A ValueError where there is no such value, or where a field the
 * metric groups by holds an object, a list or a text too long.
 */
export function meteredValue(metric: Metric, properties: Properties): MeteredValue | ValueError {
  if (metric.group_by !== undefined) {
    for (const field of metric.group_by) {
      const fault = textFault(propertyAt(properties, field));
      if (fault !== null) return { reason: `property '${field}' ${fault}` };
    }
  }
  if (metric.aggregation === "count") return COUNTED;
  const { operation_field } = metric;
  const removes = operation_field === undefined ? false : isRemoval(properties, operation_field);
  if (typeof removes === "object") return removes;
  const value =
    metric.expression === undefined ? sentValue(metric, properties) : workedOut(metric, properties);
  return typeof value === "object" && "reason" in value ? value : { value, removes };
}

/** The property in the metric's field. */
function sentValue({ aggregation, field }: Metric, properties: Properties): Decimal | string | ValueError {
  assert(field !== undefined, "every metric but a count has a field or an expression");
  const value = propertyAt(properties, field);
  const what = `property '${field}'`;
  if (value === undefined || value === null) return { reason: `${what} is missing` };
  return aggregation === "unique" ? textIn(what, value) : numberIn(what, value);
}

/** The value of the metric's expression. */
function workedOut(metric: Metric, properties: Properties): Decimal | string | ValueError {
  const what = "the expression's value";
  const value = expressionOf(metric)(properties);
  if (typeof value !== "object") {
    return metric.aggregation === "unique" ? textIn(what, value) : numberIn(what, value);
  }
  if ("reason" in value) return value;
  return metric.aggregation === "unique" ? formatDecimal(value) : sized(what, value);
}

function expressionOf(metric: Metric): Expression {
  const known = expressions.get(metric);
  if (known !== undefined) return known;
  const compiled = compileExpression(metric.expression ?? "");
  expressions.set(metric, compiled);
  return compiled;
}

/** Whether the event takes its text out: the operation says so; without one it is put in. */
function isRemoval(properties: Properties, field: string): boolean | ValueError {
  const operation = propertyAt(properties, field) ?? "add";
  if (operation === "add" || operation === "remove") return operation === "remove";
  return { reason: `property '${field}' is neither 'add' nor 'remove'` };
}

/** True for what `meteredValue` gives where there is no value. */
export function isValueError<T extends object>(value: T | ValueError): value is ValueError {
  return "reason" in value;
}

/**
 * The group an event falls in: "" without group_by, else a JSON object of the fields' canonical texts in the
 * metric's order, null for a property that is missing. Expects an event that has a metered value.
 */
export function groupKey(metric: Metric, properties: Properties): string {
  const fields = metric.group_by;
  if (fields === undefined || fields.length === 0) return "";
  let text = "";
  for (const field of fields) {
    const value = canonicalText(propertyAt(properties, field));
    text += `${text === "" ? "{" : ","}${JSON.stringify(field)}:${JSON.stringify(value)}`;
  }
  return `${text}}`;
}

function numberIn(what: string, value: unknown): Decimal | ValueError {
  const number = decimalOf(value);
  if (number === null) return { reason: `${what} is not a number` };
  return sized(what, number);
}

function sized(what: string, number: Decimal): Decimal | ValueError {
  const fault = sizeFault(number);
  return fault === null ? number : { reason: `${what} ${fault}` };
}

function textIn(what: string, value: unknown): string | ValueError {
  const fault = textFault(value);
  return fault === null ? (canonicalText(value) ?? "") : { reason: `${what} ${fault}` };
}

function textFault(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const text = canonicalText(value);
  if (text === null) return "is not a text, a number or a boolean";
  return text.length <= textMax ? null : `is longer than ${textMax} characters`;
}
