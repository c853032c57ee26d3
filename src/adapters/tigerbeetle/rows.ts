import {
  AccountFlags,
  type Account as AccountRow,
  TransferFlags,
  type Transfer as TransferRow,
} from "tigerbeetle-node";
import type { Account } from "../../ledger/account.ts";
import type { Chain, Transfer } from "../../ledger/transfer.ts";
import type { Balance, PostedTransfer } from "../../ports/ledger.ts";

/** An account as TigerBeetle opens it. Whose it is, the directory of accounts knows. */
export function accountRow({ id, ledger, code, flags }: Account): AccountRow {
  return {
    id,
    debits_pending: 0n,
    debits_posted: 0n,
    credits_pending: 0n,
    credits_posted: 0n,
    user_data_128: 0n,
    user_data_64: 0n,
    user_data_32: 0,
    reserved: 0,
    ledger,
    code,
    flags:
      (flags.debitsMustNotExceedCredits ? AccountFlags.debits_must_not_exceed_credits : 0) |
      (flags.creditsMustNotExceedDebits ? AccountFlags.credits_must_not_exceed_debits : 0),
    timestamp: 0n,
  };
}

/** The four counters of an account. */
export function balanceOf(row: AccountRow): Balance {
  return {
    debitsPending: row.debits_pending,
    debitsPosted: row.debits_posted,
    creditsPending: row.credits_pending,
    creditsPosted: row.credits_posted,
  };
}

const kindFlags = {
  posted: 0,
  pending: TransferFlags.pending,
  post_pending: TransferFlags.post_pending_transfer,
  void_pending: TransferFlags.void_pending_transfer,
} as const satisfies Record<Transfer["kind"], number>;

/** A chain as it is sent: all but its last transfer are linked to the next. Business time goes into 64 bits of user data. */
export function chainRows(chain: Chain): TransferRow[] {
  return chain.map((transfer, at) => transferRow(transfer, at < chain.length - 1));
}

function transferRow(t: Transfer, isLinked: boolean): TransferRow {
  const balancing =
    t.balancing === undefined
      ? 0
      : t.balancing === "debit"
        ? TransferFlags.balancing_debit
        : TransferFlags.balancing_credit;
  return {
    id: t.id,
    debit_account_id: t.debit,
    credit_account_id: t.credit,
    amount: t.amount,
    pending_id: t.pendingId ?? 0n,
    user_data_128: t.reference,
    user_data_64: BigInt(t.at),
    user_data_32: 0,
    timeout: t.timeoutS ?? 0,
    ledger: t.ledger,
    code: t.code,
    flags: kindFlags[t.kind] | balancing | (isLinked ? TransferFlags.linked : 0),
    timestamp: 0n,
  };
}

/** A transfer as it stands; TigerBeetle's timestamps are unique and say which came first. */
export function transferOf(row: TransferRow): PostedTransfer {
  const { flags } = row;
  const balancing =
    flags & TransferFlags.balancing_debit
      ? "debit"
      : flags & TransferFlags.balancing_credit
        ? "credit"
        : null;
  return {
    id: row.id,
    kind: kindOf(flags),
    debit: row.debit_account_id,
    credit: row.credit_account_id,
    amount: row.amount,
    ledger: row.ledger,
    code: row.code as Transfer["code"],
    ...(row.pending_id === 0n ? {} : { pendingId: row.pending_id }),
    ...(row.timeout === 0 ? {} : { timeoutS: row.timeout }),
    ...(balancing === null ? {} : { balancing }),
    at: Number(row.user_data_64),
    reference: row.user_data_128,
    order: row.timestamp,
  };
}

function kindOf(flags: number): Transfer["kind"] {
  if (flags & TransferFlags.pending) return "pending";
  if (flags & TransferFlags.post_pending_transfer) return "post_pending";
  return flags & TransferFlags.void_pending_transfer ? "void_pending" : "posted";
}

/**
 * The first field that does not fit into TigerBeetle's, which would wrap or refuse the whole request, or moves nothing;
 * null for none.
 */
export function unfit(t: Transfer): string | null {
  const wide: [string, bigint][] = [
    ["id", t.id],
    ["debit account", t.debit],
    ["credit account", t.credit],
    ["amount", t.amount],
    ["pending id", t.pendingId ?? 0n],
    ["reference", t.reference],
  ];
  for (const [name, value] of wide) if (value < 0n || value >> 128n !== 0n) return name;
  if (t.amount === 0n && (t.kind === "posted" || t.kind === "pending")) return "amount"; // which TigerBeetle takes
  const narrow: [string, number, number][] = [
    ["time", t.at, Number.MAX_SAFE_INTEGER],
    ["timeout", t.timeoutS ?? 0, 2 ** 32 - 1],
    ["ledger", t.ledger, 2 ** 32 - 1],
    ["code", t.code, 2 ** 16 - 1],
  ];
  for (const [name, value, most] of narrow)
    if (!Number.isInteger(value) || value < 0 || value > most) return name;
  return null;
}
