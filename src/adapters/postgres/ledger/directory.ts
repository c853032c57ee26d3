import type { Sql } from "postgres";
import { type LedgerBook, type LedgerKey, ledgerScale } from "../../../ledger/account.ts";
import type { LedgerDirectory, OpenAccount } from "../../../ports/ledger_directory.ts";
import { asCompany } from "../as_company.ts";
import { pageClause } from "../pages.ts";
import { onStore } from "../store_errors.ts";
import { bitsOf, uuidOf } from "./columns.ts";

interface LedgerRecord {
  number: number;
  company_id: string;
  currency: string;
  kind: LedgerKey["kind"];
  scale: number;
}

interface AccountRecord {
  id: string;
  ledger: number;
  code: number;
  bound: string | null;
  company_id: string;
  currency: string;
  owner_id: string;
  customer_id: string | null;
  created_at: string;
}

/**
 * Ledgers and accounts in Postgres.
 *
 * @param requests a pool of the role billai_request
 * @param shard a pool of the role billai_shard
 */
export function postgresLedgerDirectory(requests: Sql, shard: Sql): LedgerDirectory {
  return {
    openLedgers: (keys) => onStore(() => openLedgers(shard, keys)),
    ledgers: (companyId) =>
      asCompany(requests, companyId, async (tx) => {
        const rows = await tx<LedgerRecord[]>`select * from ledgers order by number`;
        return rows.map(bookOf);
      }),
    accounts: (companyId, page) =>
      asCompany(requests, companyId, async (tx) => {
        const rows = await tx<AccountRecord[]>`
          select * from ledger_accounts
          where ${pageClause(tx, page, "created_at", (field) => tx`${tx(field)}::text`)}`;
        return rows.map(accountOf);
      }),
    accountsById: (companyId, ids) =>
      asCompany(requests, companyId, async (tx) => {
        const rows = await tx<AccountRecord[]>`
          select * from ledger_accounts where id = any(${ids.map(uuidOf)}::uuid[])`;
        return rows.map(accountOf);
      }),
    accountsOf: (companyId, customerId) =>
      asCompany(requests, companyId, async (tx) => {
        const rows = await tx<AccountRecord[]>`
          select * from ledger_accounts where company_id = ${companyId} and customer_id = ${customerId} order by id`;
        return rows.map(accountOf);
      }),
  };
}

/** A number is given once and for good; of those who ask at the same time one opens the ledger. */
async function openLedgers(sql: Sql, keys: readonly LedgerKey[]): Promise<LedgerBook[]> {
  const [companies, currencies, kinds] = [
    keys.map((key) => key.companyId),
    keys.map((key) => key.currency),
    keys.map((key) => key.kind),
  ];
  await sql`
    insert into ledgers (company_id, currency, kind, scale)
    select distinct on (k.company_id, k.currency, k.kind) k.* from unnest(${companies}::text[], ${currencies}::text[],
        ${kinds}::text[], ${currencies.map(ledgerScale)}::int[]) as k(company_id, currency, kind, scale)
      left join ledgers l using (company_id, currency, kind)
    where l.number is null order by k.company_id, k.currency, k.kind
    on conflict do nothing`;
  const rows = await sql<LedgerRecord[]>`
    select * from ledgers join unnest(${companies}::text[], ${currencies}::text[], ${kinds}::text[])
      as k(company_id, currency, kind) using (company_id, currency, kind)`;
  const found = new Map(rows.map((row) => [`${row.company_id}|${row.currency}|${row.kind}`, bookOf(row)]));
  return keys.flatMap((key) => found.get(`${key.companyId}|${key.currency}|${key.kind}`) ?? []);
}

function bookOf({ number, company_id, currency, kind, scale }: LedgerRecord): LedgerBook {
  return { number, companyId: company_id, currency, kind, scale };
}

function accountOf(row: AccountRecord): OpenAccount {
  return {
    id: bitsOf(row.id),
    ledger: row.ledger,
    code: row.code,
    flags: {
      debitsMustNotExceedCredits: row.bound === "debits",
      creditsMustNotExceedDebits: row.bound === "credits",
    },
    companyId: row.company_id,
    currency: row.currency,
    ownerId: row.owner_id,
    customerId: row.customer_id,
    createdAt: Number(row.created_at),
  };
}
