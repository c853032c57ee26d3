import type { Metered } from "../actors/customer/touch.ts";
import type { Properties } from "../src/metering/property.ts";
import { ONE } from "../src/money/decimal.ts";
import { readJson } from "../src/money/json.ts";
import type { MeasuredUsage } from "../src/ports/usage_analytics.ts";

/** The part of a stored event that is metered. */
export function meteredOf(row: MeasuredUsage): Metered {
  return {
    eventType: row.eventType,
    properties: readJson(row.properties) as Properties,
    occurredAt: row.occurredAt,
    order: row.seq,
    times: ONE,
  };
}
