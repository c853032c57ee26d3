import type { LedgerBook, LedgerKey } from "../../src/ledger/account.ts";
import { ledgerScale } from "../../src/ledger/account.ts";
import { encodeEntries } from "../../src/ledger/stored_chain.ts";
import type { LedgerDirectory, OpenAccount } from "../../src/ports/ledger_directory.ts";
import type { LedgerOutbox, OutboxRow, RefusedChain } from "../../src/ports/ledger_outbox.ts";
import type { CommitBatch } from "../../src/ports/shard_store.ts";
import { memoryLedger } from "../ledger/memory_ledger.ts";

/** The ledger, which accounts it has, and what waits to be posted. */
export class Books {
  readonly refused: RefusedChain[] = [];
  readonly #memory = memoryLedger();
  readonly #isRemote: boolean;
  readonly #ledgers = new Map<string, LedgerBook>();
  readonly #accounts = new Map<bigint, OpenAccount>();
  readonly #outbox = new Map<string, OutboxRow>();

  /** @param isRemote whether another engine than the store keeps the ledger */
  constructor(isRemote: boolean) {
    this.#isRemote = isRemote;
  }

  get ledger() {
    return this.#memory.ledger;
  }

  /** The part of a commit that is about the ledger. */
  post({ cursor: { partition }, ledger }: CommitBatch, commitSeq: number): readonly RefusedChain[] {
    if (ledger.chains.length === 0) return [];
    for (const account of ledger.unopened)
      if (!this.#accounts.has(account.id)) this.#accounts.set(account.id, { ...account, createdAt: 0 });
    if (this.#isRemote) {
      this.#outbox.set(`${partition}|${commitSeq}`, { partition, commitSeq, body: encodeEntries(ledger) });
      return [];
    }
    this.#memory.open(ledger.unopened);
    const results = this.#memory.post(ledger.chains);
    const refused = ledger.chains.flatMap((chain, at): RefusedChain[] => {
      const result = results[at];
      if (result === undefined || result.ok) return [];
      const { index, reason, detail } = result;
      return [{ companyId: "", chain, index, reason, detail }];
    });
    this.refused.push(...refused);
    return refused;
  }

  readonly outbox: LedgerOutbox = {
    waiting: async (perPartition, partitions = null) => {
      const rows = [...this.#outbox.values()]
        .filter(({ partition }) => partitions === null || partitions.includes(partition))
        .sort((a, b) => a.partition - b.partition || a.commitSeq - b.commitSeq);
      const first = Map.groupBy(rows, ({ partition }) => partition);
      return [...first.values()].flatMap((own) => own.slice(0, perPartition));
    },
    posted: async (rows, refused) => {
      for (const { partition, commitSeq } of rows) this.#outbox.delete(`${partition}|${commitSeq}`);
      this.refused.push(...refused);
    },
    isBehind: async (partition) => [...this.#outbox.values()].some((row) => row.partition === partition),
  };

  readonly directory: LedgerDirectory = {
    openLedgers: async (keys) => keys.map((key) => this.#bookOf(key)),
    ledgers: async (companyId) => [...this.#ledgers.values()].filter((book) => book.companyId === companyId),
    accounts: async () => [],
    accountsById: async (_, ids) => ids.flatMap((id) => this.#accounts.get(id) ?? []),
    accountsOf: async (companyId, customerId) =>
      [...this.#accounts.values()].filter(
        (account) => account.companyId === companyId && account.customerId === customerId,
      ),
  };

  #bookOf({ companyId, currency, kind }: LedgerKey): LedgerBook {
    const name = `${companyId}|${currency}|${kind}`;
    const known = this.#ledgers.get(name);
    if (known !== undefined) return known;
    const book = { number: this.#ledgers.size + 1, companyId, currency, kind, scale: ledgerScale(currency) };
    this.#ledgers.set(name, book);
    return book;
  }
}
