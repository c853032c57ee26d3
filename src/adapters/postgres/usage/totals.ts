import type { Sql, TransactionSql } from "postgres";
import { BillingError } from "../../../errors.ts";
import { limits } from "../../../limits.ts";
import type { UsageTotals } from "../../../ports/usage_totals.ts";
import type { Instant } from "../../../time/instant.ts";
import { asCompany } from "../as_company.ts";
import { connect, type Pools } from "../pool.ts";
import { onStore } from "../store_errors.ts";
import { transaction } from "../transaction.ts";
import type { UsageTier } from "./tier.ts";

const hourMs = 3_600_000;
/** "agg": one refresh of an aggregate at a time. */
const refreshing = 0x616767;

/**
 * Totals of usage in Postgres: a table of our own, fed by what partitions have committed, or a continuous aggregate.
 *
 * @param url of the owner of the tables, who alone may refresh an aggregate
 */
export function postgresUsageTotals(pools: Pools, url: string, tier: UsageTier): UsageTotals {
  return {
    usageByHour: (companyId, customerId, from, to) =>
      asCompany(pools.requests, companyId, (tx) => readHours(tx, customerId, from, to)),
    span: (companyId) =>
      asCompany(pools.requests, companyId, async (tx) => {
        const [row] = await tx<{ first: string | null; last: string | null }[]>`
          select min(hour) as first, max(hour) as last from usage_by_hour_of_company`;
        return row?.first == null ? null : { first: Number(row.first), last: Number(row.last) };
      }),
    refresh: (now) =>
      onStore(() => (tier === "tsl" ? refreshAggregate(url, now) : addCommitted(pools.shard))),
  };
}

async function readHours(tx: TransactionSql, customerId: string | null, from: Instant, to: Instant) {
  const rows = await tx<
    { hour: string; event_type: string; currency: string; events: string; charge: string }[]
  >`
    select hour, event_type, currency, sum(events)::bigint as events, trim_scale(sum(charge))::text as charge
    from usage_by_hour_of_company
    where hour >= ${from} and hour < ${to} ${customerId === null ? tx`` : tx`and customer_id = ${customerId}`}
    group by hour, event_type, currency having sum(events) > 0
    order by hour, event_type collate "C", currency collate "C" limit ${limits.usageHoursMax + 1}`;
  if (rows.length > limits.usageHoursMax) {
    throw new BillingError(
      "RES_002",
      `These are more than ${limits.usageHoursMax} totals; ask for a shorter time`,
    );
  }
  return rows.map((row) => ({
    hour: Number(row.hour),
    eventType: row.event_type,
    currency: row.currency,
    events: Number(row.events),
    charge: row.charge,
  }));
}

/** All that was changed; what is newer than two hours is read from the rows themselves and need not be kept twice. */
async function refreshAggregate(url: string, now: Instant): Promise<void> {
  const sql = connect(url, { role: null, connections: 1 });
  try {
    const until = now - 2 * hourMs;
    await sql`select pg_advisory_lock(${refreshing})`; // the extension refuses a second one instead of waiting
    await sql.unsafe(`call refresh_continuous_aggregate('usage_by_hour_aggregate', null, ${until}::bigint)`);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function addCommitted(sql: Sql): Promise<void> {
  const behind = await sql<{ id: number }[]>`
    select p.id from partitions p left join usage_totals_to t on t.partition = p.id
    where p.commit_seq > coalesce(t.commit_seq, 0) order by p.id`;
  for (const { id } of behind) {
    while (await transaction(sql, (tx) => addCommits(tx, id)));
  }
}

/**
 * Adds the next commits of a partition; false where none are left. A partition's commits follow each other, so what is
 * seen of them has no gaps. An event counts with the commit that recorded it, and counts off with the one that voided
 * it.
 */
async function addCommits(tx: TransactionSql, partition: number): Promise<boolean> {
  await tx`insert into usage_totals_to (partition, commit_seq) values (${partition}, 0) on conflict do nothing`;
  const [at] = await tx<{ commit_seq: string }[]>`
    select commit_seq from usage_totals_to where partition = ${partition} for update`;
  const since = Number(at?.commit_seq);
  const [next] = await tx<{ until: string }[]>`
    select coalesce((select commit_seq from usage_events where partition = ${partition} and commit_seq > ${since}
      order by commit_seq offset ${limits.usageTotalsRowsMax} limit 1), p.commit_seq) as until
    from partitions p where p.id = ${partition}`;
  const until = Number(next?.until);
  if (until === since) return false;
  await tx`
    insert into usage_by_hour as t (company_id, hour, customer_id, event_type, currency, events, charge)
    select company_id, hour, customer_id, event_type, currency, sum(n), sum(n * charge)
    from (
      select u.*, 1 as n from usage_events u
      where partition = ${partition} and commit_seq > ${since} and commit_seq <= ${until}
      union all
      select u.*, -1 from usage_events u
      where partition = ${partition} and void_commit_seq > ${since} and void_commit_seq <= ${until}
    ) changes, lateral (
      select occurred_at - (occurred_at % ${hourMs} + ${hourMs}) % ${hourMs} as hour
    ) floored
    group by 1, 2, 3, 4, 5
    on conflict (company_id, hour, customer_id, event_type, currency) do update
    set events = t.events + excluded.events, charge = t.charge + excluded.charge`;
  await tx`update usage_totals_to set commit_seq = ${until} where partition = ${partition}`;
  return true;
}
