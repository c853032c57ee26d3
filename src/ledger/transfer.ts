import type { Instant } from "../time/instant.ts";
import type { TransferCode } from "./chart.ts";

/** The greatest amount: 128 bits hold it. */
export const AMOUNT_MAX = 2n ** 128n - 1n;
/** Amount that posts all of a pending transfer. */
export const ALL_PENDING = AMOUNT_MAX;

/**
 * One movement: `amount` is debited to one account and credited to another of the same ledger. `posted` moves at
 * once; `pending` reserves until `post_pending` moves it, or `void_pending` or its timeout gives it back.
 */
export interface Transfer {
  /** 128 bits; see `transferId`. */
  readonly id: bigint;
  readonly kind: "posted" | "pending" | "post_pending" | "void_pending";
  /** Account ids. A post or void names the same accounts, ledger and code as what it settles. */
  readonly debit: bigint;
  readonly credit: bigint;
  /**
   * At the ledger's scale, above 0 but for posts and voids, at most AMOUNT_MAX. With `balancing` the most that moves;
   * a post moves up to what is pending, all of it with ALL_PENDING, and gives the rest back; a void names the whole
   * pending amount, or 0 for it.
   */
  readonly amount: bigint;
  readonly ledger: number;
  readonly code: TransferCode;
  /** The transfer that a post or void settles. */
  readonly pendingId?: bigint;
  /** Whole seconds after which a pending transfer expires; absent: never. */
  readonly timeoutS?: number;
  /** Move only as much as the debited account's posted credits, or the credited account's posted debits, leave. */
  readonly balancing?: "debit" | "credit";
  /** Business time. */
  readonly at: Instant;
  /** 128 bits of the document it belongs to, see `referenceOf`; every leg of a chain and its reversal carry it. */
  readonly reference: bigint;
}

/** Transfers that happen all or not at all, in this order; at least one. */
export type Chain = readonly Transfer[];
