import type { Client } from "./client.ts";

export const dayMs = 86_400_000;
/** Where test clocks begin. */
export const clockStart = Date.parse("2023-01-01T00:00:00Z");
const clocks = 2;
const atOnce = 16;

/** Who there is: by what may happen to them. */
export interface World {
  /** On real time, in their first month all along. */
  readonly real: readonly string[];
  /** On test clocks; their events come before their months end. */
  readonly punctual: readonly string[];
  /** On test clocks; their events may come years after. */
  readonly late: readonly string[];
  readonly clocks: readonly string[];
  /** When the subscriptions of those on real time began. */
  readonly start: number;
}

export const subscriptionOf = (customer: string): string => `sub-${customer}`;

/** Makes the catalog and the customers, each with a subscription of its own. */
export async function seed(client: Client, customers: number): Promise<World> {
  await sellWork(client);
  const start = Date.now() - 3 * dayMs;
  const named = (kind: string, part: number) =>
    Array.from({ length: Math.max(2, Math.round(customers * part)) }, (_, i) => `${kind}-${i}`);
  const [real, punctual, late] = [named("real", 0.75), named("punctual", 0.2), named("late", 0.05)];
  const clockIds: string[] = [];
  for (let i = 0; i < clocks; i++) {
    const clock = { name: `clock ${i}`, now: new Date(clockStart).toISOString() };
    clockIds.push(String((await client.must("POST", "/admin/test-clocks", clock, `clock-${i}`)).payload.id));
  }
  const subscribe = async (name: string, clock?: string): Promise<void> => {
    const lives = clock === undefined ? {} : { test_clock_id: clock };
    const customer = { external_id: name, name, ...lives };
    await client.must("POST", "/master-data/customers", customer, `customer-${name}`);
    const from =
      clock === undefined
        ? { anchor: "anniversary", start: new Date(start).toISOString() }
        : { anchor: "calendar", start: new Date(clockStart).toISOString() };
    const external_id = subscriptionOf(name);
    const subscription = { customer_id: name, plan_id: "work", external_id, ...from };
    await client.must("POST", "/subscriptions", subscription, `subscription-${name}`);
  };
  const all = [
    ...real.map((name) => () => subscribe(name)),
    ...[...punctual, ...late].map((name, i) => () => subscribe(name, clockIds[i % clocks])),
  ];
  for (let i = 0; i < all.length; i += atOnce)
    await Promise.all(all.slice(i, i + atOnce).map((make) => make()));
  return { real, punctual, late, clocks: clockIds, start };
}

async function sellWork(client: Client): Promise<void> {
  const jobs = { key: "jobs", name: "Jobs", event_type: "work", aggregation: "count" };
  const units = { key: "units", name: "Units", event_type: "work", aggregation: "sum", field: "n" };
  for (const metric of [jobs, units]) await client.must("POST", "/master-data/metrics", metric, metric.key);
  const tiers = [
    { up_to: "50", unit_amount: "0.02" },
    { up_to: null, unit_amount: "0.01" },
  ];
  const prices = [
    { model: "flat", amount: "5.00", timing: "arrears" },
    { model: "graduated", metric_id: "jobs", tiers },
    { model: "per_unit", metric_id: "units", unit_amount: "0.01" },
  ];
  const work = { key: "work", name: "Work", currency: "USD", prices };
  const flat = [{ model: "flat", amount: "1.00", timing: "arrears" }];
  const side = { key: "side", name: "Beside it", currency: "USD", prices: flat };
  for (const plan of [work, side]) await client.must("POST", "/master-data/plans", plan, plan.key);
}
