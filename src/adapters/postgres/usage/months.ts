import type { Sql } from "postgres";
import { limits } from "../../../limits.ts";
import type { Instant } from "../../../time/instant.ts";
import { connect } from "../pool.ts";
import { errorCode } from "../store_errors.ts";

/** "usg": only one process at a time arranges a database's usage. */
export const arranging = 0x757367;

interface Month {
  readonly name: string;
  readonly from: Instant;
  readonly to: Instant;
}

/**
 * Makes the partitions of usage for the months around now, where usage is kept by month. Usage of other months is in
 * the partition of the rest, and what is there of a month that comes into reach is moved. A month too many rows are
 * there of stays there, which costs nothing but room to prune; so does one whose partition cannot be had soon.
 *
 * @param url of the owner of the tables
 * @returns the names of the partitions made
 */
export async function makeUsageMonths(url: string, now: Instant): Promise<string[]> {
  const sql = connect(url, { role: null, connections: 1 });
  try {
    return await makeUsageMonthsOn(sql, now);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** As `makeUsageMonths`. @param sql one connection, because the lock belongs to it: until it ends */
export async function makeUsageMonthsOn(sql: Sql, now: Instant): Promise<string[]> {
  await sql`select pg_advisory_lock(${arranging})`;
  const made: string[] = [];
  for (const month of await missingMonths(sql, now)) if (await makeMonth(sql, month)) made.push(month.name);
  return made;
}

/** The months around now that have no partition; none where usage is not kept by month. */
export async function missingMonths(sql: Sql, now: Instant): Promise<readonly Month[]> {
  const covered = await coveredSpans(sql);
  if (covered === null) return [];
  const isCovered = (month: Month) => covered.some(({ from, to }) => from < month.to && month.from < to);
  return monthsAround(now).filter((month) => !isCovered(month));
}

/** What the partitions there are hold; null where usage is not kept by month. */
async function coveredSpans(sql: Sql): Promise<{ from: Instant; to: Instant }[] | null> {
  const rows = await sql<{ bound: string }[]>`
    select pg_get_expr(c.relpartbound, c.oid) as bound from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'usage_events'::regclass and c.relispartition`;
  if (rows.length === 0) return null;
  return rows.flatMap(({ bound }) => {
    const [, from, to] = /^FOR VALUES FROM \((MINVALUE|'-?\d+')\) TO \('(-?\d+)'\)$/.exec(bound) ?? [];
    if (from === undefined || to === undefined) return [];
    return [
      { from: from === "MINVALUE" ? Number.NEGATIVE_INFINITY : Number(from.slice(1, -1)), to: Number(to) },
    ];
  });
}

function monthsAround(now: Instant): Month[] {
  const year = new Date(now).getUTCFullYear();
  const month = new Date(now).getUTCMonth();
  const months: Month[] = [];
  for (let n = month - limits.usageMonthsBehind; n <= month + limits.usageMonthsAhead; n++) {
    const from = Date.UTC(year, n);
    const name = `usage_events_${new Date(from).toISOString().slice(0, 7).replace("-", "_")}`;
    months.push({ name, from, to: Date.UTC(year, n + 1) });
  }
  return months;
}

/** Moves what there is of the month out of the rest, in one transaction that waits for nobody long. */
async function makeMonth(sql: Sql, { name, from, to }: Month): Promise<boolean> {
  const [many] = await sql`
    select from usage_events_other where occurred_at >= ${from} and occurred_at < ${to}
    offset ${limits.usageRowsMovedMax} limit 1`;
  if (many !== undefined) return false;
  try {
    await sql.begin((tx) =>
      tx
        .unsafe(`
          set local lock_timeout = '2s';
          lock table usage_events_other in access exclusive mode;
          create table ${name} (like usage_events);
          with moved as (
            delete from usage_events_other where occurred_at >= ${from} and occurred_at < ${to} returning *)
          insert into ${name} select * from moved;
          alter table usage_events attach partition ${name} for values from (${from}) to (${to});`)
        .simple(),
    );
    return true;
  } catch (error) {
    if (errorCode(error) === "55P03") return false; // not the lock in time: the next round tries again
    throw error;
  }
}
