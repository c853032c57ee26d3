import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Sql } from "postgres";
import { readMigrations } from "../../src/adapters/postgres/migrate.ts";
import { connect } from "../../src/adapters/postgres/pool.ts";
import { type Prepared, prepareDatabase } from "../../src/adapters/postgres/prepare.ts";
import { openTestPostgres, type TestPostgres, withDatabase } from "../postgres.ts";

const name = `billai_prepare_${process.pid}`;
const now = Date.UTC(2026, 1, 10);
const dayMs = 86_400_000;

let server: TestPostgres;
let url: string;
let sql: Sql;

beforeAll(async () => {
  server = await openTestPostgres();
  await server.owner`create database ${server.owner(name)}`;
  url = withDatabase(server.url, name);
  sql = connect(url, { role: null, connections: 1 });
}, 60_000);
afterAll(async () => {
  await sql.end();
  await server.owner`drop database ${server.owner(name)} with (force)`;
  await server.close();
});

function prepare(at = now): Promise<Prepared> {
  return prepareDatabase(url, { say: () => {}, waitMsMax: 0, now: at });
}

/** What a start may write: where none has changed, nothing was written. */
async function rowVersions(): Promise<unknown> {
  return [
    ...(await sql`select oid, xmin::text from pg_class where relnamespace = 'public'::regnamespace order by oid`),
    ...(await sql`select objoid, xmin::text from pg_description where objoid >= 16384 order by objoid`),
    ...(await sql`select version, xmin::text from schema_migrations order by version`),
  ];
}

async function showsTotals(): Promise<boolean> {
  const [view] = await sql<{ readable: boolean | null }[]>`
    select has_table_privilege('billai_request', to_regclass('usage_by_hour_of_company')::oid, 'select') as readable`;
  return view?.readable === true;
}

async function months(): Promise<string[]> {
  const found = await sql<{ name: string }[]>`
    select relname as name from pg_class where relname ~ '^usage_events_\\d' and relkind = 'r' order by relname`;
  return found.map((row) => row.name);
}

describe("a database", () => {
  beforeEach(() => prepare());

  test("is brought to this release at the first start, and left as it is at the next", async () => {
    await sql.unsafe("drop schema public cascade; create schema public");
    const { migrated, usageTier } = await prepare();
    expect(migrated).toHaveLength(readMigrations().length);
    expect(usageTier).toBe(server.usageTier);
    expect(await showsTotals()).toBe(true);
    const before = await rowVersions();
    expect(await prepare()).toEqual({ migrated: [], usageTier });
    expect(await rowVersions()).toEqual(before);
  });

  test("gets the view of totals again that it has lost, or that was another one", async () => {
    await sql`drop view usage_by_hour_of_company`;
    await prepare();
    expect(await showsTotals()).toBe(true);
    await sql`comment on view usage_by_hour_of_company is 'another'`;
    const before = await rowVersions();
    await prepare();
    expect(await rowVersions()).not.toEqual(before);
  });

  test("gets back the right to read totals, which a copy of it may lack", async () => {
    await sql`revoke select on usage_by_hour_of_company from billai_request`;
    expect(await showsTotals()).toBe(false);
    await prepare();
    expect(await showsTotals()).toBe(true);
  });

  test("gets the months that have come into reach", async () => {
    if (server.usageTier !== "none") return;
    const before = await months();
    await prepare(now + 40 * dayMs);
    expect((await months()).length).toBeGreaterThan(before.length);
  });

  test("is refused where it is newer than this release", async () => {
    await sql`insert into schema_migrations (version, name, checksum, applied_at) values (9999, 'later', '', 0)`;
    await expect(prepare()).rejects.toThrow("The database is newer than this release");
    await sql`delete from schema_migrations where version = 9999`;
  });
});
