import type { Sql } from "postgres";
import { BillingError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { ActorKey, IdentityRow, UsageRow } from "../../ports/shard_store.ts";
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

/** Usage that is not voided, by event time, then by number; up to `limit` events after the one given. */
export async function usagePage(
  sql: Sql,
  { companyId, customerId }: ActorKey,
  subscriptionId: string,
  { from, to }: { readonly from: Instant; readonly to: Instant },
  after: { readonly occurredAt: Instant; readonly seq: number } | null,
  limit: number,
): Promise<UsageRow[]> {
  const beyond = after === null ? sql`` : sql`and (occurred_at, seq) > (${after.occurredAt}, ${after.seq})`;
  const rows = await sql<UsageRecord[]>`
    select company_id, customer_id, seq, ${usageColumns(sql)} from usage_events
    where company_id = ${companyId} and customer_id = ${customerId} and subscription_id = ${subscriptionId}
      and occurred_at >= ${from} and occurred_at < ${to} and voided_at is null ${beyond}
    order by occurred_at, seq limit ${limit}`;
  return rows.map(usageRowOf);
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
