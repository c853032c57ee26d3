import type { Filter, FilterValue } from "../filter.ts";
import { compare } from "../money/decimal.ts";
import { decimalOf } from "../money/json.ts";
import { canonicalText } from "../scalar.ts";
import { type Properties, propertyAt } from "./property.ts";

/**
 * True when the properties meet every filter. `eq` and `in` compare canonical texts, `neq` and `nin` are their
 * opposites and so hold for a property that is missing; order holds between decimals only.
 */
export function matches(filters: readonly Filter[] | undefined, properties: Properties): boolean {
  if (filters === undefined) return true;
  for (const filter of filters) if (!holds(filter, propertyAt(properties, filter.field))) return false;
  return true;
}

function holds(filter: Filter, value: unknown): boolean {
  const values = filter.values ?? [];
  switch (filter.op) {
    case "eq":
    case "in":
      return isAmong(values, value);
    case "neq":
    case "nin":
      return !isAmong(values, value);
    case "exists":
      return (value !== undefined && value !== null) === (values[0] ?? true);
    case "gt":
      return (order(value, values[0]) ?? 0) > 0;
    case "gte":
      return (order(value, values[0]) ?? -1) >= 0;
    case "lt":
      return (order(value, values[0]) ?? 0) < 0;
    case "lte":
      return (order(value, values[0]) ?? 1) <= 0;
  }
}

function isAmong(values: readonly FilterValue[], value: unknown): boolean {
  const text = canonicalText(value);
  if (text === null) return false;
  for (const candidate of values) if (canonicalText(candidate) === text) return true;
  return false;
}

/** Where a stands to b when both are decimals, else null. */
function order(a: unknown, b: unknown): -1 | 0 | 1 | null {
  const x = decimalOf(a);
  const y = decimalOf(b);
  return x === null || y === null ? null : compare(x, y);
}
