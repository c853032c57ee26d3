import type { Stored } from "../../../ledger/existing.ts";
import type { Transfer } from "../../../ledger/transfer.ts";

/** A transfer as its row is read. */
export interface TransferRecord {
  id: string;
  kind: Transfer["kind"];
  debit: string;
  credit: string;
  amount: string;
  ledger: number;
  code: number;
  pending_id: string | null;
  timeout_s: string | null;
  balancing: "debit" | "credit" | null;
  at: string;
  reference: string;
  state: Stored["state"];
  expires_at: string | null;
}

/** 128 bits as 32 hex digits, which a uuid column takes. */
export function uuidOf(id: bigint): string {
  return id.toString(16).padStart(32, "0");
}

/** The 128 bits of a uuid column. */
export function bitsOf(uuid: string): bigint {
  return BigInt(`0x${uuid.replaceAll("-", "")}`);
}

/** The transfer of a row. */
export function storedOf(row: TransferRecord): Stored {
  const { pending_id, timeout_s, balancing } = row;
  return {
    id: bitsOf(row.id),
    kind: row.kind,
    debit: bitsOf(row.debit),
    credit: bitsOf(row.credit),
    amount: BigInt(row.amount),
    ledger: row.ledger,
    code: row.code as Transfer["code"],
    ...(pending_id === null ? {} : { pendingId: bitsOf(pending_id) }),
    ...(timeout_s === null ? {} : { timeoutS: Number(timeout_s) }),
    ...(balancing === null ? {} : { balancing }),
    at: Number(row.at),
    reference: bitsOf(row.reference),
    state: row.state,
    expiresAt: row.expires_at === null ? null : Number(row.expires_at),
  };
}
