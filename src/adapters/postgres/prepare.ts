import type { Sql } from "postgres";
import type { Instant } from "../../time/instant.ts";
import { awaitPostgres } from "./await_server.ts";
import { isMigrated, migrateOn } from "./migrate.ts";
import { arrangedTier, arrangeUsageOn } from "./usage/arrange.ts";
import { makeUsageMonthsOn, missingMonths } from "./usage/months.ts";
import type { UsageTier } from "./usage/tier.ts";

/** A database that can be worked with. */
export interface Prepared {
  /** The names of the migrations it lacked. */
  readonly migrated: readonly string[];
  readonly usageTier: UsageTier;
}

/**
 * Waits for a server and brings its database to this release: the schema, and how usage is kept, with the months
 * around now. All of it on one connection, since each costs a start some time, and nothing is locked where nothing is
 * to be done.
 *
 * @param url of the owner of the tables
 * Throws as `awaitPostgres` and `migrate` do.
 */
export async function prepareDatabase(
  url: string,
  {
    say,
    waitMsMax,
    now,
  }: { readonly say: (line: string) => void; readonly waitMsMax: number; readonly now: Instant },
): Promise<Prepared> {
  const sql = await awaitPostgres(url, say, waitMsMax);
  try {
    const usual = await preparedTier(sql, now);
    if (usual !== null) return { migrated: [], usageTier: usual };
    const migrated = await migrateOn(sql);
    const usageTier = await arrangeUsageOn(sql);
    await makeUsageMonthsOn(sql, now);
    return { migrated, usageTier };
  } finally {
    void sql.end({ timeout: 5 }).catch(() => {}); // nothing is under way on it
  }
}

/** How usage is kept where all is as it has to be, as at most starts; else null. */
async function preparedTier(sql: Sql, now: Instant): Promise<UsageTier | null> {
  if (!(await isMigrated(sql))) return null;
  const [tier, missing] = await Promise.all([arrangedTier(sql), missingMonths(sql, now)]);
  return missing.length === 0 ? tier : null;
}
