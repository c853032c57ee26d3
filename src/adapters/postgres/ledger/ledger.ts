import type { Sql } from "postgres";
import { applyChains, type Changes } from "../../../ledger/apply.ts";
import type { Chain, Transfer } from "../../../ledger/transfer.ts";
import { limits } from "../../../limits.ts";
import type { ChainResult, CodeTotal, Ledger, PostedTransfer, TransferQuery } from "../../../ports/ledger.ts";
import { asCompany } from "../as_company.ts";
import { isRetryable, onStore } from "../store_errors.ts";
import { transaction } from "../transaction.ts";
import { bitsOf, storedOf, type TransferRecord, uuidOf } from "./columns.ts";
import { countersOf, loadView, readTerms } from "./decide.ts";
import { openAccounts, slotOf, writeChanges } from "./write.ts";

/** The rows of those who post beside the commits. */
const OWN_SLOT = slotOf(limits.partitions);
const ATTEMPTS = 5;

type BalanceRecord = Parameters<typeof countersOf>[0];

/**
 * The ledger that is embedded in the store: double-entry tables with TigerBeetle's semantics.
 *
 * @param requests a pool of the role billai_request, which reads one company at a time
 * @param shard a pool of the role billai_shard
 */
export function postgresLedger(requests: Sql, shard: Sql): Ledger {
  return {
    openAccounts: (accounts) => onStore(() => transaction(shard, (tx) => openAccounts(tx, accounts))),
    post: (chains) => onStore(() => post(shard, chains)),
    balances: (companyId, ids) =>
      asCompany(requests, companyId, async (tx) => {
        const rows = await tx<BalanceRecord[]>`
          select id as account_id, coalesce(sum(debits_pending), 0) as debits_pending,
            coalesce(sum(debits_posted), 0) as debits_posted, coalesce(sum(credits_pending), 0) as credits_pending,
            coalesce(sum(credits_posted), 0) as credits_posted
          from ledger_accounts a left join ledger_balances b on b.account_id = a.id
          where id = any(${ids.map(uuidOf)}::uuid[]) group by id`;
        return new Map(rows.map((row) => [bitsOf(row.account_id), countersOf(row)]));
      }),
    transfers: (companyId, query) => readTransfers(requests, companyId, query),
    totals: (companyId, ledgers) =>
      asCompany(requests, companyId, async (tx) => {
        const rows = await tx<{ ledger: number; code: number; debits: string; credits: string }[]>`
          select ledger, code, coalesce(sum(debits_posted), 0) as debits, coalesce(sum(credits_posted), 0) as credits
          from ledger_accounts a left join ledger_balances b on b.account_id = a.id
          where ledger = any(${[...ledgers]}::int[]) group by ledger, code order by ledger, code`;
        return rows.map(
          ({ ledger, code, debits, credits }): CodeTotal => ({
            ledger,
            code,
            debitsPosted: BigInt(debits),
            creditsPosted: BigInt(credits),
          }),
        );
      }),
    ping: () =>
      onStore(async () => {
        await shard`select 1`;
      }),
  };
}

async function post(sql: Sql, chains: readonly Chain[]): Promise<ChainResult[]> {
  if (chains.length === 0) return [];
  for (let attempt = 1; ; attempt++) {
    try {
      const changes = await transaction(sql, async (tx): Promise<Changes> => {
        const touched = new Set(chains.flat().flatMap((t) => [t.debit, t.credit]));
        const terms = await readTerms(tx, [...touched]);
        const view = await loadView(tx, chains, terms, OWN_SLOT);
        const worked = applyChains(view, chains);
        const owner = {
          companyOf: (id: bigint) => terms.get(id)?.companyId ?? "",
          isBound: (id: bigint) => Object.values(terms.get(id)?.flags ?? {}).includes(true),
        };
        await writeChanges(tx, worked, owner, OWN_SLOT);
        return worked;
      });
      return [...changes.results];
    } catch (error) {
      // Two who post the same at once: the second finds what the first did.
      const isTaken = error instanceof Error && "code" in error && error.code === "23505";
      if ((!isTaken && !isRetryable(error)) || attempt >= ATTEMPTS) throw error;
    }
  }
}

/** By account over both sides, each with its own index; else by reference or ledger. */
function readTransfers(sql: Sql, companyId: string, query: TransferQuery): Promise<PostedTransfer[]> {
  const { accounts, ledgers, reference, code, before, limit } = query;
  return asCompany(sql, companyId, async (tx) => {
    const beyond = before === null ? tx`` : tx`and seq < ${before.toString()}::bigint`;
    const about =
      reference === undefined ? tx`` : tx`and reference = ${uuidOf(reference)}::uuid and code <> 1`;
    const coded = code === undefined ? tx`` : tx`and code = ${code}`;
    const within = tx`ledger = any(${[...ledgers]}::int[]) ${about} ${coded} ${beyond} order by seq desc limit ${limit}`;
    const side = (name: "debit" | "credit") => {
      const ids = (accounts ?? []).map(uuidOf);
      return tx`(select * from ledger_transfers where ${tx(name)} = any(${ids}::uuid[]) and ${within})`;
    };
    const found =
      accounts === undefined
        ? tx`select * from ledger_transfers where ${within}`
        : tx`${side("debit")} union ${side("credit")}`;
    const rows = await tx<(TransferRecord & { seq: string })[]>`
      select * from (${found}) as t order by seq desc limit ${limit}`;
    return rows.map((row): PostedTransfer => {
      const { state: _state, expiresAt: _expiresAt, ...transfer } = storedOf(row);
      return { ...(transfer satisfies Transfer), order: BigInt(row.seq) };
    });
  });
}
