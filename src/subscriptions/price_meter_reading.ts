import type { Sample } from "../metering/aggregate.ts";
import { matches } from "../metering/filter.ts";
import type { Metric } from "../metering/metric.ts";
import { propertyAt } from "../metering/property.ts";
import type { Span } from "../metering/span.ts";
import { isValueError, meteredValue, type ValueError } from "../metering/value.ts";
import { type Decimal, ZERO } from "../money/decimal.ts";
import { sizeFault } from "../money/decimal_schema.ts";
import { decimalOf } from "../money/json.ts";
import { cellKey, DEFAULT_CELL } from "../pricing/matrix.ts";
import type { Price } from "../pricing/price.ts";
import { canonicalText } from "../scalar.ts";
import { clockWindow } from "../time/calendar.ts";
import type { Instant } from "../time/instant.ts";
import type { Period } from "../time/period.ts";

/** The part of an event that is metered. */
export interface MeteredEvent {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly occurredAt: Instant;
  /** Breaks ties between equal times: the later one in, the greater. */
  readonly order: number;
  /** How many equal events this stands for, a whole number above 0. */
  readonly times: Decimal;
}

/** What one event brings to a price; it does not depend on what came before. */
export interface UsageReading {
  readonly sample: Sample;
  /** Of a `matrix` price the key of the event's cell, else "". */
  readonly cell: string;
  /** The whole window of the price's the event lies in, not cut to the period; null without windows. */
  readonly window: Period | null;
  /** What the price looks at of the single event: the amount it carries or is a part of; else 0. */
  readonly amount: Decimal;
  /** True for an event of an earlier period whose value persists: it is no event of this one. */
  readonly isCarried?: boolean;
}

/**
 * What an event brings to a price. Null where the metric's or the price's filters do not match; a ValueError where
 * the event has no usable value or amount. Looks at neither the event's type nor its group.
 */
export function readUsage(
  price: Price,
  metric: Metric,
  event: MeteredEvent,
  span: Span,
): UsageReading | ValueError | null {
  const { properties, occurredAt, order, times } = event;
  if (!matches(metric.filters, properties) || !matches(price.filters, properties)) return null;
  const metered = meteredValue(metric, properties);
  if (isValueError(metered)) return metered;
  const { value, removes } = metered;
  const amount = amountIn(price, value, properties);
  if ("reason" in amount) return amount;
  return {
    sample: { value, at: occurredAt, order, times, removes },
    cell: cellIn(price, properties),
    window: price.window === null ? null : clockWindow(occurredAt, price.window, span.timezone),
    amount,
  };
}

function amountIn(
  { terms }: Price,
  value: Decimal | string,
  properties: MeteredEvent["properties"],
): Decimal | ValueError {
  if (terms.model === "dynamic") return numberAt(properties, terms.amountField);
  if (terms.model !== "percentage" || !terms.byEvent) return ZERO;
  return typeof value === "string" ? { reason: "a percentage by event needs a number" } : value;
}

function numberAt(properties: MeteredEvent["properties"], field: string): Decimal | ValueError {
  const value = propertyAt(properties, field);
  if (value === undefined || value === null) return { reason: `property '${field}' is missing` };
  const number = decimalOf(value);
  if (number === null) return { reason: `property '${field}' is not a number` };
  const fault = sizeFault(number);
  return fault === null ? number : { reason: `property '${field}' ${fault}` };
}

/** The cell whose match is the event's values of all dimensions, as canonical texts; else the default. */
function cellIn({ terms }: Price, properties: MeteredEvent["properties"]): string {
  if (terms.model !== "matrix") return DEFAULT_CELL;
  const key = cellKey(terms.dimensions.map((field) => canonicalText(propertyAt(properties, field))));
  return terms.keys.has(key) ? key : DEFAULT_CELL;
}
