import type { Account } from "../../src/ledger/account.ts";
import { applyChains, type Counters } from "../../src/ledger/apply.ts";
import type { Stored } from "../../src/ledger/existing.ts";
import type { Chain } from "../../src/ledger/transfer.ts";
import type { ChainResult, CodeTotal, Ledger } from "../../src/ports/ledger.ts";

const nothing: Counters = { debitsPending: 0n, debitsPosted: 0n, creditsPending: 0n, creditsPosted: 0n };

/** A ledger in memory: the rules every engine keeps, and nothing else. Time stands still, so nothing expires. */
export function memoryLedger() {
  const accounts = new Map<bigint, Account>();
  const transfers = new Map<bigint, Stored>();
  const balances = new Map<bigint, Counters>();
  const failed = new Set<bigint>();
  const open = (opened: readonly Account[]): void => {
    for (const account of opened) if (!accounts.has(account.id)) accounts.set(account.id, account);
  };
  const post = (chains: readonly Chain[]): ChainResult[] => {
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
  };
  const ledger: Ledger = {
    openAccounts: async (opened) => open(opened),
    post: async (chains) => post(chains),
    balances: async (_companyId, ids) =>
      new Map(ids.filter((id) => accounts.has(id)).map((id) => [id, balances.get(id) ?? nothing])),
    transfers: async () => [],
    totals: async (_companyId, ledgers) => {
      const totals = new Map<string, CodeTotal>();
      for (const { id, ledger: number, code } of accounts.values()) {
        if (!ledgers.includes(number)) continue;
        const { debitsPosted, creditsPosted } = balances.get(id) ?? nothing;
        const had = totals.get(`${number} ${code}`) ?? { debitsPosted: 0n, creditsPosted: 0n };
        totals.set(`${number} ${code}`, {
          ...{ ledger: number, code },
          debitsPosted: had.debitsPosted + debitsPosted,
          creditsPosted: had.creditsPosted + creditsPosted,
        });
      }
      return [...totals.values()];
    },
    ping: async () => {},
  };
  return { ledger, transfers, open, post };
}
