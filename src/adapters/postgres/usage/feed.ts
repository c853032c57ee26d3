import type { Sql } from "postgres";
import type { FedUsage } from "../../../ports/usage_analytics.ts";
import type { UsageFeed } from "../../../ports/usage_feed.ts";
import { onStore } from "../store_errors.ts";

interface FedRow {
  company_id: string;
  customer_id: string;
  seq: string;
  subscription_id: string;
  event_type: string;
  occurred_at: string;
  properties: string;
  charge: string;
  currency: string;
  version: string;
  voided: boolean;
}

/** The feed of analytics. @param sql a pool of the role billai_shard */
export function postgresUsageFeed(sql: Sql): UsageFeed {
  const columns = sql`company_id, customer_id, seq, subscription_id, event_type, occurred_at,
    properties::text as properties, charge::text as charge, currency`;
  return {
    identity: () =>
      onStore(async () => {
        const [row] = await sql<{ identity: string }[]>`select identity from analytics_identity`;
        return row?.identity ?? null;
      }),
    begin: (identity) =>
      onStore(async () => {
        await sql.begin(async (tx) => {
          await tx`lock table analytics_identity in exclusive mode`;
          const [row] = await tx<{ identity: string }[]>`select identity from analytics_identity`;
          if (row?.identity === identity) return;
          await tx`delete from analytics_feed`;
          await tx`insert into analytics_identity (identity) values (${identity})
            on conflict (only_row) do update set identity = excluded.identity`;
        });
      }),
    restart: () =>
      onStore(async () => {
        await sql`delete from analytics_identity`;
      }),
    behind: (partitions) =>
      onStore(async () => {
        const rows = await sql<{ id: number }[]>`
          select p.id from partitions p left join analytics_feed f on f.partition = p.id
          where p.id = any(${[...partitions]}::int[]) and p.commit_seq > coalesce(f.fed_to, 0) order by p.id`;
        return rows.map(({ id }) => id);
      }),
    next: (partition, rowsMax) =>
      onStore(async () => {
        const place = await nextPlace(sql, partition, rowsMax);
        if (place === null) return null;
        const { from, to } = place;
        const rows = await sql<FedRow[]>`
          select ${columns}, commit_seq as version, false as voided from usage_events
          where partition = ${partition} and commit_seq > ${from} and commit_seq <= ${to}
          union all
          select ${columns}, void_commit_seq, true from usage_events
          where partition = ${partition} and void_commit_seq > ${from} and void_commit_seq <= ${to}
          order by version, voided, company_id, customer_id, seq`;
        return { partition, from, to, rows: rows.map(fedOf) };
      }),
    fed: ({ partition, from, to }, identity) =>
      onStore(async () => {
        await sql`
          update analytics_feed set fed_to = ${to}, block_to = null
          where partition = ${partition} and fed_to = ${from} and block_to = ${to}
            and exists (select from analytics_identity i where i.identity = ${identity})`;
      }),
    complete: (partitions, asOf) =>
      onStore(async () => {
        await sql`
          insert into analytics_feed (partition, as_of) select id, ${asOf} from unnest(${[...partitions]}::int[]) as p(id)
          on conflict (partition) do update set as_of = excluded.as_of`;
        const [row] = await sql<{ as_of: string | null }[]>`
          select case when bool_and(f.as_of is not null) then min(f.as_of) end as as_of
          from partitions p left join analytics_feed f on f.partition = p.id`;
        return row?.as_of == null ? null : Number(row.as_of);
      }),
    hour: (companyId, from, to) =>
      onStore(async () => {
        const rows = await sql<FedRow[]>`
          select ${columns}, commit_seq as version, false as voided from usage_events
          where company_id = ${companyId} and occurred_at >= ${from} and occurred_at < ${to} and voided_at is null`;
        return rows.map(fedOf);
      }),
    companies: (after, limit) =>
      onStore(async () => {
        const rows = await sql<{ company_id: string; first: string; last: string }[]>`
          select c.id as company_id, u.first, u.last from companies c, lateral (
            select min(occurred_at) as first, max(occurred_at) as last from usage_events where company_id = c.id
          ) u
          where u.first is not null ${after === null ? sql`` : sql`and c.id > ${after}`}
          order by c.id limit ${limit}`;
        return rows.map((row) => ({
          companyId: row.company_id,
          first: Number(row.first),
          last: Number(row.last),
        }));
      }),
  };
}

/** Where the next block begins and ends; null where everything committed is fed. */
async function nextPlace(
  sql: Sql,
  partition: number,
  rowsMax: number,
): Promise<{ from: number; to: number } | null> {
  await sql`insert into analytics_feed (partition) values (${partition}) on conflict do nothing`;
  const [row] = await sql<{ fed_to: string; block_to: string }[]>`
    update analytics_feed f set block_to = coalesce(f.block_to, (
      select coalesce(
        (select commit_seq from usage_events where partition = ${partition} and commit_seq > f.fed_to
          order by commit_seq offset ${rowsMax} limit 1),
        p.commit_seq)
    ))
    from partitions p where p.id = f.partition and f.partition = ${partition} and p.commit_seq > f.fed_to
    returning f.fed_to, f.block_to`;
  return row === undefined ? null : { from: Number(row.fed_to), to: Number(row.block_to) };
}

function fedOf(row: FedRow): FedUsage {
  return {
    companyId: row.company_id,
    customerId: row.customer_id,
    seq: Number(row.seq),
    subscriptionId: row.subscription_id,
    eventType: row.event_type,
    occurredAt: Number(row.occurred_at),
    properties: row.properties,
    charge: row.charge,
    currency: row.currency,
    version: Number(row.version),
    voided: row.voided,
  };
}
