import { BillingError } from "../src/errors.ts";
import { decodeEntries } from "../src/ledger/stored_chain.ts";
import type { Chain } from "../src/ledger/transfer.ts";
import { limits } from "../src/limits.ts";
import type { Ledger } from "../src/ports/ledger.ts";
import type { LedgerOutbox, OutboxRow, RefusedChain } from "../src/ports/ledger_outbox.ts";
import { refusalLine } from "./ledgers.ts";
import type { Say } from "./say.ts";

/**
 * Posts what commits have left in the outbox, strictly in the order of each partition. Rows go only once the ledger has
 * told what became of them: after a crash, or where the outcome is unknown, the same chains are posted again under the
 * same ids, which changes nothing. What is refused for good is recorded and passed over.
 */
export class LedgerPublisher {
  readonly #outbox: LedgerOutbox;
  readonly #ledger: Ledger;
  readonly #warn: Say;
  readonly #owned: () => readonly number[] | null;
  /** Accounts known to be open: a company's are needed by every partition, whichever was first to open them. */
  readonly #open = new Set<bigint>();
  #stopping = false;
  #wake: (() => void) | null = null;
  #running: Promise<void> | null = null;

  /** @param owned the partitions whose rows are this process's to post; null for all */
  constructor(outbox: LedgerOutbox, ledger: Ledger, warn: Say, owned: () => readonly number[] | null) {
    this.#owned = owned;
    this.#outbox = outbox;
    this.#ledger = ledger;
    this.#warn = warn;
  }

  start(): void {
    this.#running = this.#loop();
  }

  /** Ends after the request under way; what is left waits for the next start. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake?.();
    await this.#running;
  }

  /** Posts until nothing waits, whosever it is. Throws DEP_001 where the ledger or the store is away. */
  async drain(): Promise<void> {
    while ((await this.#round(null)) > 0);
  }

  async #loop(): Promise<void> {
    for (let failures = 0; !this.#stopping; ) {
      try {
        const posted = await this.#round(this.#owned());
        failures = 0;
        if (posted === 0) await this.#rest(limits.ledgerPublishEveryMs);
      } catch (error) {
        if (failures === 0) this.#warn(`the ledger waits: ${error instanceof Error ? error.message : error}`);
        failures += 1;
        await this.#rest(
          Math.min(limits.storeRetryMsMax, limits.ledgerPublishEveryMs * 2 ** Math.min(failures, 10)),
        );
      }
    }
  }

  /** Posts the first rows of every partition together; answers how many. */
  async #round(partitions: readonly number[] | null): Promise<number> {
    const rows = await this.#outbox.waiting(limits.ledgerRowsPerPartition, partitions);
    for (const batch of batches(rows)) await this.#post(batch);
    return rows.length;
  }

  async #post(batch: readonly Decoded[]): Promise<void> {
    const accounts = batch.flatMap((row) => row.accounts);
    const companies = new Map(accounts.map((account) => [account.id, account.companyId]));
    const unknown = accounts.filter((account) => !this.#open.has(account.id));
    if (unknown.length > 0) {
      const distinct = [...new Map(unknown.map((account) => [account.id, account])).values()];
      for (const part of parts(distinct, limits.ledgerTransfersPerPost))
        await inTime(this.#ledger.openAccounts(part));
      if (this.#open.size >= limits.openAccountsMax) this.#open.clear();
      for (const { id } of distinct) this.#open.add(id);
    }
    const refused: RefusedChain[] = [];
    for (const chains of requests(batch.flatMap((row) => row.chains))) {
      const results = await inTime(this.#ledger.post(chains));
      for (const [at, chain] of chains.entries()) {
        const result = results[at];
        if (result === undefined || result.ok) continue;
        const { index, reason, detail } = result;
        const companyId = companies.get(chain[0]?.debit ?? 0n) ?? "";
        refused.push({ companyId, chain, index, reason, detail });
      }
    }
    await this.#outbox.posted(
      batch.map(({ row }) => row),
      refused,
    );
    for (const chain of refused) this.#warn(refusalLine(chain));
  }

  async #rest(ms: number): Promise<void> {
    if (this.#stopping) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
    this.#wake = null;
  }
}

interface Decoded extends ReturnType<typeof decodeEntries> {
  readonly row: OutboxRow;
}

/** Rows together up to what goes into one request; a row is never split from what it is done with. */
function* batches(rows: readonly OutboxRow[]): Generator<Decoded[]> {
  let batch: Decoded[] = [];
  let transfers = 0;
  for (const row of rows) {
    const decoded = { row, ...decodeEntries(row.body) };
    const size = decoded.chains.reduce((sum, chain) => sum + chain.length, 0);
    if (batch.length > 0 && transfers + size > limits.ledgerTransfersPerPost) {
      yield batch;
      batch = [];
      transfers = 0;
    }
    batch.push(decoded);
    transfers += size;
  }
  if (batch.length > 0) yield batch;
}

/** Chains in requests no greater than the ledger takes, none split. */
function* requests(chains: readonly Chain[]): Generator<Chain[]> {
  let request: Chain[] = [];
  let size = 0;
  for (const chain of chains) {
    if (request.length > 0 && size + chain.length > limits.ledgerTransfersPerPost) {
      yield request;
      request = [];
      size = 0;
    }
    request.push(chain);
    size += chain.length;
  }
  if (request.length > 0) yield request;
}

function* parts<T>(rows: readonly T[], size: number): Generator<T[]> {
  for (let from = 0; from < rows.length; from += size) yield rows.slice(from, from + size);
}

/** The ledger may never answer: then what became of the request is unknown, and it is sent again. */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new BillingError("DEP_001", "The ledger does not answer; what it did is unknown")),
    limits.ledgerAnswerMsMax,
  );
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
