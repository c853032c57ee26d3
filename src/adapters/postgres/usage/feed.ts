import type { Sql } from "postgres";
import type { FedUsage } from "../../../ports/usage_analytics.ts";
import type { UsageFeed } from "../../../ports/usage_feed.ts";
import { onStore } from "../store_errors.ts";
import { transaction } from "../transaction.ts";

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
        await transaction(sql, async (tx) => {
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
        const rows = await sql<{ id: number; commit_seq: string }[]>`
          select p.id, p.commit_seq from partitions p left join analytics_feed f on f.partition = p.id
          where p.id = any(${[...partitions]}::int[]) and p.commit_seq > coalesce(f.fed_to, 0) order by p.id`;
        return rows.map(({ id, commit_seq }) => ({ partition: id, to: Number(commit_seq) }));
      }),
    next: (partitions, rowsMax) =>
      onStore(async () => {
        const places = await nextPlaces(sql, partitions, rowsMax);
        if (places.length === 0) return [];
        const spans = sql`unnest(${places.map(({ partition }) => partition)}::int[],
          ${places.map(({ from }) => from)}::bigint[], ${places.map(({ to }) => to)}::bigint[])
          as span(partition, after, until)`;
        const rows = await sql<(FedRow & { partition: number })[]>`
          select u.partition, ${columns}, commit_seq as version, false as voided
          from ${spans} join usage_events u on u.partition = span.partition
            and u.commit_seq > span.after and u.commit_seq <= span.until
          union all
          select u.partition, ${columns}, void_commit_seq, true
          from ${spans} join usage_events u on u.partition = span.partition
            and u.void_commit_seq > span.after and u.void_commit_seq <= span.until
          order by partition, version, voided, company_id, customer_id, seq`;
        const byPartition = Map.groupBy(rows, (row) => row.partition);
        return places.map((place) => ({
          ...place,
          rows: (byPartition.get(place.partition) ?? []).map(fedOf),
        }));
      }),
    fed: (blocks, identity) =>
      onStore(async () => {
        const [row] = await sql<{ ours: boolean }[]>`
          with ours as (select from analytics_identity where identity = ${identity} for share),
          moved as (
            update analytics_feed f set fed_to = b.until, block_to = null
            from unnest(${blocks.map(({ partition }) => partition)}::int[],
              ${blocks.map(({ from }) => from)}::bigint[], ${blocks.map(({ to }) => to)}::bigint[])
              as b(partition, after, until)
            where f.partition = b.partition and f.fed_to = b.after and f.block_to = b.until
              and exists (select from ours)
          )
          select exists (select from ours) as ours`;
        return row?.ours === true;
      }),
    complete: (partitions, asOf, identity) =>
      onStore(async () => {
        // Locked, so that nobody begins anew between the look at whose tables they are and the writing.
        const [row] = await sql<{ as_of: string | null }[]>`
          with ours as (select from analytics_identity where identity = ${identity} for share),
          told as (
            insert into analytics_feed (partition, as_of)
            select id, ${asOf} from unnest(${[...partitions]}::int[]) as p(id) where exists (select from ours)
            on conflict (partition) do update set as_of = excluded.as_of
            returning partition, as_of
          )
          select case when bool_and(coalesce(told.as_of, f.as_of) is not null)
            then min(coalesce(told.as_of, f.as_of)) end as as_of
          from partitions p left join analytics_feed f on f.partition = p.id
            left join told on told.partition = p.id
          where exists (select from ours)`;
        return row?.as_of == null ? null : Number(row.as_of);
      }),
    usageOf: (companyId, from, to, after, limit) =>
      onStore(async () => {
        const rows = await sql<FedRow[]>`
          select ${columns}, coalesce(void_commit_seq, commit_seq) as version, voided_at is not null as voided
          from usage_events
          where company_id = ${companyId} and occurred_at >= ${from} and occurred_at < ${to}
            ${
              after === null
                ? sql``
                : sql`and (customer_id, occurred_at, seq) > (${after.customerId}, ${after.occurredAt}, ${after.seq})`
            }
          order by customer_id, occurred_at, seq limit ${limit}`;
        return rows.map(fedOf);
      }),
    companies: (after, limit) =>
      onStore(async () => {
        const rows = await sql<{ id: string }[]>`
          select id from companies ${after === null ? sql`` : sql`where id > ${after}`} order by id limit ${limit}`;
        return rows.map(({ id }) => id);
      }),
  };
}

/** Where the next blocks begin and end, of partitions with commits that are not fed. */
async function nextPlaces(
  sql: Sql,
  partitions: readonly number[],
  rowsMax: number,
): Promise<{ partition: number; from: number; to: number }[]> {
  await sql`
    insert into analytics_feed (partition) select id from unnest(${[...partitions]}::int[]) as p(id)
    on conflict do nothing`;
  const rows = await sql<{ partition: number; fed_to: string; block_to: string }[]>`
    update analytics_feed f set block_to = coalesce(f.block_to, (
      select coalesce((
        select seq from (
          (select commit_seq as seq from usage_events where partition = f.partition and commit_seq > f.fed_to
            order by commit_seq limit ${rowsMax + 1})
          union all
          (select void_commit_seq from usage_events where partition = f.partition and void_commit_seq > f.fed_to
            order by void_commit_seq limit ${rowsMax + 1})
        ) rows order by seq offset ${rowsMax} limit 1
      ), p.commit_seq)
    ))
    from partitions p
    where p.id = f.partition and f.partition = any(${[...partitions]}::int[]) and p.commit_seq > f.fed_to
    returning f.partition, f.fed_to, f.block_to`;
  return rows.map((row) => ({
    partition: row.partition,
    from: Number(row.fed_to),
    to: Number(row.block_to),
  }));
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
