import { assert } from "../src/errors.ts";
import type { Account, LedgerBook, LedgerKey } from "../src/ledger/account.ts";
import { ledgerScale } from "../src/ledger/account.ts";
import { limits } from "../src/limits.ts";
import type { LedgerDirectory } from "../src/ports/ledger_directory.ts";
import type { LedgerEntries, RefusedChain } from "../src/ports/ledger_outbox.ts";
import type { Say } from "./say.ts";

/** The ledgers and accounts this process knows to be open, so that commits ask for none twice. */
export class Ledgers {
  /** For what an operator must see. */
  readonly warn: Say;
  readonly #directory: LedgerDirectory;
  readonly #books = new Map<string, LedgerBook>();
  readonly #open = new Set<bigint>();

  constructor(directory: LedgerDirectory, warn: Say) {
    this.#directory = directory;
    this.warn = warn;
  }

  /** Opens ledgers that are not known. Throws DEP_001 where the store is away. */
  async open(keys: readonly LedgerKey[]): Promise<void> {
    const unknown = keys.filter((key) => !this.#books.has(nameOf(key)));
    if (unknown.length === 0) return;
    for (const book of await this.#directory.openLedgers(unknown)) {
      assert(book.scale === ledgerScale(book.currency), "a ledger keeps the scale it was opened with");
      this.#books.set(nameOf(book), book);
    }
  }

  /** A ledger that has been opened. */
  book(key: LedgerKey): LedgerBook {
    const book = this.#books.get(nameOf(key));
    assert(book !== undefined, "a ledger is opened before it is posted to");
    return book;
  }

  /** Of these accounts those that are not known to be open. */
  unopened(accounts: readonly Account[]): Account[] {
    return accounts.filter((account) => !this.#open.has(account.id));
  }

  /** These entries are durable: their accounts are open now, and a person must look at what was refused. */
  committed({ unopened }: LedgerEntries, refused: readonly RefusedChain[]): void {
    if (this.#open.size >= limits.openAccountsMax) this.#open.clear();
    for (const { id } of unopened) this.#open.add(id);
    for (const chain of refused) this.warn(refusalLine(chain));
  }
}

/** What an operator must see of a chain that was refused. */
export function refusalLine({ companyId, chain, index, reason, detail }: RefusedChain): string {
  const refused = chain[index];
  const id = refused?.id.toString(16).padStart(32, "0");
  return `the ledger of ${companyId} refused transfer ${id}, code ${refused?.code}: ${reason}, ${detail}`;
}

function nameOf({ companyId, currency, kind }: LedgerKey): string {
  return `${companyId}|${currency}|${kind}`;
}
