import { assert } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { Instant } from "../../time/instant.ts";
import type { Account, LedgerBook } from "../account.ts";
import type { TransferCode } from "../chart.ts";
import type { Chain, Transfer } from "../transfer.ts";
import { transferId } from "../transfer_id.ts";

/** A chain with the accounts it moves money between, so that they can be opened before. */
export interface Posting {
  readonly chain: Chain;
  readonly accounts: readonly Account[];
}

/** What is posted, and about what. */
export interface Occasion {
  readonly book: LedgerBook;
  /** The kind of fact, such as `invoice_issued`, and its id: with the leg and attempt they make the transfers' ids. */
  readonly kind: string;
  readonly factId: string;
  /** What the transfers are found by: see `referenceOf`. Reversals have the same. */
  readonly reference: bigint;
  readonly at: Instant;
  readonly attempt?: number;
}

type How = Partial<Pick<Transfer, "kind" | "pendingId" | "timeoutS" | "balancing">>;

/** Collects the legs of one chain. Legs of nothing are left out. */
export class Legs {
  readonly #occasion: Occasion;
  readonly #chain: Transfer[] = [];
  readonly #accounts = new Map<bigint, Account>();

  constructor(occasion: Occasion) {
    this.#occasion = occasion;
  }

  /** Debits one account and credits another; a negative amount goes the other way. */
  move(code: TransferCode, debit: Account, credit: Account, units: bigint, how: How = {}): this {
    if (units === 0n) return this;
    if (units < 0n) return this.move(code, credit, debit, -units, how);
    const { book, kind, factId, reference, at, attempt = 0 } = this.#occasion;
    const origin = { companyId: book.companyId, kind, factId, at, attempt };
    this.#accounts.set(debit.id, debit).set(credit.id, credit);
    this.#chain.push({
      id: transferId(origin, `${this.#chain.length} ${debit.id} ${credit.id}`),
      kind: "posted",
      debit: debit.id,
      credit: credit.id,
      amount: units,
      ledger: book.number,
      code,
      at,
      reference,
      ...how,
    });
    return this;
  }

  /** The chain, or null where nothing moves. */
  posting(): Posting | null {
    if (this.#chain.length === 0) return null;
    assert(
      this.#chain.length <= limits.ledgerTransfersPerPost,
      "a chain fits into one request to the ledger",
    );
    return { chain: this.#chain, accounts: [...this.#accounts.values()] };
  }
}
