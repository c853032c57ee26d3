import type { SimulatedEvent } from "../../../actors/customer/simulate.ts";
import { invalid } from "../../../src/errors.ts";
import { limits } from "../../../src/limits.ts";
import { ONE } from "../../../src/money/decimal.ts";
import { readJson } from "../../../src/money/json.ts";
import type { Period } from "../../../src/time/period.ts";
import type { Services } from "../../services.ts";

const pageEvents = 5000;

/** A customer's real events of a period, voided ones left out, oldest first. Throws VAL_001 where they are too many. */
export async function simulatedHistory(
  services: Services,
  companyId: string,
  customerId: string,
  period: Period,
): Promise<SimulatedEvent[]> {
  const events: SimulatedEvent[] = [];
  let after: { occurredAt: number; seq: number } | null = null;
  for (;;) {
    const page = await services.documents.usageBetween(companyId, customerId, period, after, pageEvents);
    for (const row of page) {
      const properties = readJson(row.properties) as Record<string, unknown>;
      events.push({ eventType: row.eventType, at: row.occurredAt, times: ONE, properties });
    }
    const last = page.at(-1);
    if (last === undefined || page.length < pageEvents) return events;
    if (events.length >= limits.historyEventsMax)
      throw invalid("history", `has more than ${limits.historyEventsMax} events in the period`);
    after = { occurredAt: last.occurredAt, seq: last.seq };
  }
}
