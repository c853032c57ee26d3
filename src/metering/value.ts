import { assert } from "../errors.ts";
import { type Decimal, ONE } from "../money/decimal.ts";
import { sizeFault } from "../money/decimal_schema.ts";
import { decimalOf } from "../money/json.ts";
import type { Metric } from "./metric.ts";
import { canonicalText, type Properties, propertyAt } from "./property.ts";

/** Why an event has no value for a metric. */
export interface ValueError {
  readonly reason: string;
}

// Texts that are counted or grouped by are kept in memory and shown on invoices.
const textMax = 255;

/**
 * What one event contributes: 1 to a count, a text to `unique`, else the exact number in the metric's field
 * (a JSON number or a decimal string, below 10^18, up to 12 decimals). A ValueError where there is no such value,
 * or where a field the metric groups by holds an object, a list or a text too long.
 */
export function meteredValue(metric: Metric, properties: Properties): Decimal | string | ValueError {
  if (metric.group_by !== undefined) {
    for (const field of metric.group_by) {
      const fault = textFault(propertyAt(properties, field));
      if (fault !== null) return { reason: `property '${field}' ${fault}` };
    }
  }
  if (metric.aggregation === "count") return ONE;
  const { field } = metric;
  assert(field !== undefined, "every metric but a count names a field");
  const value = propertyAt(properties, field);
  if (value === undefined || value === null) return { reason: `property '${field}' is missing` };
  return metric.aggregation === "unique" ? textOf(field, value) : numberIn(field, value);
}

/** True for what `meteredValue` gives where there is no value. */
export function isValueError(value: Decimal | string | ValueError): value is ValueError {
  return typeof value === "object" && "reason" in value;
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

function numberIn(field: string, value: unknown): Decimal | ValueError {
  const number = decimalOf(value);
  if (number === null) return { reason: `property '${field}' is not a number` };
  const fault = sizeFault(number);
  return fault === null ? number : { reason: `property '${field}' ${fault}` };
}

function textOf(field: string, value: unknown): string | ValueError {
  const fault = textFault(value);
  return fault === null ? (canonicalText(value) ?? "") : { reason: `property '${field}' ${fault}` };
}

function textFault(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const text = canonicalText(value);
  if (text === null) return "is not a text, a number or a boolean";
  return text.length <= textMax ? null : `is longer than ${textMax} characters`;
}
