import { fraction, isAbove } from "../fraction.ts";
import type { OracleEvent, OracleFilter, Scalar } from "./case.ts";

/** True where the event meets every filter, each read straight from what its op is called. */
export function passes(event: OracleEvent, filters: readonly OracleFilter[] = []): boolean {
  return filters.every((filter) => holds(filter, event.traits[filter.field]));
}

function holds({ op, values = [] }: OracleFilter, value: Scalar | undefined): boolean {
  const isOne = value !== undefined && values.map(String).includes(String(value));
  switch (op) {
    case "eq":
    case "in":
      return isOne;
    case "neq":
    case "nin":
      return !isOne;
    case "exists":
      return (value !== undefined) === (values[0] ?? true);
    case "gt":
      return isOrdered(values[0], value, false);
    case "gte":
      return isOrdered(values[0], value, true);
    case "lt":
      return isOrdered(value, values[0], false);
    case "lte":
      return isOrdered(value, values[0], true);
  }
}

/** True where both are numbers and a is below b, or equal to it where that will do. */
function isOrdered(a: Scalar | undefined, b: Scalar | undefined, equalWillDo: boolean): boolean {
  if (!isNumber(a) || !isNumber(b)) return false;
  const [x, y] = [fraction(String(a)), fraction(String(b))];
  return equalWillDo ? !isAbove(x, y) : isAbove(y, x);
}

function isNumber(value: Scalar | undefined): value is string | number {
  return typeof value === "number" || (typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value));
}
