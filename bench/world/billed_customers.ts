import type { Program } from "./program.ts";

const metrics = 5;
const atOnce = 16;
const batch = 1000;
const months = ["2025-01", "2025-02", "2025-03", "2025-04", "2025-05", "2025-06", "2025-07"] as const;

/** Customers on a test clock, who are all billed by the month. */
export interface BilledCustomers {
  /** An event of every customer in the present month, which shows in every line of its invoice. */
  use(): Promise<void>;
  /** Moves the clock to the next month; resolves once everything due has happened. */
  endMonth(): Promise<void>;
}

/** Makes so many of them, on a plan that charges five metrics. */
export async function makeBilledCustomers({ must }: Program, count: number): Promise<BilledCustomers> {
  const clock = await must("POST", "/admin/test-clocks", { name: "bench", now: `${months[0]}-01T00:00:00Z` });
  const prices = [];
  for (let i = 0; i < metrics; i++) {
    const key = `metric_${i}`;
    await must("POST", "/master-data/metrics", {
      key,
      name: key,
      event_type: "work",
      aggregation: "sum",
      field: `n${i}`,
    });
    prices.push({ model: "per_unit", metric_id: key, unit_amount: `0.0${i + 1}` });
  }
  await must("POST", "/master-data/plans", { key: "billed", name: "Billed", currency: "USD", prices });
  let next = 0;
  const make = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) {
      const name = `bench-${i}`;
      await must("POST", "/master-data/customers", { external_id: name, name, test_clock_id: clock.id });
      await must("POST", "/subscriptions", { customer_id: name, plan_id: "billed" });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, make));
  let month = 0;
  return {
    async use() {
      for (let from = 0; from < count; from += batch) {
        const events = Array.from({ length: Math.min(batch, count - from) }, (_, i) => ({
          event_id: `${months[month]}-${from + i}`,
          event_type: "work",
          customer_id: `bench-${from + i}`,
          properties: { n0: 11, n1: 12, n2: 13, n3: 14, n4: 15 },
        }));
        const { results } = (await must("POST", "/usage/events?wait=applied", { events })) as {
          results: readonly { status: string }[];
        };
        const other = results.find(({ status }) => status !== "applied");
        if (other !== undefined) throw new Error(`an event was not applied: ${JSON.stringify(other)}`);
      }
    },
    async endMonth() {
      month += 1;
      await must("POST", `/admin/test-clocks/${clock.id}/advance`, { to: `${months[month]}-01T00:00:00Z` });
    },
  };
}
