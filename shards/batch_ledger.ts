import type { Fact } from "../actors/customer/facts.ts";
import { changePosting, changesOf, type PositionChange } from "../actors/customer/ledger/changes.ts";
import { type Occurrence, occurrencesOf } from "../actors/customer/ledger/occurrences.ts";
import { type Positions, positionsOf } from "../actors/customer/ledger/positions.ts";
import type { Account, LedgerKey } from "../src/ledger/account.ts";
import type { Posting } from "../src/ledger/postings/posting.ts";
import type { Chain } from "../src/ledger/transfer.ts";
import type { LedgerEntries } from "../src/ports/shard_store.ts";
import type { LiveActor } from "./directory.ts";
import type { Ledgers } from "./ledgers.ts";

interface Worked {
  readonly after: Positions;
  readonly changes: readonly PositionChange[];
}

/**
 * What a batch means for the ledger. Documents have chains of their own; what is due for usage, what is deferred and
 * what limits leave is told as one difference per customer and batch, so that an event costs nothing here.
 */
export class BatchLedger {
  readonly #occurrences = new Map<LiveActor, Occurrence[]>();
  #worked: Map<LiveActor, Worked> | null = null;

  /** Takes the facts of one decision, already evolved into the actor's state. */
  add(actor: LiveActor, facts: readonly Fact[]): void {
    this.#worked = null;
    const known = this.#occurrences.get(actor);
    if (facts.length === 1 && facts[0]?.type === "usage_recorded") {
      if (known === undefined) this.#occurrences.set(actor, []);
      return;
    }
    this.#occurrences.set(actor, [...(known ?? []), ...occurrencesOf(actor.state, facts)]);
  }

  /** The ledgers it needs. */
  keys(): LedgerKey[] {
    const keys = new Map<string, LedgerKey>();
    for (const [{ state }, { changes }] of this.#work()) {
      const { companyId } = state;
      const need = (currency: string, kind: LedgerKey["kind"]): void => {
        keys.set(`${companyId}|${currency}|${kind}`, { companyId, currency, kind });
      };
      for (const { position } of changes) need(position.currency, kindOf(position.kind));
    }
    for (const [{ state }, occurrences] of this.#occurrences) {
      const { companyId } = state;
      for (const { currency } of occurrences)
        keys.set(`${companyId}|${currency}|money`, { companyId, currency, kind: "money" });
    }
    return [...keys.values()];
  }

  /** Its chains, of each customer those of documents first: they bring what is then drawn on. */
  entries(ledgers: Ledgers): LedgerEntries {
    const chains: Chain[] = [];
    const accounts = new Map<bigint, Account>();
    const take = (posting: Posting | null): void => {
      if (posting === null) return;
      chains.push(posting.chain);
      for (const account of posting.accounts) accounts.set(account.id, account);
    };
    for (const [actor, { changes }] of this.#work()) {
      const { state } = actor;
      const book = (currency: string, kind: LedgerKey["kind"]) =>
        ledgers.book({ companyId: state.companyId, currency, kind });
      for (const occurrence of this.#occurrences.get(actor) ?? [])
        take(occurrence.posting(book(occurrence.currency, "money")));
      for (const change of changes) {
        const { currency, kind } = change.position;
        take(changePosting(state, book(currency, kindOf(kind)), change));
      }
    }
    const all = [...accounts.values()];
    return { chains, accounts: all, unopened: ledgers.unopened(all) };
  }

  /** What each customer comes to now; worked out once a batch. */
  #work(): Map<LiveActor, Worked> {
    this.#worked ??= new Map(
      [...this.#occurrences].map(([actor, occurrences]) => {
        const after = positionsOf(actor.state);
        const moved = occurrences.map((occurrence) => occurrence.moved).filter((m) => m.size > 0);
        return [actor, { after, changes: changesOf(actor.posted, moved, after) }];
      }),
    );
    return this.#worked;
  }

  /** After the commit: the ledger has been told. */
  committed(): void {
    for (const [actor, { after }] of this.#work()) actor.posted = after;
  }
}

function kindOf(kind: PositionChange["position"]["kind"]): LedgerKey["kind"] {
  return kind === "budget" ? "memo" : "money";
}
