import type { Load } from "./load.ts";
import type { Server } from "./server.ts";

const SAMPLED_EVENTS = 500;

/**
 * Compares what the program says with what was acknowledged: per customer the number of events, their sum and the
 * charge, worked out here in whole thousandths; and a sample of events one by one. Answers the differences.
 */
export async function verify(server: Server, load: Load): Promise<string[]> {
  const expected = new Map(load.customers.map((name) => [name, { jobs: 0n, units: 0n }]));
  for (const { customer_id, properties } of load.journal.values()) {
    const sums = expected.get(customer_id);
    if (sums === undefined) continue;
    sums.jobs += 1n;
    sums.units += BigInt(properties.n);
  }
  const wrong: string[] = [];
  for (const [name, { jobs, units }] of expected) {
    const told = await server.must("GET", `/subscriptions/sub-${name}/usage`);
    const meters = new Map(
      (told.usage as { metric_key: string; quantity: string }[]).map((m) => [m.metric_key, m.quantity]),
    );
    const thousandths = (jobs <= 50n ? jobs * 10n : 500n + (jobs - 50n) * 5n) + units;
    const said = [
      meters.get("jobs") ?? "0",
      meters.get("units") ?? "0",
      inThousandths(String(told.usage_amount)),
    ].join(" ");
    const meant = `${jobs} ${units} ${thousandths}`;
    if (said !== meant) wrong.push(`${name}: says "${said}", acknowledged "${meant}"`);
  }
  const events = [...load.journal.values()];
  for (let i = 0; i < Math.min(SAMPLED_EVENTS, events.length); i++) {
    const event = events[Math.floor((i * events.length) / SAMPLED_EVENTS)];
    if (event === undefined) continue;
    const { status, payload } = await server.call(
      "GET",
      `/usage/events/${event.event_id}?customer_id=${event.customer_id}`,
    );
    if (status !== 200 || payload.status !== "applied")
      wrong.push(`${event.event_id} is ${payload?.status ?? status}`);
  }
  return wrong;
}

/** "12.345" is 12345 thousandths. */
function inThousandths(text: string): string {
  const [whole = "0", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(3, "0")).toString();
}
