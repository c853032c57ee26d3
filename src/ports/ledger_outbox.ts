import type { Account } from "../ledger/account.ts";
import type { Refusal } from "../ledger/existing.ts";
import type { Chain } from "../ledger/transfer.ts";

/** What a batch wants posted, in this order. A chain that is refused hinders neither the others nor the commit. */
export interface LedgerEntries {
  readonly chains: readonly Chain[];
  /** The accounts the chains are about; those in `unopened` may not be there yet. */
  readonly accounts: readonly Account[];
  readonly unopened: readonly Account[];
}

/** A chain the ledger refused for good. */
export interface RefusedChain {
  readonly companyId: string;
  readonly chain: Chain;
  /** The transfer of the chain that was refused. */
  readonly index: number;
  readonly reason: Refusal;
  readonly detail: string;
}

/** What one commit wants posted. */
export interface OutboxRow {
  readonly partition: number;
  readonly commitSeq: number;
  /** What `encodeEntries` wrote. */
  readonly body: string;
}

/** What commits want posted where the ledger is not in the store, in the order of each partition. */
export interface LedgerOutbox {
  /**
   * Of each partition that has some the first rows, in order; up to `perPartition`.
   * @param partitions only of these; null for all
   */
  waiting(perPartition: number, partitions?: readonly number[] | null): Promise<OutboxRow[]>;
  /** These rows are posted: they go, and what was refused of them is kept for a person to look at, in one step. */
  posted(rows: readonly OutboxRow[], refused: readonly RefusedChain[]): Promise<void>;
  /** True while a partition has rows that wait. */
  isBehind(partition: number): Promise<boolean>;
}
