import type { TransactionSql } from "postgres";
import { applyChains, isConditional, type LedgerView } from "../../../ledger/apply.ts";
import { encodeEntries } from "../../../ledger/stored_chain.ts";
import type { Chain } from "../../../ledger/transfer.ts";
import type { LedgerEntries, RefusedChain } from "../../../ports/ledger_outbox.ts";
import type { CommitBatch } from "../../../ports/shard_store.ts";
import { uuidOf } from "./columns.ts";
import { type AccountTerms, loadView } from "./decide.ts";
import { openAccounts, postPlain, slotOf, writeChanges } from "./write.ts";

/** What a commit does about the ledger, within its transaction. */
export interface CommitLedger {
  /** Sends what can go with the batch's other rows; what it gives is to be awaited with them. */
  begin(tx: TransactionSql, batch: CommitBatch, commitSeq: number): Promise<LedgerView | null>;
  /** Decides and writes what depended on balances; answers what was refused. */
  finish(tx: TransactionSql, batch: CommitBatch, view: LedgerView | null): Promise<readonly RefusedChain[]>;
}

/** The ledger is in this store: posted in the same transaction. */
export const embeddedLedger: CommitLedger = {
  async begin(tx, { ledger, cursor }) {
    if (ledger.chains.length === 0) return null;
    const { terms, plain, conditional } = sorted(ledger);
    const slot = slotOf(cursor.partition);
    const companyOf = (id: bigint) => terms.get(id)?.companyId ?? "";
    const [view] = await Promise.all([
      conditional.length === 0 ? null : loadView(tx, conditional, terms, slot),
      openAccounts(tx, ledger.unopened),
      postPlain(tx, plain, companyOf, slot),
    ]);
    return view;
  },
  async finish(tx, { ledger, cursor }, view) {
    if (view === null) return [];
    const { terms, conditional } = sorted(ledger);
    const changes = applyChains(view, conditional);
    const companyOf = (id: bigint) => terms.get(id)?.companyId ?? "";
    const isBound = (id: bigint) => Object.values(terms.get(id)?.flags ?? {}).includes(true);
    const refused = conditional.flatMap((chain, at): RefusedChain[] => {
      const result = changes.results[at];
      if (result === undefined || result.ok) return [];
      const { index, reason, detail } = result;
      return [{ companyId: companyOf(chain[0]?.debit ?? 0n), chain, index, reason, detail }];
    });
    await Promise.all([
      writeChanges(tx, changes, { companyOf, isBound }, slotOf(cursor.partition)),
      ...refused.map((chain) => recordRefusal(tx, chain)),
    ]);
    return refused;
  },
};

/** Another engine keeps the ledger: what it is to post is kept with the batch, for the publisher. */
export const ledgerOutbox: CommitLedger = {
  async begin(tx, { ledger, cursor }, commitSeq) {
    if (ledger.chains.length === 0) return null;
    await Promise.all([
      openAccounts(tx, ledger.unopened),
      tx`insert into ledger_outbox (partition, commit_seq, body)
        values (${cursor.partition}, ${commitSeq}, ${encodeEntries(ledger)})`,
    ]);
    return null;
  },
  async finish() {
    return [];
  },
};

/** Keeps a refused chain for a person to look at. */
export async function recordRefusal(tx: TransactionSql, refused: RefusedChain): Promise<void> {
  const { companyId, chain, index, reason, detail } = refused;
  const id = uuidOf(chain[index]?.id ?? 0n);
  await tx`
    insert into ledger_refusals (company_id, transfer_id, reason, detail, chain)
    values (${companyId}, ${id}::uuid, ${reason}, ${detail},
      ${encodeEntries({ chains: [chain], accounts: [] })}::text::jsonb)
    on conflict (company_id, transfer_id) do nothing`;
}

/** Chains that nothing can refuse go the short way; their accounts are none whose balance decides about the others. */
function sorted({ chains, accounts }: LedgerEntries) {
  const terms = new Map<bigint, AccountTerms>(accounts.map((account) => [account.id, account]));
  const plain: Chain[] = [];
  const conditional: Chain[] = [];
  for (const chain of chains)
    (isConditional(chain, (id) => terms.get(id)?.flags) ? conditional : plain).push(chain);
  return { terms, plain, conditional };
}
