import type { Sql } from "postgres";
import { limits } from "../../limits.ts";
import type { Clock } from "../../ports/clock.ts";
import { type Finding, fine, wanting } from "../../ports/probe.ts";
import { readMigrations } from "./migrate.ts";
import { connect } from "./pool.ts";
import { errorCode } from "./store_errors.ts";
import { isTooOld, oldestTimescale, probeTimescale } from "./usage/tier.ts";

/** Releases of Postgres every test has passed on. */
const supported = { from: 15, to: 18 };
/** What the two pools and housekeeping may open. */
const connectionsNeeded = 40;

/** Looks at a database as its owner, whom the program migrates it as. Answers what it finds, worst news included. */
export async function probePostgres(url: string, clock: Clock): Promise<Finding[]> {
  const sql = connect(url, { role: null, connections: 1 });
  try {
    await sql`select`;
  } catch (error) {
    await sql.end({ timeout: 1 });
    return [unreachable(error)];
  }
  try {
    const findings = [await server(sql), await skew(sql, clock), ...(await durability(sql))];
    const schema = await migrations(sql);
    findings.push(schema);
    if (schema.state === "ok") {
      findings.push(await roles(sql, url), await policies(sql), await months(sql, clock));
    }
    findings.push(await timescale(sql));
    return findings;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Whether a start would have nothing to migrate. */
export async function hasCurrentSchema(url: string): Promise<boolean> {
  const sql = connect(url, { role: null, connections: 1 });
  try {
    return (await migrations(sql)).state === "ok";
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function unreachable(error: unknown): Finding {
  const text = `does not answer: ${error instanceof Error ? error.message : String(error)}`;
  const code = errorCode(error) ?? "";
  if (/^28/.test(code)) return wanting("fail", text, "Correct the user and password in DATABASE_URL.");
  if (code === "3D000") return wanting("fail", text, "Create the database DATABASE_URL names.");
  if (code === "53300") return wanting("fail", text, "Raise max_connections, or close other clients.");
  return wanting("fail", text, "Start Postgres, or correct host and port in DATABASE_URL.");
}

async function server(sql: Sql): Promise<Finding> {
  const [row] = await sql<{ number: string; version: string; connections: string }[]>`
    select current_setting('server_version_num') as number, current_setting('server_version') as version,
      current_setting('max_connections') as connections`;
  const major = Math.floor(Number(row?.number) / 10_000);
  const text = `Postgres ${row?.version}`;
  const range = `${supported.from} to ${supported.to}`;
  if (major < supported.from) {
    return wanting("fail", `${text} is too old`, `Use Postgres ${range}.`);
  }
  if (major > supported.to) return wanting("warn", `${text} is untried`, `Postgres ${range} are tried.`);
  if (Number(row?.connections) < connectionsNeeded) {
    const advice = `Set max_connections to ${connectionsNeeded} or more.`;
    return wanting("warn", `${text} takes ${row?.connections} connections`, advice);
  }
  return fine(text);
}

async function skew(sql: Sql, clock: Clock): Promise<Finding> {
  const before = clock.now();
  const [row] = await sql<{ at: string }[]>`
    select (extract(epoch from clock_timestamp()) * 1000)::bigint as at`;
  const after = clock.now();
  const at = Number(row?.at);
  // It was read at some moment in between.
  const apart = Math.max(before - at, at - after, 0);
  if (apart <= limits.clockSkewMsMax)
    return fine(`its clock and this machine's are ${apart} ms apart at most`);
  const advice = "Let both follow the same time service (NTP); invoices go by this machine's clock.";
  return wanting("warn", `its clock and this machine's are ${apart} ms apart`, advice);
}

/** A commit that is acknowledged must outlast a power failure. */
async function durability(sql: Sql): Promise<Finding[]> {
  const rows = await sql<{ name: string }[]>`
    select name from pg_settings where setting = 'off' and name in ('fsync', 'full_page_writes', 'synchronous_commit')`;
  return rows.map(({ name }) =>
    wanting("fail", `${name} is off: what is committed may be lost`, `Set ${name} = on and reload.`),
  );
}

async function migrations(sql: Sql): Promise<Finding> {
  const [table] = await sql`select from pg_class where oid = to_regclass('schema_migrations')`;
  const applied =
    table === undefined
      ? []
      : await sql<{ version: number; checksum: string }[]>`
          select version, checksum from schema_migrations order by version`;
  const ours = readMigrations();
  if (applied.length > ours.length) {
    return wanting("fail", "the schema is newer than this release", "Start a newer release.");
  }
  if (applied.some(({ checksum }, n) => checksum !== ours[n]?.checksum)) {
    return wanting("fail", "the schema is another release's", "Start the release that made the database.");
  }
  const missing = ours.length - applied.length;
  if (missing === 0) return fine("the schema is up to date");
  const advice = "Back the database up, then `npm start -- migrate`; a start does it, too.";
  return wanting("warn", `the schema lacks ${missing} of ${ours.length} migrations`, advice);
}

/** Whether the pools will get in, and as somebody the policies hold for. */
async function roles(sql: Sql, url: string): Promise<Finding> {
  for (const role of ["billai_request", "billai_shard"]) {
    const pool = connect(url, { role, connections: 1 });
    try {
      await pool`select`;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return wanting(
        "fail",
        `cannot act as ${role}: ${reason}`,
        `grant ${role} to the user of DATABASE_URL.`,
      );
    } finally {
      await pool.end({ timeout: 1 });
    }
  }
  const [free] = await sql<{ name: string }[]>`
    select rolname as name from pg_roles
    where rolname in ('billai_request', 'billai_shard') and (rolsuper or rolbypassrls)`;
  if (free === undefined) return fine("requests and commits have roles of their own");
  const advice = `alter role ${free.name} nosuperuser nobypassrls.`;
  return wanting("fail", `row-level security does not hold for ${free.name}`, advice);
}

async function policies(sql: Sql): Promise<Finding> {
  const open = await sql<{ name: string }[]>`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'company_id'
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> 'usage_events' and not (c.relrowsecurity and c.relforcerowsecurity)
    order by 1`;
  if (open.length === 0) return fine("row-level security is forced on every company's tables");
  const names = open.map(({ name }) => name).join(", ");
  const advice = "alter table … enable row level security, force row level security.";
  return wanting("fail", `row-level security is not forced on ${names}`, advice);
}

/** Where usage is kept by month, it is to have one of now. */
async function months(sql: Sql, clock: Clock): Promise<Finding> {
  const bounds = await sql<{ bound: string }[]>`
    select pg_get_expr(c.relpartbound, c.oid) as bound from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'usage_events'::regclass and c.relispartition`;
  if (bounds.length === 0) return fine("usage is in a hypertable");
  const ends = bounds.map(({ bound }) => Number(/ TO \('(-?\d+)'\)$/.exec(bound)?.[1] ?? Number.NaN));
  if (ends.some((end) => end > clock.now()))
    return fine("usage is kept by month, and this month has its partition");
  const advice = "A start makes it, and a running BillAI within the hour.";
  return wanting("warn", "usage is kept by month, and this month has no partition", advice);
}

async function timescale(sql: Sql): Promise<Finding> {
  const { tier, available, installed, loaded } = await probeTimescale(sql);
  const plain = "usage is kept by Postgres alone";
  if (isTooOld(installed)) {
    const advice = `alter extension timescaledb update, to ${oldestTimescale.join(".")} or later.`;
    return wanting("warn", `TimescaleDB ${installed} is too old: ${plain}`, advice);
  }
  if (tier === "tsl") return fine(`TimescaleDB ${installed} with columns and continuous aggregates`);
  if (tier === "apache") return fine(`TimescaleDB ${installed} under its Apache licence: hypertables alone`);
  if (available === null) return fine(`no TimescaleDB: ${plain}`);
  const [may] = await sql`
    select has_database_privilege(current_database(), 'create') as yes`;
  if (!loaded) {
    const advice = "To use it, add timescaledb to shared_preload_libraries and restart Postgres.";
    return { state: "ok", text: `TimescaleDB ${available} is there but not loaded: ${plain}`, advice };
  }
  const advice =
    may?.yes === true
      ? "A start puts it into the database and brings usage over, which takes 20 s per million events."
      : "create extension timescaledb, as a user who may.";
  return { state: "ok", text: `TimescaleDB ${available} is not in this database: ${plain}`, advice };
}
