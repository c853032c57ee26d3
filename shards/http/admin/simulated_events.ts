import type { SimulatedEvent } from "../../../actors/customer/simulate.ts";
import { invalid } from "../../../src/errors.ts";
import { propertiesFault } from "../../../src/metering/event_text.ts";
import { compare, type Decimal, decimal, ONE, scaleOf, sign } from "../../../src/money/decimal.ts";
import { decimalOf } from "../../../src/money/json.ts";
import type { Instant } from "../../../src/time/instant.ts";
import { instantField } from "../fields.ts";

// Beyond it a count is a mistake: a quadrillion events of one kind in a period.
const countMax = decimal("1e15");

/** Made-up events; one without a time happens at `start`. Throws VAL_001 naming the event and its field. */
export function simulatedEvents(
  events: readonly { readonly event_type: string }[],
  start: Instant,
): SimulatedEvent[] {
  return events.map((event, index) => {
    const at = `simulated_events[${index}]`;
    const { event_type, count, timestamp, ...properties } = event as Record<string, unknown> & {
      event_type: string;
    };
    const fault = propertiesFault(properties);
    if (fault !== null) throw invalid(fault.field.replace("properties", at), fault.reason);
    if (timestamp !== undefined && typeof timestamp !== "string")
      throw invalid(`${at}.timestamp`, "must be a string");
    return {
      eventType: event_type,
      at: timestamp === undefined ? start : instantField(`${at}.timestamp`, timestamp),
      times: count === undefined ? ONE : countOf(count, `${at}.count`),
      properties,
    };
  });
}

function countOf(value: unknown, field: string): Decimal {
  const count = decimalOf(value);
  if (count === null || sign(count) <= 0 || scaleOf(count) > 0 || compare(count, countMax) > 0) {
    throw invalid(field, "must be a whole number from 1 to 10^15");
  }
  return count;
}
