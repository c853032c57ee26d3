import type { Sql, TransactionSql } from "postgres";
import type { ActorKey, SettledRow } from "../../ports/stored_rows.ts";
import type { Instant } from "../../time/instant.ts";

/** Stores invoices as they were rated; one that is there already is replaced. */
export async function settleInvoices(tx: TransactionSql, rows: readonly SettledRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx`
    insert into settled_invoices (company_id, customer_id, invoice_id, subscription_id, starts_at, ends_at, body)
    select * from unnest(
      ${rows.map((row) => row.companyId)}::text[], ${rows.map((row) => row.customerId)}::text[],
      ${rows.map((row) => row.invoiceId)}::text[], ${rows.map((row) => row.subscriptionId)}::text[],
      ${rows.map((row) => row.start)}::bigint[], ${rows.map((row) => row.end)}::bigint[],
      ${rows.map((row) => row.body)}::text[])
    on conflict (company_id, customer_id, invoice_id) do update set subscription_id = excluded.subscription_id,
      starts_at = excluded.starts_at, ends_at = excluded.ends_at, body = excluded.body`;
}

/** The settled invoices whose usage periods hold one of these instants or come after it, each once, earliest first. */
export async function loadSettled(
  sql: Sql,
  places: readonly (ActorKey & { readonly subscriptionId: string; readonly at: Instant })[],
): Promise<SettledRow[]> {
  if (places.length === 0) return [];
  const rows = await sql<(Omit<SettledRow, "start" | "end"> & { start: string; end: string })[]>`
    select distinct on (starts_at, company_id, customer_id, invoice_id)
      company_id as "companyId", customer_id as "customerId", invoice_id as "invoiceId",
      subscription_id as "subscriptionId", starts_at as start, ends_at as end, body
    from unnest(${places.map((place) => place.companyId)}::text[],
        ${places.map((place) => place.customerId)}::text[], ${places.map((place) => place.subscriptionId)}::text[],
        ${places.map((place) => place.at)}::bigint[]) as p(company_id, customer_id, subscription_id, at)
      join settled_invoices using (company_id, customer_id, subscription_id)
    where p.at < ends_at
    order by starts_at, company_id, customer_id, invoice_id`;
  return rows.map((row) => ({ ...row, start: Number(row.start), end: Number(row.end) }));
}
