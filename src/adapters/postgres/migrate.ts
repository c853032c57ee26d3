import { hash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import postgres, { type Sql } from "postgres";
import { BillingError } from "../../errors.ts";
import type { Clock } from "../../ports/clock.ts";

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** One at a time over all processes: the number is ours alone by convention. */
const LOCK = 7_214_011;

/**
 * Brings the database to this version, forward only, one transaction per step. Returns the steps taken.
 *
 * Throws DEP_001 with one line where an applied step was changed afterwards or the database is newer than this program.
 * @param url of a user who may create tables and roles
 * @param folder of the `NNNN_name.sql` files, for tests to replace
 */
export async function migrate(
  url: string,
  clock: Clock,
  folder: URL = new URL("./migrations/", import.meta.url),
): Promise<string[]> {
  const sql = postgres(url, { max: 1, connect_timeout: 10, onnotice: () => {} });
  try {
    const steps = await readMigrations(folder);
    await sql`select pg_advisory_lock(${LOCK})`;
    await sql`
      create table if not exists schema_migrations (
        version int primary key, name text not null, checksum text not null, applied_at bigint not null)`;
    const applied = await sql<
      { version: number; checksum: string }[]
    >`select version, checksum from schema_migrations`;
    refuseMismatch(steps, applied);
    const missing = steps.filter((step) => !applied.some((row) => row.version === step.version));
    for (const step of missing) await apply(sql, step, clock);
    return missing.map((step) => step.name);
  } finally {
    await sql.end();
  }
}

async function apply(sql: Sql, step: Migration, clock: Clock): Promise<void> {
  await sql.begin(async (tx) => {
    await tx.unsafe(step.sql);
    await tx`
      insert into schema_migrations (version, name, checksum, applied_at)
      values (${step.version}, ${step.name}, ${step.checksum}, ${clock.now()})`;
  });
}

function refuseMismatch(
  steps: readonly Migration[],
  applied: readonly { version: number; checksum: string }[],
): void {
  for (const { version, checksum } of applied) {
    const step = steps.find((known) => known.version === version);
    if (step === undefined) {
      throw new BillingError(
        "DEP_001",
        `The database has migration ${version}, which this version of BillAI does not know: run the newer one`,
      );
    }
    if (step.checksum !== checksum) {
      throw new BillingError(
        "DEP_001",
        `Migration ${step.name} was changed after it was applied: restore the file`,
      );
    }
  }
}

async function readMigrations(folder: URL): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, folder), "utf8");
      return { version: Number(name.slice(0, 4)), name, sql, checksum: hash("sha256", sql, "hex") };
    }),
  );
}
