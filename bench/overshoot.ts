// How far spend goes beyond a limit while many clients hammer one customer.
import { Bench } from "./harness.ts";
import { openDatabases } from "./world/databases.ts";
import { drive, postOf } from "./world/http_client.ts";
import { keyHeader } from "./world/ingestion.ts";
import { startProgram } from "./world/program.ts";
import { makeCustomers } from "./world/work.ts";

const clients = 64;
const events = 3000;
const reservations = 1000;
const rounds = 5;
/** Every event costs so much: 0.02 for the job, and 100 units at 0.0001. */
const price = 0.03;
const limit = 12.34;
const actions = ["block", "suspend"] as const;

const bench = new Bench(
  "overshoot",
  `How far does spend go beyond a limit while ${clients} clients hammer one customer?`,
);
const databases = await openDatabases();
try {
  const program = await startProgram(databases.folder("overshoot"), {
    DATABASE_URL: await databases.fresh("overshoot"),
    KAFKA_BROKERS: "",
    REDIS_URL: "",
    CLICKHOUSE_URL: "off",
  });
  await makeCustomers(program, rounds * (actions.length + 1));
  const header = await keyHeader(program, ["events:write"]);
  const beyond = async (customer: string, action: string): Promise<number> => {
    await program.must("POST", "/spend-control/limits", {
      customer_id: customer,
      monthly_limit: `${limit}`,
      action_on_exceed: action,
      ...(action === "suspend" ? { ingest_on_suspend: "reject" } : {}),
      currency: "USD",
    });
    const requests = Array.from({ length: events }, (_, i) => {
      const event = { event_id: `e-${i}`, event_type: "work", customer_id: customer, properties: { n: 100 } };
      return postOf(program.url, "/api/v1/usage/events", JSON.stringify({ events: [event] }), [header]);
    });
    const { url } = program;
    await drive({ url, connections: clients, requests, check: ({ status }) => status === 202 });
    // Answered in the customer's turn, after everything that was accepted before.
    await program
      .must("POST", "/usage/events?wait=applied", {
        events: [{ event_id: "last", event_type: "work", customer_id: customer, properties: { n: 0 } }],
      })
      .catch(() => {});
    const { spend } = await program.must("GET", `/spend-control/status?customer_id=${customer}`);
    const over = Number(spend) - limit;
    if (over < -price) throw new Error(`${customer} has spent ${spend} of ${limit}: too few events counted`);
    return Math.max(0, over);
  };
  /** Each client holds what an event costs, and commits the event where it was given. */
  const beyondReserved = async (customer: string): Promise<number> => {
    await program.must("POST", "/spend-control/limits", {
      customer_id: customer,
      monthly_limit: `${limit}`,
      action_on_exceed: "block",
      currency: "USD",
    });
    const call = async (path: string, body: unknown): Promise<Response> =>
      fetch(`${program.url}/api/v1/spend-control/reservations${path}`, {
        method: "POST",
        headers: { "X-API-Key": header.slice("X-API-Key: ".length) },
        body: JSON.stringify(body),
      });
    let next = 0;
    const hammer = async (): Promise<void> => {
      for (let i = next++; i < reservations; i = next++) {
        const event = { event_type: "work", properties: { n: 100 } };
        const held = await call("", { customer_id: customer, expires_in: 60, event });
        if (held.status === 402) continue;
        const { payload } = (await held.json()) as { payload: { id: string } };
        const told = await call(`/${payload.id}/commit`, { event: { ...event, event_id: `e-${i}` } });
        if (told.status !== 200) throw new Error(`a commit came to ${told.status}: ${await told.text()}`);
      }
    };
    await Promise.all(Array.from({ length: clients }, hammer));
    const { spend } = await program.must("GET", `/spend-control/status?customer_id=${customer}`);
    const over = Number(spend) - limit;
    if (over < -price) throw new Error(`${customer} has spent ${spend} of ${limit}: too few events counted`);
    return Math.max(0, over);
  };
  for (const [i, action] of actions.entries()) {
    const found: number[] = [];
    for (let round = 0; round < rounds; round++)
      found.push(await beyond(`bench-${i * rounds + round}`, action));
    bench.add(`${action}: beyond the limit`, "USD", found);
  }
  const reserved: number[] = [];
  for (let round = 0; round < rounds; round++)
    reserved.push(await beyondReserved(`bench-${actions.length * rounds + round}`));
  bench.add("reserved: beyond the limit", "USD", reserved);
  bench.value("plain ingestion that blocks: nothing beyond", "block: beyond the limit", { atMost: 0 });
  bench.value(
    `plain ingestion that suspends: at most the ${clients} events in flight, in USD`,
    "suspend: beyond the limit",
    { atMost: clients * price },
  );
  bench.value("reservations: exactly nothing beyond", "reserved: beyond the limit", { atMost: 0 });
  bench.note(`${events} events at ${price} USD against a limit of ${limit} USD.`);
  await program.stop();
} finally {
  await databases.close();
}
await bench.finish();
