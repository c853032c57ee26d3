import type { TransactionSql } from "postgres";
import type { AccountFlags } from "../../../ledger/account.ts";
import { type Counters, decidingAccounts, type LedgerView } from "../../../ledger/apply.ts";
import type { Chain } from "../../../ledger/transfer.ts";
import { bitsOf, storedOf, type TransferRecord, uuidOf } from "./columns.ts";
import { BOUND_SLOT } from "./write.ts";

/** What is known of an account that chains move money on. */
export interface AccountTerms {
  readonly ledger: number;
  readonly companyId: string;
  readonly flags: AccountFlags;
}

interface BalanceRecord {
  account_id: string;
  debits_pending: string;
  debits_posted: string;
  credits_pending: string;
  credits_posted: string;
}

/** Reads the terms of these accounts; those that are not open are missing. */
export async function readTerms(
  tx: TransactionSql,
  ids: readonly bigint[],
): Promise<Map<bigint, AccountTerms>> {
  const rows = await tx<{ id: string; ledger: number; bound: string | null; company_id: string }[]>`
    select id, ledger, bound, company_id from ledger_accounts where id = any(${ids.map(uuidOf)}::uuid[])`;
  return new Map(
    rows.map((row) => [
      bitsOf(row.id),
      {
        ledger: row.ledger,
        companyId: row.company_id,
        flags: {
          debitsMustNotExceedCredits: row.bound === "debits",
          creditsMustNotExceedDebits: row.bound === "credits",
        },
      },
    ]),
  );
}

/**
 * Loads all that decides about these chains, and locks the balances that limits are measured by until the transaction
 * ends. What pending transfers that are over hold of these accounts falls off first.
 */
export async function loadView(
  tx: TransactionSql,
  chains: readonly Chain[],
  accounts: ReadonlyMap<bigint, AccountTerms>,
  slot: number,
): Promise<LedgerView> {
  const deciding = [...decidingAccounts(chains, (id) => accounts.get(id)?.flags)].map(uuidOf);
  const ids = chains.flat().flatMap((t) => (t.pendingId === undefined ? [t.id] : [t.id, t.pendingId]));
  const [now, , bound, others, transfers, burnt] = await Promise.all([
    tx<{ now: string }[]>`select (extract(epoch from clock_timestamp()) * 1000)::bigint::text as now`,
    expire(tx, deciding, slot),
    tx<BalanceRecord[]>`
      select account_id, debits_pending, debits_posted, credits_pending, credits_posted from ledger_balances
      where account_id = any(${deciding}::uuid[]) and slot = ${BOUND_SLOT} order by account_id for update`,
    tx<BalanceRecord[]>`
      select account_id, sum(debits_pending) as debits_pending, sum(debits_posted) as debits_posted,
        sum(credits_pending) as credits_pending, sum(credits_posted) as credits_posted from ledger_balances
      where account_id = any(${deciding}::uuid[]) and slot <> ${BOUND_SLOT} group by account_id`,
    tx<TransferRecord[]>`select * from ledger_transfers where id = any(${ids.map(uuidOf)}::uuid[])`,
    tx<{ id: string }[]>`select id from ledger_burnt_ids where id = any(${ids.map(uuidOf)}::uuid[])`,
  ]);
  const known = new Map(transfers.map((row) => [bitsOf(row.id), storedOf(row)]));
  const failed = new Set(burnt.map((row) => bitsOf(row.id)));
  return {
    accounts,
    balances: new Map([...others, ...bound].map((row) => [bitsOf(row.account_id), countersOf(row)])),
    transfers: (id) => known.get(id),
    hasFailed: (id) => failed.has(id),
    now: Number(now[0]?.now),
  };
}

export function countersOf(row: BalanceRecord): Counters {
  return {
    debitsPending: BigInt(row.debits_pending),
    debitsPosted: BigInt(row.debits_posted),
    creditsPending: BigInt(row.credits_pending),
    creditsPosted: BigInt(row.credits_posted),
  };
}

function expire(tx: TransactionSql, accounts: readonly string[], slot: number): PromiseLike<unknown> {
  return tx`
    with over as (
      update ledger_transfers set state = 'expired'
      where state = 'pending' and expires_at <= (extract(epoch from clock_timestamp()) * 1000)::bigint
        and (debit = any(${[...accounts]}::uuid[]) or credit = any(${[...accounts]}::uuid[]))
      returning company_id, debit, credit, amount
    ), freed as (
      select company_id, account_id, sum(debits) as debits, sum(credits) as credits from (
        select company_id, debit as account_id, amount as debits, 0 as credits from over
        union all select company_id, credit, 0, amount from over) as moves
      group by company_id, account_id
    )
    insert into ledger_balances (company_id, account_id, slot, debits_pending, credits_pending)
    select f.company_id, f.account_id, case when a.bound is null then ${slot}::int else ${BOUND_SLOT}::int end, -debits, -credits
    from freed f join ledger_accounts a on a.id = f.account_id order by f.account_id
    on conflict (account_id, slot) do update set
      debits_pending = ledger_balances.debits_pending + excluded.debits_pending,
      credits_pending = ledger_balances.credits_pending + excluded.credits_pending`;
}
