import type { Sql } from "postgres";
import type { ActorKey, IdentityRow, IdentityVerdict } from "../../ports/stored_rows.ts";

/** The identity rows that exist for these keys. */
export async function findIdentities(
  sql: Sql,
  keys: readonly (ActorKey & { readonly digest: string })[],
): Promise<IdentityRow[]> {
  if (keys.length === 0) return [];
  const rows = await sql<
    {
      company_id: string;
      customer_id: string;
      digest: string;
      fingerprint: string;
      verdict: IdentityVerdict;
      seq: string;
    }[]
  >`
    select i.company_id, i.customer_id, i.digest::text, i.fingerprint::text, i.verdict, i.seq
    from unnest(${keys.map((k) => k.companyId)}::text[], ${keys.map((k) => k.customerId)}::text[],
      ${keys.map((k) => k.digest)}::uuid[]) as k(company_id, customer_id, digest)
    join usage_identities i using (company_id, customer_id, digest)`;
  return rows.map((row) => ({
    companyId: row.company_id,
    customerId: row.customer_id,
    digest: row.digest.replaceAll("-", ""),
    fingerprint: row.fingerprint.replaceAll("-", ""),
    verdict: row.verdict,
    seq: Number(row.seq),
  }));
}
