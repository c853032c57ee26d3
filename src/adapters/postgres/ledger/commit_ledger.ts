import type { TransactionSql } from "postgres";
import { applyChains, isConditional, type LedgerView } from "../../../ledger/apply.ts";
import { encodeEntries } from "../../../ledger/stored_chain.ts";
import type { Chain, Transfer } from "../../../ledger/transfer.ts";
import type { LedgerEntries, RefusedChain } from "../../../ports/ledger_outbox.ts";
import { uuidOf } from "./columns.ts";
import { type AccountTerms, loadView } from "./decide.ts";
import { openAccounts, slotOf, writeChanges } from "./write.ts";

/** A transfer that nothing can refuse, and whose money it moves. */
export interface PlainTransfer {
  readonly companyId: string;
  readonly transfer: Transfer;
}

/** What a commit does about its entries. */
export interface LedgerPlan {
  /** Goes with the batch's other rows as it is. */
  readonly plain: readonly PlainTransfer[];
  /** What takes statements of its own in the commit's transaction; null where nothing does. */
  readonly rest: {
    /** Sends what can go with the batch's other rows; what it gives is to be awaited with them. */
    begin(tx: TransactionSql, commitSeq: number): Promise<LedgerView | null>;
    /** Decides and writes what depended on balances; answers what was refused. */
    finish(tx: TransactionSql, view: LedgerView | null): Promise<readonly RefusedChain[]>;
  } | null;
}

/** What a commit does about the ledger. */
export type CommitLedger = (entries: LedgerEntries, partition: number) => LedgerPlan;

const NOTHING: LedgerPlan = { plain: [], rest: null };

/** The ledger is in this store: posted in the same transaction. */
export const embeddedLedger: CommitLedger = (entries, partition) => {
  if (entries.chains.length === 0) return NOTHING;
  const { terms, plain, conditional } = sorted(entries);
  if (conditional.length === 0 && entries.unopened.length === 0) return { plain, rest: null };
  const slot = slotOf(partition);
  return {
    plain,
    rest: {
      async begin(tx) {
        const [view] = await Promise.all([
          conditional.length === 0 ? null : loadView(tx, conditional, terms, slot),
          openAccounts(tx, entries.unopened),
        ]);
        return view;
      },
      finish: async (tx, view) => (view === null ? [] : postConditional(tx, conditional, terms, view, slot)),
    },
  };
};

/** Another engine keeps the ledger: what it is to post is kept with the batch, for the publisher. */
export const ledgerOutbox: CommitLedger = (entries, partition) => {
  if (entries.chains.length === 0) return NOTHING;
  return {
    plain: [],
    rest: {
      async begin(tx, commitSeq) {
        await Promise.all([
          openAccounts(tx, entries.unopened),
          tx`insert into ledger_outbox (partition, commit_seq, body)
            values (${partition}, ${commitSeq}, ${encodeEntries(entries)})`,
        ]);
        return null;
      },
      finish: async () => [],
    },
  };
};

async function postConditional(
  tx: TransactionSql,
  chains: readonly Chain[],
  terms: ReadonlyMap<bigint, AccountTerms>,
  view: LedgerView,
  slot: number,
): Promise<readonly RefusedChain[]> {
  const changes = applyChains(view, chains);
  const companyOf = (id: bigint) => terms.get(id)?.companyId ?? "";
  const isBound = (id: bigint) => Object.values(terms.get(id)?.flags ?? {}).includes(true);
  const refused = chains.flatMap((chain, at): RefusedChain[] => {
    const result = changes.results[at];
    if (result === undefined || result.ok) return [];
    const { index, reason, detail } = result;
    return [{ companyId: companyOf(chain[0]?.debit ?? 0n), chain, index, reason, detail }];
  });
  await Promise.all([
    writeChanges(tx, changes, { companyOf, isBound }, slot),
    ...refused.map((chain) => recordRefusal(tx, chain)),
  ]);
  return refused;
}

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
  const plain: PlainTransfer[] = [];
  const conditional: Chain[] = [];
  for (const chain of chains) {
    if (isConditional(chain, (id) => terms.get(id)?.flags)) conditional.push(chain);
    else
      for (const transfer of chain)
        plain.push({ companyId: terms.get(transfer.debit)?.companyId ?? "", transfer });
  }
  return { terms, plain, conditional };
}
