import type { Program } from "./program.ts";

const atOnce = 16;
/** So many requests are under way at a time, of so many events each. */
const senders = 8;
const batch = 1000;

/** Makes a plan and so many customers who have it, named `bench-0` and so on. */
export async function makeCustomers({ must }: Program, count: number): Promise<void> {
  const metrics = [
    { key: "jobs", name: "Jobs", event_type: "work", aggregation: "count" },
    { key: "units", name: "Units", event_type: "work", aggregation: "sum", field: "n" },
  ];
  for (const metric of metrics) await must("POST", "/master-data/metrics", metric);
  const tiers = [
    { up_to: "1000", unit_amount: "0.02" },
    { up_to: null, unit_amount: "0.01" },
  ];
  const prices = [
    { model: "graduated", metric_id: "jobs", tiers },
    { model: "per_unit", metric_id: "units", unit_amount: "0.0001" },
  ];
  await must("POST", "/master-data/plans", { key: "work", name: "Work", currency: "USD", prices });
  let next = 0;
  const make = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) {
      const name = `bench-${i}`;
      await must("POST", "/master-data/customers", { external_id: name, name });
      await must("POST", "/subscriptions", { customer_id: name, plan_id: "work" });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, make));
}

/**
 * Sends so many new events, spread evenly over so many customers; resolves once all are durable. Throws where one is
 * not accepted.
 *
 * @param run part of every id: another for every call
 */
export async function sendEvents(
  { must }: Program,
  run: string,
  customers: number,
  count: number,
): Promise<void> {
  let next = 0;
  const send = async (): Promise<void> => {
    for (let from = next; from < count; from = next) {
      next += batch;
      const events = Array.from({ length: Math.min(batch, count - from) }, (_, i) => ({
        event_id: `${run}-${from + i}`,
        event_type: "work",
        customer_id: `bench-${(from + i) % customers}`,
        properties: { n: ((from + i) % 97) + 1, model: "large" },
      }));
      const { accepted } = await must("POST", "/usage/events", { events });
      if (accepted !== events.length) throw new Error(`${accepted} of ${events.length} events were accepted`);
    }
  };
  await Promise.all(Array.from({ length: senders }, send));
}
