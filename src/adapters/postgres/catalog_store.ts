import type { Sql, TransactionSql } from "postgres";
import type { CatalogRow } from "../../catalog/catalog.ts";
import { BillingError } from "../../errors.ts";
import { readJson } from "../../money/json.ts";
import type { CatalogEntry, CatalogStore } from "../../ports/catalog_store.ts";
import { keepAnswer } from "./answers.ts";
import { asCompany } from "./as_company.ts";
import { pageClause } from "./pages.ts";

interface CatalogRecord {
  kind: CatalogRow["kind"];
  id: string;
  version: number;
  key: string | null;
  body: string;
  archived: boolean;
  created_at: string;
}
type EntryRecord = CatalogRecord & { first_created_at: string };

/** The catalog in Postgres. @param sql a pool of the role billai_request */
export function postgresCatalogStore(sql: Sql): CatalogStore {
  return {
    create: (companyId, rows, answer) =>
      asCompany(sql, companyId, async (tx) => {
        await insertFirst(tx, companyId, rows);
        await bump(tx, companyId);
        await keepAnswer(tx, answer);
      }),
    addVersion: (companyId, row, parts, answer) =>
      asCompany(sql, companyId, async (tx) => {
        await insertFirst(tx, companyId, parts);
        await insert(tx, companyId, row);
        await bump(tx, companyId);
        await keepAnswer(tx, answer);
      }),
    archive: (companyId, id, answer) =>
      asCompany(sql, companyId, async (tx) => {
        await tx`update catalog set archived = true where id = ${id}`;
        await tx`delete from claims where kind like 'key:%' and id = ${id}`;
        await bump(tx, companyId);
        await keepAnswer(tx, answer);
      }),
    load: (companyId) =>
      asCompany(sql, companyId, async (tx) => {
        // The version first: rows that arrive in between are read again, never missed.
        const [company] = await tx<{ catalog_version: string }[]>`
          select catalog_version from companies where id = ${companyId}`;
        const rows = await tx<CatalogRecord[]>`
          select kind, id, version, key, body::text as body, archived, created_at from catalog order by id, version`;
        return { version: Number(company?.catalog_version ?? 0), rows: rows.map(rowOf) };
      }),
    list: (companyId, kind, page) =>
      asCompany(sql, companyId, async (tx) => {
        const rows = await tx<EntryRecord[]>`
          select kind, id, version, key, body::text as body, archived, created_at, first_created_at from (
            select distinct on (id) kind, id, version, key, body, archived, created_at,
              min(created_at) over (partition by id) as first_created_at
            from catalog where kind = ${kind} order by id, version desc) latest
          where not archived and ${pageClause(tx, page, "first_created_at", (field) => tx`body ->> ${field}`)}`;
        return rows.map(entryOf);
      }),
    get: (companyId, kind, ref) =>
      asCompany(sql, companyId, async (tx) => {
        const [row] = await tx<EntryRecord[]>`
          select kind, id, version, key, body::text as body, archived, created_at,
            min(created_at) over (partition by id) as first_created_at
          from catalog
          where kind = ${kind} and (id = ${ref} or (key = ${ref} and not archived))
          order by id = ${ref} desc, version desc limit 1`;
        return row === undefined ? null : entryOf(row);
      }),
  };
}

async function insertFirst(
  tx: TransactionSql,
  companyId: string,
  rows: readonly CatalogRow[],
): Promise<void> {
  for (const row of rows) {
    await claimKey(tx, companyId, row);
    await insert(tx, companyId, row);
  }
}

async function claimKey(tx: TransactionSql, companyId: string, row: CatalogRow): Promise<void> {
  if (row.key === null) return;
  const claimed = await tx`
    insert into claims (company_id, kind, value, id) values (${companyId}, ${`key:${row.kind}`}, ${row.key}, ${row.id})
    on conflict do nothing`;
  if (claimed.count > 0) return;
  throw keyTaken(row);
}

function keyTaken({ kind, key }: CatalogRow): BillingError {
  return kind === "transition"
    ? new BillingError("RES_002", "There is a rule for these plans already", { field: "to" })
    : new BillingError("RES_002", `The key '${key}' is already in use`, { field: "key" });
}

async function insert(tx: TransactionSql, companyId: string, row: CatalogRow): Promise<void> {
  const inserted = await tx`
    insert into catalog (company_id, kind, id, version, key, body, created_at)
    values (${companyId}, ${row.kind}, ${row.id}, ${row.version}, ${row.key},
      ${JSON.stringify(row.body)}::text::json, ${row.created_at})
    on conflict do nothing`;
  if (inserted.count > 0) return;
  throw new BillingError("RES_002", "Another change came first; read the resource again");
}

async function bump(tx: TransactionSql, companyId: string): Promise<void> {
  await tx`update companies set catalog_version = catalog_version + 1 where id = ${companyId}`;
}

function entryOf(row: EntryRecord): CatalogEntry {
  return { ...rowOf(row), first_created_at: Number(row.first_created_at) };
}

function rowOf(row: CatalogRecord): CatalogRow {
  return {
    kind: row.kind,
    id: row.id,
    version: row.version,
    key: row.key,
    body: readJson(row.body) as CatalogRow["body"],
    archived: row.archived,
    created_at: Number(row.created_at),
  };
}
