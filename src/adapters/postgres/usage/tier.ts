import type { Sql } from "postgres";
import { errorCode } from "../store_errors.ts";

/**
 * What keeps usage: `none` is Postgres alone, `apache` TimescaleDB under its Apache licence, which has hypertables, and
 * `tsl` all of it, which has columns and continuous aggregates, too. The numbers are the same.
 */
export type UsageTier = "none" | "apache" | "tsl";

/** The first version with what we use of it. */
export const oldestTimescale = [2, 18] as const;

/** What a server has of TimescaleDB. */
export interface Timescale {
  readonly tier: UsageTier;
  /** The version on the server's disk; null for none. */
  readonly available: string | null;
  /** The version in this database; null for none. */
  readonly installed: string | null;
  /** Whether the server has loaded it: without, it cannot be put into a database. */
  readonly loaded: boolean;
}

/** Looks what there is: on disk, in the database, under which licence. */
export async function probeTimescale(sql: Sql): Promise<Timescale> {
  const [row] = await sql<{ available: string | null; installed: string | null; loaded: boolean }[]>`
    select (select default_version from pg_available_extensions where name = 'timescaledb') as available,
      (select extversion from pg_extension where extname = 'timescaledb') as installed,
      current_setting('timescaledb.disable_load', true) is not null as loaded`;
  const { available = null, installed = null, loaded = false } = row ?? {};
  if (installed === null || isTooOld(installed)) return { tier: "none", available, installed, loaded };
  // A query of its own: the setting comes with the library, which comes with the first query.
  const [license] = await sql`select current_setting('timescaledb.license', true) as name`;
  return { tier: license?.name === "timescale" ? "tsl" : "apache", available, installed, loaded };
}

/** Whether a version lacks what we use; one that is not there does not. */
export function isTooOld(version: string | null): boolean {
  const [major = 0, minor = 0] = (version ?? "999").split(".").map(Number);
  return major < oldestTimescale[0] || (major === oldestTimescale[0] && minor < oldestTimescale[1]);
}

/** Whether the server offers what the database lacks. */
export function canInstall({ available, installed, loaded }: Timescale): boolean {
  return available !== null && installed === null && loaded && !isTooOld(available);
}

/** Puts TimescaleDB into the database where the server has it loaded and we may; else leaves it. Answers what is there then. */
export async function installTimescale(sql: Sql): Promise<UsageTier> {
  const found = await probeTimescale(sql);
  if (!canInstall(found)) return found.tier;
  try {
    await sql`create extension if not exists timescaledb`;
  } catch (error) {
    if (errorCode(error) !== "42501") throw error; // doctor tells that we may not
  }
  return (await probeTimescale(sql)).tier;
}
