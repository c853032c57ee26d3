import type { Fact } from "../actors/customer/facts.ts";
import { changePosting, changesOf, type PositionChange } from "../actors/customer/ledger/changes.ts";
import { type Occurrence, occurrencesOf } from "../actors/customer/ledger/occurrences.ts";
import { type Positions, positionsOf } from "../actors/customer/ledger/positions.ts";
import type { Account, LedgerKey } from "../src/ledger/account.ts";
import type { Posting } from "../src/ledger/postings/posting.ts";
import type { Chain } from "../src/ledger/transfer.ts";
import type { LedgerEntries } from "../src/ports/ledger_outbox.ts";
import type { LiveActor } from "./directory.ts";
import type { Ledgers } from "./ledgers.ts";

interface Worked {
  readonly after: Positions;
  readonly changes: readonly PositionChange[];
}

/**
 * What a batch means for the ledger. Documents have chains of their own; what is due for usage, what is deferred and
 * what limits leave is told as one difference per customer and batch, so that an event costs nothing here.
 *
 * A mistake in here must not stop what happened from being recorded: it is said, and the auditor finds what is missing.
 */
export class BatchLedger {
  readonly #occurrences = new Map<LiveActor, Occurrence[]>();
  readonly #troubles: string[] = [];
  #worked: Map<LiveActor, Worked> | null = null;

  /** Takes the facts of one decision, already evolved into the actor's state. */
  add(actor: LiveActor, facts: readonly Fact[]): void {
    this.#worked = null;
    const known = this.#occurrences.get(actor);
    const isUsage = facts.length === 1 && facts[0]?.type === "usage_recorded";
    const found = isUsage ? [] : this.#carefully(actor, [], () => occurrencesOf(actor.state, facts));
    if (known === undefined) this.#occurrences.set(actor, found);
    else known.push(...found);
  }

  /** The ledgers it needs. */
  keys(): LedgerKey[] {
    const keys = new Map<string, LedgerKey>();
    for (const [actor, { changes }] of this.#work()) {
      const { companyId } = actor.state;
      const need = (currency: string, kind: LedgerKey["kind"]): void => {
        keys.set(`${companyId}|${currency}|${kind}`, { companyId, currency, kind });
      };
      for (const { position } of changes) need(position.currency, kindOf(position.kind));
      for (const { currency } of this.#occurrences.get(actor) ?? []) need(currency, "money");
    }
    return [...keys.values()];
  }

  /** Its chains, of each customer those of documents first: they bring what is then drawn on. */
  entries(ledgers: Pick<Ledgers, "book" | "unopened" | "warn">): LedgerEntries {
    const chains: Chain[] = [];
    const accounts = new Map<bigint, Account>();
    for (const [actor, { changes }] of this.#work()) {
      const { state } = actor;
      const book = (currency: string, kind: LedgerKey["kind"]) =>
        ledgers.book({ companyId: state.companyId, currency, kind });
      const take = (make: () => Posting | null): void => {
        const posting = this.#carefully(actor, null, make);
        if (posting === null) return;
        chains.push(posting.chain);
        for (const account of posting.accounts) accounts.set(account.id, account);
      };
      for (const { currency, posting } of this.#occurrences.get(actor) ?? [])
        take(() => posting(book(currency, "money")));
      for (const change of changes)
        take(() =>
          changePosting(state, book(change.position.currency, kindOf(change.position.kind)), change),
        );
    }
    for (const line of this.#troubles.splice(0)) ledgers.warn(line);
    const all = [...accounts.values()];
    return { chains, accounts: all, unopened: ledgers.unopened(all) };
  }

  /** After the commit: the ledger has been told. */
  committed(): void {
    for (const [actor, { after }] of this.#work()) actor.posted = after;
  }

  /** What each customer comes to now; worked out once a batch. */
  #work(): Map<LiveActor, Worked> {
    if (this.#worked !== null) return this.#worked;
    this.#worked = new Map();
    for (const [actor, occurrences] of this.#occurrences) {
      const moved = occurrences.map((occurrence) => occurrence.moved).filter((m) => m.size > 0);
      const worked = this.#carefully(actor, { after: actor.posted, changes: [] }, () => {
        const after = positionsOf(actor.state);
        return { after, changes: changesOf(actor.posted, moved, after) };
      });
      this.#worked.set(actor, worked);
    }
    return this.#worked;
  }

  #carefully<T>({ state }: LiveActor, otherwise: T, work: () => T): T {
    try {
      return work();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#troubles.push(`what became of ${state.customerId} of ${state.companyId} is not posted: ${why}`);
      return otherwise;
    }
  }
}

function kindOf(kind: PositionChange["position"]["kind"]): LedgerKey["kind"] {
  return kind === "budget" ? "memo" : "money";
}
