import { ALL_PENDING, type Transfer } from "./transfer.ts";

/** A transfer that is there: `amount` is what moved. */
export interface Stored extends Transfer {
  /** What has become of a pending transfer; null for all others. */
  readonly state: "pending" | "posted" | "voided" | "expired" | null;
  /** Real time, in milliseconds; null for what never expires. */
  readonly expiresAt: number | null;
}

/** Which ids are taken: by a transfer, or by one that failed. */
export interface Known {
  transfers(id: bigint): Stored | undefined;
  hasFailed(id: bigint): boolean;
}

/** Why a transfer, and with it its chain, was refused. */
export type Refusal =
  /** These four depend on the moment: the id is burnt, and a new attempt needs a new one. */
  | "account_not_found"
  | "pending_not_found"
  | "exceeds_credits"
  | "exceeds_debits"
  /** The id was refused before for one of the reasons above. */
  | "id_already_failed"
  /** The id is taken by a transfer that is not the same, or by one of another chain. */
  | "exists_with_different"
  | "not_pending"
  | "already_posted"
  | "already_voided"
  | "pending_expired"
  | "exceeds_pending_amount"
  /** A post or void that names other accounts, another ledger, code or, for a void, amount than what it settles. */
  | "pending_has_different"
  /** Such as two equal accounts, accounts of different ledgers, a reserved id, a timeout on what is not pending. */
  | "malformed";

export interface Refused {
  readonly reason: Refusal;
  readonly detail: string;
  /** True where it depends on the moment, so that trying again under the same id must never lead elsewhere. */
  readonly isOfTheMoment: boolean;
}

export function refused(reason: Refusal, detail: string): Refused {
  return { reason, detail, isOfTheMoment: false };
}

/** Refuses an id that is taken; null for a new one. */
export function exists(known: Known, transfer: Transfer): Refused | null {
  const there = known.transfers(transfer.id);
  if (there !== undefined) {
    const field = differing(known, transfer, there);
    // Alike, but not with all of its chain: then it belongs to another.
    const what = field === null ? "chain" : field;
    return refused("exists_with_different", `the id is taken by a transfer with a different ${what}`);
  }
  return known.hasFailed(transfer.id) ? refused("id_already_failed", "the id was refused before") : null;
}

/** True where the same transfer is there already: doing it twice is doing it once. */
export function existsAlike(known: Known, transfer: Transfer): boolean {
  const there = known.transfers(transfer.id);
  return there !== undefined && differing(known, transfer, there) === null;
}

/** The first field in which a transfer differs from the one under its id; null where it is the same. */
function differing(known: Known, t: Transfer, there: Stored): string | null {
  if (t.kind !== there.kind || t.balancing !== there.balancing) return "kind";
  if (t.pendingId !== there.pendingId) return "pending id";
  if (t.timeoutS !== there.timeoutS) return "timeout";
  if (t.debit !== there.debit) return "debit account";
  if (t.credit !== there.credit) return "credit account";
  if (!isAmountAlike(known, t, there)) return "amount";
  if (t.reference !== there.reference) return "reference";
  if (t.at !== there.at) return "time";
  if (t.ledger !== there.ledger) return "ledger";
  return t.code === there.code ? null : "code";
}

/** What moved may be less than what was asked for where a transfer balances, or settles all that is pending. */
function isAmountAlike(known: Known, t: Transfer, there: Stored): boolean {
  if (t.balancing !== undefined) return there.amount <= t.amount;
  const isAll =
    (t.kind === "void_pending" && t.amount === 0n) || (t.kind === "post_pending" && t.amount === ALL_PENDING);
  if (!isAll || t.pendingId === undefined) return there.amount === t.amount;
  return there.amount === known.transfers(t.pendingId)?.amount;
}
