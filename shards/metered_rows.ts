import type { Metered } from "../actors/customer/touch.ts";
import type { Properties } from "../src/metering/property.ts";
import { ONE } from "../src/money/decimal.ts";
import { readJson } from "../src/money/json.ts";
import type { UsageRow } from "../src/ports/stored_rows.ts";

/** The part of a stored event that is metered. */
export function meteredOf(row: UsageRow): Metered {
  return {
    eventType: row.eventType,
    properties: readJson(row.properties) as Properties,
    occurredAt: row.occurredAt,
    order: row.seq,
    times: ONE,
  };
}
