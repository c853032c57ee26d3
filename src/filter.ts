import { type Static, Type } from "@sinclair/typebox";
import { invalid } from "./errors.ts";
import { type DecimalInput, DecimalText } from "./money/decimal_schema.ts";
import { decimalOf, isRawNumber } from "./money/json.ts";
import { canonicalText } from "./scalar.ts";
import { OneOf, Text } from "./text.ts";

const listMax = 100;
// Each is looked at for every event; it is far above what one metric or price can sensibly say.
const filtersMax = 20;

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

/** The filters of a metric or a price: an event counts where all of them hold. */
export const Filters = Type.Array(Filter, { maxItems: filtersMax });

/**
 * The filters as they are kept: numbers that a double cannot hold as their text, which matching takes for the same.
 * Throws VAL_001 for one that makes no sense; `at` is the path of the object they are in, such as `prices[1].`.
 */
export function checkFilters(filters: readonly Filter[], at = ""): Filter[] {
  return filters.map((filter, index) => {
    const fault = filterFault(filter);
    if (fault !== null) throw invalid(`${at}filters[${index}].values`, fault);
    if (filter.values === undefined) return filter;
    return { ...filter, values: filter.values.map((v) => (isRawNumber(v) ? (canonicalText(v) ?? v) : v)) };
  });
}

/** What keeps a filter from making sense, in words that follow its path; null when nothing. */
function filterFault(filter: Filter): string | null {
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
