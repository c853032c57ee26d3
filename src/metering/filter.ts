import { type Static, Type } from "@sinclair/typebox";
import { compare } from "../money/decimal.ts";
import { type DecimalInput, DecimalText } from "../money/decimal_schema.ts";
import { decimalOf } from "../money/json.ts";
import { OneOf, Text } from "../text.ts";
import { canonicalText, type Properties, propertyAt } from "./property.ts";

const listMax = 100;

/** A condition on one property of an event; `field` may be a dotted path into the properties. */
export const Filter = Type.Object(
  {
    field: Text(255),
    op: OneOf(["eq", "neq", "in", "nin", "gt", "gte", "lt", "lte", "exists"]),
    values: Type.Optional(
      Type.Array(Type.Union([Text(255), Type.Boolean(), DecimalText("any", "An exact number")]), {
        maxItems: listMax,
        description: "One for eq, neq, gt, gte, lt, lte; any number for in, nin; none for exists",
      }),
    ),
  },
  { additionalProperties: false },
);
export type Filter = Static<typeof Filter>;
export type FilterValue = string | boolean | DecimalInput;

/**
 * True when the properties meet every filter. `eq` and `in` compare canonical texts, `neq` and `nin` are their
 * opposites and so hold for a property that is missing; order holds between decimals only.
 */
export function matches(filters: readonly Filter[] | undefined, properties: Properties): boolean {
  if (filters === undefined) return true;
  for (const filter of filters) if (!holds(filter, propertyAt(properties, filter.field))) return false;
  return true;
}

/** What keeps a filter from making sense, in words that follow its path; null when nothing. */
export function filterFault(filter: Filter): string | null {
  const values = filter.values ?? [];
  switch (filter.op) {
    case "in":
    case "nin":
      return values.length > 0 ? null : `needs at least one value for '${filter.op}'`;
    case "exists":
      if (values.length === 0 || (values.length === 1 && typeof values[0] === "boolean")) return null;
      return "takes no value for 'exists', or one that is true or false";
    case "eq":
    case "neq":
      return values.length === 1 ? null : `needs exactly one value for '${filter.op}'`;
    default:
      return values.length === 1 && decimalOf(values[0]) !== null
        ? null
        : `needs exactly one number for '${filter.op}'`;
  }
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
