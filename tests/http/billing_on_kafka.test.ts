import { expect, test } from "bun:test";
import { openKafkaEventLog } from "../../src/adapters/kafka/open.ts";
import { openMemoryEventLog } from "../../src/adapters/memory/event_log.ts";
import { limits } from "../../src/limits.ts";
import type { EventLog } from "../../src/ports/event_log.ts";
import { brokers, newTopic, skipped } from "../adapters/kafka_fixture.ts";
import { openBillingWorld, usage } from "./billing_world.ts";

/** From usage event to issued invoice; what is on it but its ids. */
async function month(log: EventLog): Promise<Record<string, unknown>> {
  const { app, done, clock } = await openBillingWorld({ log: log });
  try {
    const events = Array.from({ length: 400 }, (_, i) =>
      usage(`e${i}`, "ada", `2023-11-${10 + (i % 20)}T12:00:00Z`, 20_000 + i, 137),
    );
    for (let i = 0; i < events.length; i += 50) {
      // Some of them twice.
      const { payload } = await done("POST", "/usage/events", { events: events.slice(i, i + 60) });
      expect(payload.rejected).toBe(0);
    }
    await done("POST", "/usage/events?wait=applied", usage("last", "ada", "2023-11-30T23:59:59.999Z", "0.5"));
    await done("POST", `/admin/test-clocks/${clock.id}/advance`, { to: "2023-12-02T00:00:00Z" });
    const { rows } = await done("GET", "/invoicing/invoices?customer_id=ada");
    expect(rows).toHaveLength(1);
    expect(app.troubles).toEqual([]);
    const { number, status, total, issued_at, line_items } = rows[0] ?? {};
    const lines = (line_items as Record<string, unknown>[]).map(({ quantity, amount, type }) => {
      return { quantity, amount, type };
    });
    return { number, status, total, issued_at, lines };
  } finally {
    await app.close();
  }
}

test.skipIf(skipped !== "")(
  `a month's invoice is the same by way of Kafka, to the cent${skipped}`,
  async () => {
    const { partitions } = limits;
    const embedded = await month(openMemoryEventLog(partitions));
    // Input 400 × 20,000 + 0 + 1 + … + 399 + 0.5 = 8,079,800.5; output 400 × 137 = 54,800:
    // 20 + 5,000,000 × 0.000003 + 3,079,800.5 × 0.0000024 = 22.39 and 54,800 × 0.000015 = 0.82
    expect(embedded).toMatchObject({ status: "issued", total: "43.21" });
    const log = await openKafkaEventLog({ brokers, partitions, topic: newTopic(), say: () => {} });
    expect(await month(log)).toEqual(embedded);
  },
);
