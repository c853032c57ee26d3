import type { Call } from "./app.ts";

export const orphans = "/api/v1/admin/orphan-events";
export const customers = "/api/v1/master-data/customers";

/** Tokens at 0.01 USD each, in the plan `p`. */
export async function prepare(call: Call): Promise<void> {
  const metric = { key: "tokens", name: "Tokens", event_type: "llm", aggregation: "sum", field: "tokens" };
  await call("POST", "/api/v1/master-data/metrics", metric);
  const price = { model: "per_unit", metric_id: "tokens", unit_amount: "0.01" };
  await call("POST", "/api/v1/master-data/plans", { key: "p", name: "P", currency: "USD", prices: [price] });
}

/** Sends one event and gives its verdict. @param tokens as JSON text */
export async function send(call: Call, event_id: string, customer_id: string, tokens = "12") {
  const body = `{"event_id":"${event_id}","event_type":"llm","customer_id":"${customer_id}","properties":{"tokens":${tokens}}}`;
  return (await call("POST", "/api/v1/usage/events?wait=applied", body)).payload;
}

export const subscribe = (call: Call, customer_id: string, start = "2026-01-01T00:00:00Z") =>
  call("POST", "/api/v1/subscriptions", { customer_id, plan_id: "p", start });

/** The orphan event once it is no longer open: it is tried by itself soon after what it lacks has come. */
export async function ended(call: Call, id: unknown) {
  for (;;) {
    const { payload } = await call("GET", `${orphans}/${id}`);
    if (payload.state !== "open") return payload;
  }
}

export const recover = (call: Call, id: unknown, body: object) =>
  call("POST", `${orphans}/${id}/recover`, body);

/** What a customer has spent in its window. */
export async function spendOf(call: Call, customer: string): Promise<unknown> {
  return (await call("GET", `/api/v1/spend-control/status?customer_id=${customer}`)).payload.spend;
}
