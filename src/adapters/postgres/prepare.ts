import type { Instant } from "../../time/instant.ts";
import { awaitPostgres } from "./await_server.ts";
import { migrateOn } from "./migrate.ts";
import { arrangeUsageOn } from "./usage/arrange.ts";
import { makeUsageMonthsOn } from "./usage/months.ts";
import type { UsageTier } from "./usage/tier.ts";

/** A database that can be worked with. */
export interface Prepared {
  /** The names of the migrations it lacked. */
  readonly migrated: readonly string[];
  readonly usageTier: UsageTier;
}

/**
 * Waits for a server and brings its database to this release: the schema, and how usage is kept, with the months
 * around now. All of it on one connection, since each costs a start some time.
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
    const migrated = await migrateOn(sql);
    const usageTier = await arrangeUsageOn(sql);
    await makeUsageMonthsOn(sql, now);
    return { migrated, usageTier };
  } finally {
    void sql.end({ timeout: 5 }).catch(() => {}); // nothing is under way on it
  }
}
