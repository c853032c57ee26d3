import type { Sql } from "postgres";
import { BillingError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { UsagePlace } from "../../ports/shard_store.ts";
import type { ActorKey, IdentityRow, UsageRow } from "../../ports/stored_rows.ts";
import type { Instant } from "../../time/instant.ts";
import { findIdentities } from "./identities.ts";
import { type UsageRecord, usageColumns, usageRowOf } from "./usage_rows.ts";

/**
 * The usage of a subscription with `from <= occurredAt < to` that is not voided, by `seq`.
 *
 * @param eventsMax how many events there may be; beyond it RES_002 is thrown before any is read
 */
export async function usageHistory(
  sql: Sql,
  { companyId, customerId }: ActorKey,
  subscriptionId: string,
  { from, to }: { readonly from: Instant; readonly to: Instant },
  eventsMax: number = limits.historyEventsMax,
): Promise<UsageRow[]> {
  const counted = sql`
    from usage_events where company_id = ${companyId} and customer_id = ${customerId}
      and subscription_id = ${subscriptionId} and occurred_at >= ${from} and occurred_at < ${to}
      and voided_at is null`;
  const [beyond] = await sql`select ${counted} offset ${eventsMax} limit 1`;
  if (beyond !== undefined) {
    throw new BillingError("RES_002", `The period has more than ${eventsMax} events, too many to read again`);
  }
  const rows = await sql<UsageRecord[]>`
    select company_id, customer_id, seq, ${usageColumns(sql)} ${counted} order by seq`;
  return rows.map(usageRowOf);
}

/** For each place its usage that is not voided, by event time, then by number; up to `limit` events each. */
export async function usagePages(
  sql: Sql,
  places: readonly UsagePlace[],
  limit: number,
): Promise<UsageRow[][]> {
  const pages: UsageRow[][] = places.map(() => []);
  if (places.length === 0) return pages;
  const rows = await sql<(UsageRecord & { nth: string })[]>`
    select p.nth, u.* from unnest(
        ${places.map((p) => p.companyId)}::text[], ${places.map((p) => p.customerId)}::text[],
        ${places.map((p) => p.subscriptionId)}::text[], ${places.map((p) => p.from)}::bigint[],
        ${places.map((p) => p.to)}::bigint[], ${places.map((p) => p.after?.occurredAt ?? -1)}::bigint[],
        ${places.map((p) => p.after?.seq ?? 0)}::bigint[]) with ordinality
        as p(company_id, customer_id, subscription_id, since, until, after_at, after_seq, nth),
      lateral (
        select company_id, customer_id, seq, ${usageColumns(sql)} from usage_events e
        where e.company_id = p.company_id and e.customer_id = p.customer_id
          and e.subscription_id = p.subscription_id and e.voided_at is null
          and e.occurred_at >= greatest(p.since, p.after_at) and e.occurred_at < p.until
          and (e.occurred_at, e.seq) > (p.after_at, p.after_seq)
        order by e.occurred_at, e.seq limit ${limit}) u
    order by p.nth, u.occurred_at, u.seq`;
  for (const row of rows) pages[Number(row.nth) - 1]?.push(usageRowOf(row));
  return pages;
}

/** The identity with this digest and its usage row, which only one that is applied or voided has. */
export async function findUsage(
  sql: Sql,
  key: ActorKey & { readonly digest: string },
): Promise<{ readonly identity: IdentityRow; readonly usage: UsageRow | null } | null> {
  const [identity] = await findIdentities(sql, [key]);
  if (identity === undefined) return null;
  if (identity.verdict !== "applied" && identity.verdict !== "voided") return { identity, usage: null };
  const [row] = await sql<UsageRecord[]>`
    select company_id, customer_id, seq, ${usageColumns(sql)} from usage_events
    where company_id = ${key.companyId} and customer_id = ${key.customerId} and seq = ${identity.seq}`;
  return { identity, usage: row === undefined ? null : usageRowOf(row) };
}
