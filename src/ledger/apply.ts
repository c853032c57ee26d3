import { assert } from "../errors.ts";
import type { AccountFlags } from "./account.ts";
import {
  exists,
  existsAlike,
  type Known,
  type Refusal,
  type Refused,
  refused,
  type Stored,
} from "./existing.ts";
import { ALL_PENDING, AMOUNT_MAX, type Chain, type Transfer } from "./transfer.ts";

/** The four counters of an account. */
export interface Counters {
  readonly debitsPending: bigint;
  readonly debitsPosted: bigint;
  readonly creditsPending: bigint;
  readonly creditsPosted: bigint;
}

/** What a ledger holds of what some chains touch. */
export interface LedgerView extends Known {
  /** Accounts that are open. */
  readonly accounts: ReadonlyMap<bigint, { readonly ledger: number; readonly flags: AccountFlags }>;
  /** Of the accounts whose balance decides something, see `decidingAccounts`; others may be missing. */
  readonly balances: ReadonlyMap<bigint, Counters>;
  /** Real time, in milliseconds: what timeouts are measured by. */
  readonly now: number;
}

export type Applied =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly index: number;
      readonly reason: Refusal;
      readonly detail: string;
    };

/** What posting the chains changes; one result per chain. */
export interface Changes {
  readonly results: readonly Applied[];
  readonly created: readonly Stored[];
  /** What is added to the counters of each account. */
  readonly moves: ReadonlyMap<bigint, Counters>;
  /** Pending transfers that were posted or voided. */
  readonly settled: ReadonlyMap<bigint, "posted" | "voided">;
  /** Ids that failed for a reason of the moment and may never be used again. */
  readonly failed: readonly bigint[];
}

const NOTHING: Counters = { debitsPending: 0n, debitsPosted: 0n, creditsPending: 0n, creditsPosted: 0n };
const RESERVED = 2n ** 128n - 1n;

/** True for a chain whose outcome depends on what is there: limits, balancing, pending transfers. */
export function isConditional(chain: Chain, flagsOf: (account: bigint) => AccountFlags | undefined): boolean {
  return chain.some(
    (t) =>
      t.kind !== "posted" ||
      t.balancing !== undefined ||
      isBound(flagsOf(t.debit)) ||
      isBound(flagsOf(t.credit)),
  );
}

/** The accounts whose balances decide what becomes of a transfer. */
export function decidingAccounts(
  chains: readonly Chain[],
  flagsOf: (account: bigint) => AccountFlags | undefined,
): Set<bigint> {
  const found = new Set<bigint>();
  for (const { debit, credit, balancing } of chains.flat()) {
    if (balancing === "debit" || isBound(flagsOf(debit))) found.add(debit);
    if (balancing === "credit" || isBound(flagsOf(credit))) found.add(credit);
  }
  return found;
}

function isBound(flags: AccountFlags | undefined): boolean {
  return flags?.debitsMustNotExceedCredits === true || flags?.creditsMustNotExceedDebits === true;
}

/**
 * Works out what posting chains does, one after another: each happens whole or, where one of its transfers is refused,
 * not at all. The rules are TigerBeetle's as its reference documents them, so that every adapter answers alike.
 */
export function applyChains(view: LedgerView, chains: readonly Chain[]): Changes {
  const books = new Books(view);
  const results = chains.map((chain) => books.post(chain));
  const { created, moves, settled, failed } = books;
  return { results, created, moves, settled, failed };
}

/** What has been decided so far, on top of what was there. */
class Books {
  readonly created: Stored[] = [];
  readonly moves = new Map<bigint, Counters>();
  readonly settled = new Map<bigint, "posted" | "voided">();
  readonly #burnt = new Set<bigint>();
  /** Takes the chain under way back. */
  #undo: (() => void)[] = [];
  readonly #view: LedgerView;
  readonly #here = new Map<bigint, Stored>();
  readonly #knows: Known = {
    transfers: (id) => this.#here.get(id) ?? this.#view.transfers(id),
    hasFailed: (id) => this.#burnt.has(id) || this.#view.hasFailed(id),
  };

  constructor(view: LedgerView) {
    this.#view = view;
  }

  get failed(): readonly bigint[] {
    return [...this.#burnt];
  }

  post(chain: Chain): Applied {
    assert(chain.length > 0, "a chain has a transfer");
    const misfit = chain.findIndex(isOutOfRange);
    if (misfit >= 0)
      return { ok: false, index: misfit, reason: "malformed", detail: "the amount is out of range" };
    if (chain.every((t) => existsAlike(this.#knows, t))) return { ok: true };
    this.#undo = [];
    for (const [index, transfer] of chain.entries()) {
      const outcome = this.#apply(transfer);
      if (outcome === null) continue;
      for (const step of this.#undo.toReversed()) step();
      if (outcome.isOfTheMoment) this.#burnt.add(transfer.id);
      return { ok: false, index, reason: outcome.reason, detail: outcome.detail };
    }
    return { ok: true };
  }

  #apply(t: Transfer): Refused | null {
    if (t.id <= 0n || t.id >= RESERVED) return refused("malformed", "the id is reserved");
    const known = exists(this.#knows, t);
    if (known !== null) return known;
    if (t.kind === "post_pending" || t.kind === "void_pending") return this.#settle(t);
    const wrong = misshapen(t) ?? this.#misplaced(t);
    if (wrong !== null) return wrong;
    const amount = this.#balanced(t);
    const over = this.#beyond(t, amount);
    if (over !== null) return over;
    this.#create({ ...t, amount }, t.kind === "pending" ? "pending" : null);
    if (t.kind === "pending") {
      this.#move(t.debit, { debitsPending: amount });
      this.#move(t.credit, { creditsPending: amount });
    } else {
      this.#move(t.debit, { debitsPosted: amount });
      this.#move(t.credit, { creditsPosted: amount });
    }
    return null;
  }

  #misplaced(t: Transfer): Refused | null {
    const debit = this.#view.accounts.get(t.debit);
    const credit = this.#view.accounts.get(t.credit);
    if (debit === undefined || credit === undefined) {
      const which = debit === undefined ? "debit" : "credit";
      return { ...refused("account_not_found", `the ${which} account is not open`), isOfTheMoment: true };
    }
    if (debit.ledger !== credit.ledger || debit.ledger !== t.ledger)
      return refused("malformed", "the accounts and the transfer are of different ledgers");
    return null;
  }

  /** What a transfer moves: with balancing no more than what the account has. */
  #balanced({ amount, balancing, debit, credit }: Transfer): bigint {
    if (balancing === undefined) return amount;
    const { debitsPending, debitsPosted, creditsPending, creditsPosted } = this.#counters(
      balancing === "debit" ? debit : credit,
    );
    const left =
      balancing === "debit"
        ? creditsPosted - debitsPosted - debitsPending
        : debitsPosted - creditsPosted - creditsPending;
    return left <= 0n ? 0n : left < amount ? left : amount;
  }

  #beyond(t: Transfer, amount: bigint): Refused | null {
    const flags = (id: bigint) => this.#view.accounts.get(id)?.flags;
    if (flags(t.debit)?.debitsMustNotExceedCredits === true) {
      const { debitsPending, debitsPosted, creditsPosted } = this.#counters(t.debit);
      if (debitsPending + debitsPosted + amount > creditsPosted)
        return { ...refused("exceeds_credits", "the debit account has less"), isOfTheMoment: true };
    }
    if (flags(t.credit)?.creditsMustNotExceedDebits === true) {
      const { creditsPending, creditsPosted, debitsPosted } = this.#counters(t.credit);
      if (creditsPending + creditsPosted + amount > debitsPosted)
        return { ...refused("exceeds_debits", "the credit account has less"), isOfTheMoment: true };
    }
    return null;
  }

  /** Posts or voids what a pending transfer reserved. */
  #settle(t: Transfer): Refused | null {
    if (
      t.pendingId === undefined ||
      t.pendingId === t.id ||
      t.timeoutS !== undefined ||
      t.balancing !== undefined
    )
      return refused("malformed", "a post or void names a pending transfer, and no timeout or balancing");
    const pending = this.#knows.transfers(t.pendingId);
    if (pending === undefined)
      return { ...refused("pending_not_found", "there is no such pending transfer"), isOfTheMoment: true };
    if (pending.kind !== "pending") return refused("not_pending", "what it settles is not pending");
    if (pending.debit !== t.debit || pending.credit !== t.credit)
      return refused("pending_has_different", "the pending transfer has other accounts");
    if (pending.ledger !== t.ledger || pending.code !== t.code)
      return refused("pending_has_different", "the pending transfer has another ledger or code");
    const isVoid = t.kind === "void_pending";
    const all = isVoid ? t.amount === 0n : t.amount === ALL_PENDING;
    const amount = all ? pending.amount : t.amount;
    if (amount > pending.amount) return refused("exceeds_pending_amount", "it posts more than is pending");
    if (isVoid && amount < pending.amount)
      return refused("pending_has_different", "a void gives back all that is pending");
    const over = this.#isOver(pending);
    if (over !== null) return over;
    this.#create({ ...t, amount }, null);
    this.settled.set(pending.id, isVoid ? "voided" : "posted");
    this.#undo.push(() => this.settled.delete(pending.id));
    const posted = isVoid ? 0n : amount;
    this.#move(t.debit, { debitsPending: -pending.amount, debitsPosted: posted });
    this.#move(t.credit, { creditsPending: -pending.amount, creditsPosted: posted });
    return null;
  }

  #isOver(pending: Stored): Refused | null {
    switch (this.settled.get(pending.id) ?? pending.state) {
      case "posted":
        return refused("already_posted", "it was posted before");
      case "voided":
        return refused("already_voided", "it was voided before");
      case "expired":
        return refused("pending_expired", "its time is over");
      default: {
        const isLate = pending.expiresAt !== null && pending.expiresAt <= this.#view.now;
        return isLate ? refused("pending_expired", "its time is over") : null;
      }
    }
  }

  #create(transfer: Transfer, state: Stored["state"]): void {
    const { timeoutS } = transfer;
    const expiresAt = timeoutS === undefined ? null : this.#view.now + timeoutS * 1000;
    const stored = { ...transfer, state, expiresAt };
    this.created.push(stored);
    this.#here.set(stored.id, stored);
    this.#undo.push(() => {
      this.created.pop();
      this.#here.delete(stored.id);
    });
  }

  #counters(id: bigint): Counters {
    return sumOf(this.#view.balances.get(id) ?? NOTHING, this.moves.get(id) ?? NOTHING);
  }

  #move(id: bigint, by: Partial<Counters>): void {
    const before = this.moves.get(id) ?? NOTHING;
    this.moves.set(id, sumOf(before, { ...NOTHING, ...by }));
    this.#undo.push(() => this.moves.set(id, before));
  }
}

/** Amounts are stored in 128 bits, TigerBeetle's width and ours; what moves nothing is no transfer. */
function isOutOfRange({ kind, amount }: Transfer): boolean {
  const least = kind === "posted" || kind === "pending" ? 1n : 0n;
  return amount < least || amount > AMOUNT_MAX;
}

function misshapen(t: Transfer): Refused | null {
  if (t.debit === t.credit) return refused("malformed", "an account moves nothing to itself");
  if (t.pendingId !== undefined) return refused("malformed", "only a post or void names a pending transfer");
  if (t.timeoutS !== undefined && t.kind !== "pending")
    return refused("malformed", "only a pending transfer has a timeout");
  return null;
}

function sumOf(a: Counters, b: Counters): Counters {
  return {
    debitsPending: a.debitsPending + b.debitsPending,
    debitsPosted: a.debitsPosted + b.debitsPosted,
    creditsPending: a.creditsPending + b.creditsPending,
    creditsPosted: a.creditsPosted + b.creditsPosted,
  };
}
