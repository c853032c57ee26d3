import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Sql } from "postgres";
import { BillingError } from "../../errors.ts";
import { connect } from "./pool.ts";
import { isAway } from "./store_errors.ts";

/** One step of the schema: a file `NNNN_name.sql`, numbered from 0001 without gaps. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the text, in hex. */
  readonly checksum: string;
}

/** "mig": only one process at a time changes a database's schema. */
const migrating = 0x6d6967;

/**
 * Brings a database up to this release: every migration it lacks, in order, each in a transaction of its own.
 * Processes that start together wait for each other.
 *
 * @returns the names of those applied now
 * Throws DEP_001 with one line where the database is away or newer than this release, an applied migration has
 * changed, or one fails.
 */
export async function migrate(
  url: string,
  migrations: readonly Migration[] = readMigrations(),
): Promise<string[]> {
  const sql = connect(url, { role: null, connections: 1 });
  try {
    return await migrateOn(sql, migrations);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Whether a database lacks nothing; changes nothing. Throws DEP_001 where it is newer than this release, or changed. */
export async function isMigrated(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ known: string | null }[]>`select to_regclass('schema_migrations')::text as known`;
  return row?.known != null && (await missingOf(sql, readMigrations())).length === 0;
}

/** As `migrate`. @param sql one connection, because the lock belongs to it: until it ends */
export async function migrateOn(
  sql: Sql,
  migrations: readonly Migration[] = readMigrations(),
): Promise<string[]> {
  try {
    await sql`select pg_advisory_lock(${migrating})`;
    const missing = await findMissing(sql, migrations);
    for (const migration of missing) await apply(sql, migration);
    return missing.map(nameOf);
  } catch (error) {
    if (!isAway(error)) throw error;
    throw new BillingError("DEP_001", `The database does not answer: ${messageOf(error)}`);
  }
}

/** The migrations of a folder, in order. Throws DEP_001 for a file that is named otherwise or a number that is missing. */
export function readMigrations(folder = join(import.meta.dir, "migrations")): Migration[] {
  return readdirSync(folder)
    .sort()
    .map((file, index) => {
      const [, version, name] = /^(\d{4})_([a-z0-9_]+)\.sql$/.exec(file) ?? [];
      if (name === undefined || Number(version) !== index + 1) {
        throw new BillingError("DEP_001", `${file} is not a migration, or not the next one after ${index}`);
      }
      const sql = readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n"); // git may have changed the ends
      return { version: index + 1, name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    });
}

async function findMissing(sql: Sql, migrations: readonly Migration[]): Promise<Migration[]> {
  await sql`
    create table if not exists schema_migrations (
      version int primary key,
      name text not null,
      checksum text not null,
      applied_at bigint not null
    )`;
  return missingOf(sql, migrations);
}

async function missingOf(sql: Sql, migrations: readonly Migration[]): Promise<Migration[]> {
  const applied = await sql<{ version: number; name: string; checksum: string }[]>`
    select version, name, checksum from schema_migrations order by version`;
  for (const row of applied) {
    const ours = migrations[row.version - 1];
    if (ours === undefined) {
      throw new BillingError(
        "DEP_001",
        `The database is newer than this release, which does not know migration ${nameOf(row)}: start a newer release`,
      );
    }
    if (ours.checksum !== row.checksum) {
      throw new BillingError(
        "DEP_001",
        `Migration ${nameOf(row)} was changed after this database had applied it: start the release that made the database`,
      );
    }
  }
  return migrations.slice(applied.length);
}

async function apply(sql: Sql, migration: Migration): Promise<void> {
  const { version, name, checksum } = migration;
  try {
    await sql.begin(async (tx) => {
      await tx.unsafe(migration.sql).simple();
      await tx`
        insert into schema_migrations (version, name, checksum, applied_at)
        values (${version}, ${name}, ${checksum}, (extract(epoch from now()) * 1000)::bigint)`;
    });
  } catch (error) {
    if (isAway(error)) throw error;
    const reason = messageOf(error);
    throw new BillingError("DEP_001", `Migration ${nameOf(migration)} failed and changed nothing: ${reason}`);
  }
}

function nameOf({ version, name }: { version: number; name: string }): string {
  return `${String(version).padStart(4, "0")}_${name}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
