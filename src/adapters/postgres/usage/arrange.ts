import { hash } from "node:crypto";
import type { Sql } from "postgres";
import { connect } from "../pool.ts";
import { arranging } from "./months.ts";
import { canInstall, installTimescale, probeTimescale, type UsageTier } from "./tier.ts";

/** About a month: a customer's period lies in one chunk or two. */
const chunkMs = 30 * 86_400_000;
/** Usage older than this hardly changes any more, so it is kept by column. */
const rowsKeptMs = 90 * 86_400_000;

/**
 * Keeps usage in the best way the database can: monthly partitions, a hypertable, or a hypertable with columns and a
 * continuous aggregate. Does what is missing; a database that has come to TimescaleDB later is brought over in one
 * transaction, which copies all usage and lets nobody else at it meanwhile. Call after `migrate`.
 *
 * @param url of the owner of the tables
 */
export async function arrangeUsage(url: string): Promise<UsageTier> {
  const sql = connect(url, { role: null, connections: 1 });
  try {
    return await arrangeUsageOn(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** How usage is kept where nothing is left to arrange; null where there may be. Changes nothing. */
export async function arrangedTier(sql: Sql): Promise<UsageTier | null> {
  const [timescale, isShown] = await Promise.all([probeTimescale(sql), showsTotals(sql, "none")]);
  return isShown && timescale.tier === "none" && !canInstall(timescale) ? "none" : null;
}

/** As `arrangeUsage`. @param sql one connection, because the lock belongs to it: until it ends */
export async function arrangeUsageOn(sql: Sql): Promise<UsageTier> {
  await sql`select pg_advisory_lock(${arranging})`;
  const tier = await installTimescale(sql);
  if (tier !== "none" && !(await isHypertable(sql))) await toHypertable(sql);
  if (tier === "tsl") {
    await keepColumns(sql);
    await aggregateContinuously(sql);
  }
  await showTotals(sql, tier);
  return tier;
}

async function isHypertable(sql: Sql): Promise<boolean> {
  const found = await sql`
    select from timescaledb_information.hypertables
    where hypertable_schema = 'public' and hypertable_name = 'usage_events'`;
  return found.length > 0;
}

async function toHypertable(sql: Sql): Promise<void> {
  await sql.begin((tx) =>
    tx
      .unsafe(`
        lock table usage_events in access exclusive mode;
        drop view usage_events_of_company;
        alter table usage_events rename to usage_by_month;
        create table usage_events (like usage_by_month including indexes);
        select create_hypertable('usage_events', by_range('occurred_at', ${chunkMs}::bigint),
          create_default_indexes => false);
        insert into usage_events select * from usage_by_month;
        drop table usage_by_month;
        create view usage_events_of_company with (security_barrier) as
          select * from usage_events where company_id = current_setting('billai.company', true);
        grant select, insert, update, delete on usage_events to billai_shard;
        grant select on usage_events_of_company to billai_request;
        analyze usage_events;`)
      .simple(),
  );
}

/** One customer's usage lies together and in its order of time: how it is always read. */
async function keepColumns(sql: Sql): Promise<void> {
  const [has] = await sql`
    select from timescaledb_information.hypertables
    where hypertable_schema = 'public' and hypertable_name = 'usage_events' and compression_enabled`;
  if (has !== undefined) return;
  await sql
    .unsafe(`
      create or replace function usage_now_ms() returns bigint language sql stable
        as 'select (extract(epoch from now()) * 1000)::bigint';
      select set_integer_now_func('usage_events', 'usage_now_ms', replace_if_exists => true);
      alter table usage_events set (timescaledb.enable_columnstore,
        timescaledb.segmentby = 'company_id, customer_id', timescaledb.orderby = 'occurred_at, seq');`)
    .simple();
  await sql.unsafe(
    `call add_columnstore_policy('usage_events', after => ${rowsKeptMs}::bigint, if_not_exists => true)`,
  );
}

/** Refreshed by `refresh` of usage_totals.ts; beyond what is refreshed it reads the rows themselves. */
async function aggregateContinuously(sql: Sql): Promise<void> {
  const [has] = await sql`
    select from timescaledb_information.continuous_aggregates
    where view_schema = 'public' and view_name = 'usage_by_hour_aggregate'`;
  if (has !== undefined) return;
  await sql`
    create materialized view usage_by_hour_aggregate
      with (timescaledb.continuous, timescaledb.materialized_only = false) as
    select company_id, time_bucket(bigint '3600000', occurred_at) as hour, customer_id, event_type, currency,
      count(*) as events, sum(charge) as charge
    from usage_events where voided_at is null
    group by 1, 2, 3, 4, 5 with no data`;
}

/**
 * The one place totals are read from. Our table has policies of its own, which are to hold for who asks. The view says
 * what it was made from: made again at every start, it would be written to disk each time.
 */
async function showTotals(sql: Sql, tier: UsageTier): Promise<void> {
  if (await showsTotals(sql, tier)) return;
  const { view, madeFrom } = totalsOf(tier);
  await sql.unsafe(`${view} comment on view usage_by_hour_of_company is '${madeFrom}';`).simple();
}

async function showsTotals(sql: Sql, tier: UsageTier): Promise<boolean> {
  const found = await sql`
    select from (select to_regclass('usage_by_hour_of_company') as oid) shown
    where obj_description(oid, 'pg_class') = ${totalsOf(tier).madeFrom}
      and has_table_privilege('billai_request', oid, 'select')`;
  return found.length > 0;
}

function totalsOf(tier: UsageTier): { readonly view: string; readonly madeFrom: string } {
  const source = tier === "tsl" ? "usage_by_hour_aggregate" : "usage_by_hour";
  const options = tier === "tsl" ? "security_barrier" : "security_barrier, security_invoker";
  const view = `
    create or replace view usage_by_hour_of_company with (${options}) as
    select company_id, hour, customer_id, event_type, currency, events, charge from ${source}
    where company_id = current_setting('billai.company', true);
    grant select on usage_by_hour_of_company to billai_request;`;
  return { view, madeFrom: hash("sha256", view) };
}
