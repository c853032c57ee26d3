import type { Account } from "../../src/ledger/account.ts";
import { applyChains, type Counters } from "../../src/ledger/apply.ts";
import type { Stored } from "../../src/ledger/existing.ts";
import type { Ledger } from "../../src/ports/ledger.ts";

const nothing: Counters = { debitsPending: 0n, debitsPosted: 0n, creditsPending: 0n, creditsPosted: 0n };

/** A ledger in memory: the rules every engine keeps, and nothing else. Time stands still, so nothing expires. */
export function memoryLedger() {
  const accounts = new Map<bigint, Account>();
  const transfers = new Map<bigint, Stored>();
  const balances = new Map<bigint, Counters>();
  const failed = new Set<bigint>();
  const ledger: Ledger = {
    openAccounts: async (opened) => {
      for (const account of opened) if (!accounts.has(account.id)) accounts.set(account.id, account);
    },
    post: async (chains) => {
      const view = {
        ...{ accounts, balances, now: 0 },
        transfers: (id: bigint) => transfers.get(id),
        hasFailed: (id: bigint) => failed.has(id),
      };
      const changes = applyChains(view, chains);
      for (const stored of changes.created) transfers.set(stored.id, stored);
      for (const [id, state] of changes.settled) {
        const pending = transfers.get(id);
        if (pending !== undefined) transfers.set(id, { ...pending, state });
      }
      for (const id of changes.failed) failed.add(id);
      for (const [id, by] of changes.moves) {
        const had = balances.get(id) ?? nothing;
        balances.set(id, {
          debitsPending: had.debitsPending + by.debitsPending,
          debitsPosted: had.debitsPosted + by.debitsPosted,
          creditsPending: had.creditsPending + by.creditsPending,
          creditsPosted: had.creditsPosted + by.creditsPosted,
        });
      }
      return [...changes.results];
    },
    balances: async (_companyId, ids) =>
      new Map(ids.filter((id) => accounts.has(id)).map((id) => [id, balances.get(id) ?? nothing])),
    transfers: async () => [],
    totals: async () => [],
    ping: async () => {},
  };
  return { ledger, transfers };
}
