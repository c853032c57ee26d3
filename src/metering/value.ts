import { assert } from "../errors.ts";
import { type Decimal, formatDecimal, ONE } from "../money/decimal.ts";
import { sizeFault } from "../money/decimal_schema.ts";
import { decimalOf } from "../money/json.ts";
import { canonicalText } from "../scalar.ts";
import { evaluate } from "./expression.ts";
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
  const { field, expression, operation_field } = metric;
  const removes = operation_field === undefined ? false : removal(properties, operation_field);
  if (typeof removes === "object") return removes;
  if (expression !== undefined) {
    const result = evaluated(metric, expression, properties);
    return typeof result === "object" && "reason" in result ? result : { value: result, removes };
  }
  assert(field !== undefined, "every metric but a count names a field or an expression");
  const value = propertyAt(properties, field);
  if (value === undefined || value === null) return { reason: `property '${field}' is missing` };
  const what = `property '${field}'`;
  const read = metric.aggregation === "unique" ? textOf(what, value) : numberIn(what, value);
  return typeof read === "object" && "reason" in read ? read : { value: read, removes };
}

/** The value of a metric's expression: a text for `unique`, else a number. */
function evaluated(
  metric: Metric,
  expression: string,
  properties: Properties,
): Decimal | string | ValueError {
  const result = evaluate(expression, properties);
  if (typeof result === "object" && "reason" in result) return result;
  if (metric.aggregation === "unique") {
    return typeof result === "object" ? formatDecimal(result) : textOf("the expression", result);
  }
  if (typeof result !== "object") return { reason: "the expression is not a number" };
  const fault = sizeFault(result);
  return fault === null ? result : { reason: `the expression ${fault}` };
}

function removal(properties: Properties, field: string): boolean | ValueError {
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
  const fault = sizeFault(number);
  return fault === null ? number : { reason: `${what} ${fault}` };
}

function textOf(what: string, value: unknown): string | ValueError {
  const fault = textFault(value);
  return fault === null ? (canonicalText(value) ?? "") : { reason: `${what} ${fault}` };
}

function textFault(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const text = canonicalText(value);
  if (text === null) return "is not a text, a number or a boolean";
  return text.length <= textMax ? null : `is longer than ${textMax} characters`;
}
