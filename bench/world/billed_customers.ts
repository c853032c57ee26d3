import { cloneCustomers, idOfClone } from "./clones.ts";
import type { Program } from "./program.ts";

const metrics = 5;
const batch = 1000;
const months = ["2025-01", "2025-02", "2025-03", "2025-04", "2025-05", "2025-06", "2025-07"] as const;
const first = "bench-0";

/** Customers on a test clock, who are all billed by the month, in an installation that runs. */
export interface BilledCustomers {
  readonly program: Program;
  /** An event of every customer in the present month, which shows in every line of its invoice. */
  use(): Promise<void>;
  /** Moves the clock to the next month; resolves once everything due has happened. */
  endMonth(): Promise<void>;
}

/** Makes so many of them, on a plan that charges five metrics: one, and clones of it. */
export async function makeBilledCustomers(
  start: () => Promise<Program>,
  url: string,
  count: number,
): Promise<BilledCustomers> {
  const making = await start();
  const clockId = await makeFirst(making);
  await making.stop();
  await cloneCustomers(url, count - 1);
  const program = await start();
  const { must } = program;
  const nameOf = (i: number): string => (i === 0 ? first : idOfClone(i));
  let month = 0;
  return {
    program,
    async use() {
      for (let from = 0; from < count; from += batch) {
        const events = Array.from({ length: Math.min(batch, count - from) }, (_, i) => ({
          event_id: `${months[month]}-${from + i}`,
          event_type: "work",
          customer_id: nameOf(from + i),
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
      await must("POST", `/admin/test-clocks/${clockId}/advance`, { to: `${months[month]}-01T00:00:00Z` });
    },
  };
}

/** The plan and the first customer; answers the id of the clock. */
async function makeFirst({ must }: Program): Promise<unknown> {
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
  await must("POST", "/master-data/customers", { external_id: first, name: first, test_clock_id: clock.id });
  await must("POST", "/subscriptions", { customer_id: first, plan_id: "billed" });
  return clock.id;
}
