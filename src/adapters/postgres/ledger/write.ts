import type { TransactionSql } from "postgres";
import type { Account } from "../../../ledger/account.ts";
import type { Changes, Counters } from "../../../ledger/apply.ts";
import type { Stored } from "../../../ledger/existing.ts";
import type { Transfer } from "../../../ledger/transfer.ts";
import { uuidOf } from "./columns.ts";

/** The row of an account with a bound: it has this one only, which is locked to decide. */
export const BOUND_SLOT = 0;

/** The rows of a commit's own partition, so that commits of different partitions never wait for each other. */
export function slotOf(partition: number): number {
  return partition + 1;
}

/** Opens accounts that are not there. */
export async function openAccounts(tx: TransactionSql, accounts: readonly Account[]): Promise<void> {
  if (accounts.length === 0) return;
  const bound = ({ flags }: Account) =>
    flags.debitsMustNotExceedCredits ? "debits" : flags.creditsMustNotExceedDebits ? "credits" : null;
  const sorted = accounts.toSorted((a, b) => (a.id < b.id ? -1 : 1)); // in one order, so that none wait in a circle
  await tx`
    insert into ledger_accounts (id, ledger, code, bound, company_id, currency, owner_id, customer_id)
    select * from unnest(
      ${sorted.map((a) => uuidOf(a.id))}::uuid[], ${sorted.map((a) => a.ledger)}::int[],
      ${sorted.map((a) => a.code)}::int[], ${sorted.map(bound)}::text[], ${sorted.map((a) => a.companyId)}::text[],
      ${sorted.map((a) => a.currency)}::text[], ${sorted.map((a) => a.ownerId)}::text[],
      ${sorted.map((a) => a.customerId)}::text[])
    on conflict (id) do nothing`;
}

/** Writes what has been worked out of chains that could have been refused. */
export async function writeChanges(
  tx: TransactionSql,
  changes: Changes,
  owner: { companyOf: (account: bigint) => string; isBound: (account: bigint) => boolean },
  slot: number,
): Promise<void> {
  const { created, settled, failed } = changes;
  const moves = [...changes.moves]
    .filter(([, counters]) => Object.values(counters).some((units) => units !== 0n))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const writes: PromiseLike<unknown>[] = [];
  if (created.length > 0) writes.push(insertTransfers(tx, created, owner.companyOf));
  if (settled.size > 0) {
    writes.push(tx`
      update ledger_transfers t set state = s.state
      from unnest(${[...settled.keys()].map(uuidOf)}::uuid[], ${[...settled.values()]}::text[]) as s(id, state)
      where t.id = s.id`);
  }
  if (failed.length > 0) {
    writes.push(tx`
      insert into ledger_burnt_ids (id) select unnest(${failed.map(uuidOf)}::uuid[]) on conflict do nothing`);
  }
  if (moves.length > 0) {
    const column = (name: keyof Counters) => moves.map(([, counters]) => String(counters[name]));
    writes.push(tx`
      insert into ledger_balances (company_id, account_id, slot, debits_pending, debits_posted, credits_pending,
        credits_posted)
      select * from unnest(${moves.map(([id]) => owner.companyOf(id))}::text[],
        ${moves.map(([id]) => uuidOf(id))}::uuid[],
        ${moves.map(([id]) => (owner.isBound(id) ? BOUND_SLOT : slot))}::int[], ${column("debitsPending")}::numeric[],
        ${column("debitsPosted")}::numeric[], ${column("creditsPending")}::numeric[],
        ${column("creditsPosted")}::numeric[])
      on conflict (account_id, slot) do update set
        debits_pending = ledger_balances.debits_pending + excluded.debits_pending,
        debits_posted = ledger_balances.debits_posted + excluded.debits_posted,
        credits_pending = ledger_balances.credits_pending + excluded.credits_pending,
        credits_posted = ledger_balances.credits_posted + excluded.credits_posted`);
  }
  await Promise.all(writes);
}

function insertTransfers(
  tx: TransactionSql,
  rows: readonly Stored[],
  companyOf: (account: bigint) => string,
): PromiseLike<unknown> {
  const bits = (of: (t: Transfer) => bigint | undefined) =>
    rows.map((row) => {
      const value = of(row);
      return value === undefined ? null : uuidOf(value);
    });
  return tx`
    insert into ledger_transfers (company_id, id, kind, debit, credit, amount, ledger, code, pending_id, timeout_s,
      balancing, at, reference, state, expires_at)
    select * from unnest(
      ${rows.map((t) => companyOf(t.debit))}::text[], ${bits((t) => t.id)}::uuid[], ${rows.map((t) => t.kind)}::text[],
      ${bits((t) => t.debit)}::uuid[], ${bits((t) => t.credit)}::uuid[], ${rows.map((t) => String(t.amount))}::numeric[],
      ${rows.map((t) => t.ledger)}::int[], ${rows.map((t) => t.code)}::int[], ${bits((t) => t.pendingId)}::uuid[],
      ${rows.map((t) => t.timeoutS ?? null)}::bigint[], ${rows.map((t) => t.balancing ?? null)}::text[],
      ${rows.map((t) => t.at)}::bigint[], ${bits((t) => t.reference)}::uuid[], ${rows.map((t) => t.state)}::text[],
      ${rows.map((t) => t.expiresAt)}::bigint[])`;
}
