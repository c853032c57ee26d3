import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sql } from "postgres";
import { type Migration, migrate, readMigrations } from "../../src/adapters/postgres/migrate.ts";
import { connect } from "../../src/adapters/postgres/pool.ts";
import { openTestPostgres, type TestPostgres, withDatabase } from "../postgres.ts";

let postgres: TestPostgres;
const folder = mkdtempSync(join(tmpdir(), "migrations-"));

beforeAll(async () => {
  postgres = await openTestPostgres();
}, 60_000);
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await postgres.close();
});

/** Migrations as they would be read from files of these texts: 0001_step, 0002_step, ... */
function steps(...texts: string[]): Migration[] {
  const made = mkdtempSync(join(folder, "steps-"));
  for (const [index, text] of texts.entries()) writeFileSync(join(made, `000${index + 1}_step.sql`), text);
  return readMigrations(made);
}

/** An empty database for the time of a test. */
async function onEmpty(work: (url: string, sql: Sql) => Promise<void>): Promise<void> {
  const name = `billai_empty_${process.pid}`;
  await postgres.owner`create database ${postgres.owner(name)}`;
  const url = withDatabase(postgres.url, name);
  const sql = connect(url, { role: null, connections: 1 });
  try {
    await work(url, sql);
  } finally {
    await sql.end();
    await postgres.owner`drop database ${postgres.owner(name)} with (force)`;
  }
}

const one = "create table one (id int);";
const two = "create table two (id int); insert into two values (2);";

describe("migrate", () => {
  test("applies what is missing, in order, once", () =>
    onEmpty(async (url, sql) => {
      expect(await migrate(url, steps(one))).toEqual(["0001_step"]);
      expect(await migrate(url, steps(one, two))).toEqual(["0002_step"]);
      expect(await migrate(url, steps(one, two))).toEqual([]);
      expect([...(await sql`select id from two`)]).toEqual([{ id: 2 }]);
      const applied =
        await sql`select version, name, length(checksum) as digits from schema_migrations order by version`;
      expect([...applied]).toEqual([
        { version: 1, name: "step", digits: 64 },
        { version: 2, name: "step", digits: 64 },
      ]);
    }));

  test("applies each once when processes start together", () =>
    onEmpty(async (url) => {
      const migrations = steps(one, two);
      const names = await Promise.all([1, 2, 3].map(() => migrate(url, migrations)));
      expect(names.flat().sort()).toEqual(["0001_step", "0002_step"]);
    }));

  test("undoes a migration that fails, keeps those before it, and goes on when it is mended", () =>
    onEmpty(async (url, sql) => {
      await expect(migrate(url, steps(one, `${two} select 1 / 0;`))).rejects.toThrow(
        "Migration 0002_step failed and changed nothing: division by zero",
      );
      const tables = await sql`select tablename from pg_tables where schemaname = 'public' order by 1`;
      expect(tables.map((row) => row.tablename)).toEqual(["one", "schema_migrations"]);
      expect(await migrate(url, steps(one, two))).toEqual(["0002_step"]);
    }));

  test("stops where an applied migration was changed, and changes nothing", () =>
    onEmpty(async (url, sql) => {
      await migrate(url, steps(one));
      await expect(migrate(url, steps(`${one} -- and more`, two))).rejects.toThrow(
        "Migration 0001_step was changed after this database had applied it",
      );
      expect([...(await sql`select to_regclass('two') as two`)]).toEqual([{ two: null }]);
    }));

  test("other ends of lines are no change", () =>
    onEmpty(async (url) => {
      await migrate(url, steps("create table one (\n  id int\n);\n"));
      expect(await migrate(url, steps("create table one (\r\n  id int\r\n);\r\n"))).toEqual([]);
    }));

  test("stops where the database is newer than the release", () =>
    onEmpty(async (url) => {
      await migrate(url, steps(one, two));
      await expect(migrate(url, steps(one))).rejects.toThrow(
        "The database is newer than this release, which does not know migration 0002_step",
      );
    }));

  test("says when the database does not answer", async () => {
    const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    listener.stop(true);
    await expect(migrate(`postgres://127.0.0.1:${listener.port}/x`, [])).rejects.toMatchObject({
      code: "DEP_001",
      message: expect.stringContaining("The database does not answer: "),
    });
  });

  test("works for a user who is no superuser but may make roles, as hosted databases give", () =>
    onEmpty(async (url, sql) => {
      const name = `billai_owner_${process.pid}`;
      await sql.unsafe(`create role ${name} login createrole password 'of the owner'`);
      await sql.unsafe(`alter schema public owner to ${name}`);
      await sql.unsafe(`grant billai_request, billai_shard to ${name}`); // made here before, by another user
      const owned = new URL(url);
      owned.username = name;
      owned.password = "of the owner";
      expect(await migrate(owned.href)).toEqual(
        readMigrations().map(({ version, name }) => `${String(version).padStart(4, "0")}_${name}`),
      );
      await sql.unsafe(`drop owned by ${name}; drop role ${name}`);
    }));
});

describe("the migrations of this release", () => {
  test("are numbered without gaps; a file that is none is refused", () => {
    const migrations = readMigrations();
    expect(migrations.length).toBeGreaterThan(0);
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));

    const other = mkdtempSync(join(folder, "other-"));
    for (const name of ["0001_a.sql", "0003_c.sql"]) writeFileSync(join(other, name), "");
    expect(() => readMigrations(other)).toThrow("0003_c.sql is not a migration, or not the next one after 1");
    rmSync(join(other, "0003_c.sql"));
    writeFileSync(join(other, "0002 b.sql"), "");
    expect(() => readMigrations(other)).toThrow("0002 b.sql is not a migration");
  });

  test("are what a test database has", async () => {
    expect(await migrate(postgres.url)).toEqual([]);
  });
});
