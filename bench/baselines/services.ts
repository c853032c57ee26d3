import { Elysia } from "elysia";
import { Redis } from "ioredis";
import postgres from "postgres";

/** A service as people write it today, by its name; `url` is of the engine it asks. */
export const services = {
  constant,
  parsing,
  parsing_elysia,
  postgres_events,
  redis_limit,
  postgres_limit,
} as const;
export type ServiceName = keyof typeof services;

type Serving = (request: Request) => Response | Promise<Response>;

interface Event {
  readonly event_id: string;
  readonly event_type: string;
  readonly customer_id: string;
  readonly timestamp?: string;
  readonly properties: unknown;
}
interface Question {
  readonly customer_id: string;
  readonly properties: { readonly n: number };
}

const json = { "Content-Type": "application/json" };

/** Answers the same, whatever is asked: the cost of HTTP alone. */
async function constant(): Promise<Serving> {
  return () => new Response('{"allowed":true}', { headers: json });
}

/** Reads the JSON and counts: what any service that understands events has to do. */
async function parsing(): Promise<Serving> {
  return parsed;
}

/** The same, by way of Elysia. */
async function parsing_elysia(): Promise<Serving> {
  const app = new Elysia({ handler: { standardHostname: false } }).post(
    "/api/v1/usage/events",
    ({ request }) => parsed(request),
    {
      parse: "none",
    },
  );
  return (request) => app.fetch(request);
}

async function parsed(request: Request): Promise<Response> {
  const { events } = (await request.json()) as { events: readonly Event[] };
  return Response.json({ accepted: events.length }, { status: 202 });
}

/** Keeps each batch in Postgres in one statement; a unique key keeps every event from being there twice. */
async function postgres_events(url: string): Promise<Serving> {
  const sql = postgres(url, { max: 8, onnotice: () => {} });
  await sql`
    create table if not exists events (
      event_id text primary key, event_type text not null, customer_id text not null, at timestamptz not null,
      properties jsonb not null)`;
  return async (request) => {
    const { events } = (await request.json()) as { events: readonly Event[] };
    const now = new Date().toISOString();
    const { count } = await sql`
      insert into events
      select * from unnest(
        ${events.map((event) => event.event_id)}::text[], ${events.map((event) => event.event_type)}::text[],
        ${events.map((event) => event.customer_id)}::text[],
        ${events.map((event) => event.timestamp ?? now)}::timestamptz[],
        ${events.map((event) => JSON.stringify(event.properties))}::text[]::jsonb[])
      on conflict (event_id) do nothing`;
    return Response.json({ accepted: count }, { status: 202 });
  };
}

/** Counts a customer up where its limit allows it. */
export const limitScript = `
  local spend = tonumber(redis.call('HGET', KEYS[1], 'spend') or '0') + tonumber(ARGV[1])
  if spend > tonumber(ARGV[2]) then return {0, tostring(spend)} end
  redis.call('HSET', KEYS[1], 'spend', tostring(spend))
  return {1, tostring(spend)}`;
export const limitOfAll = 1_000_000_000;

/** Asks a script in Redis whether a customer may go on. */
async function redis_limit(url: string): Promise<Serving> {
  const redis = new Redis(url);
  const sha = String(await redis.script("LOAD", limitScript));
  return async (request) => {
    const { customer_id, properties } = (await request.json()) as Question;
    const told = await redis.evalsha(sha, 1, `spend:{${customer_id}}`, `${properties.n}`, `${limitOfAll}`);
    const [allowed, spend] = told as [number, string];
    return Response.json({ allowed: allowed === 1, spend });
  };
}

/** Asks Postgres, with a row for each customer. */
async function postgres_limit(url: string): Promise<Serving> {
  const sql = postgres(url, { max: 16, onnotice: () => {} });
  await makeSpendTable(sql);
  return async (request) => {
    const { customer_id, properties } = (await request.json()) as Question;
    const rows = await sql`
      update spend set amount = amount + ${properties.n}
      where customer_id = ${customer_id} and amount + ${properties.n} <= ${limitOfAll} returning amount`;
    return Response.json({ allowed: rows.length === 1, spend: rows[0]?.amount ?? null });
  };
}

/** Rows for the customers `bench-0` to `bench-9999`. */
export async function makeSpendTable(sql: postgres.Sql): Promise<void> {
  await sql`create table if not exists spend (customer_id text primary key, amount numeric not null)`;
  await sql`
    insert into spend select 'bench-' || n, 0 from generate_series(0, 9999) as n on conflict do nothing`;
}
