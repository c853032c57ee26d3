import type { Account } from "../ledger/account.ts";
import type { Applied, Counters } from "../ledger/apply.ts";
import type { Chain, Transfer } from "../ledger/transfer.ts";

/** At its ledger's scale. Posted debits and credits only ever grow. */
export type Balance = Counters;

/** The posted sums of all accounts of a ledger with one code. */
export interface CodeTotal {
  readonly ledger: number;
  readonly code: number;
  readonly debitsPosted: bigint;
  readonly creditsPosted: bigint;
}

/**
 * ok: posted, now or, where a chain that is the same was there, before. Else nothing of the chain is posted: `index` is
 * the transfer in the chain that was refused, `detail` says it in words.
 */
export type ChainResult = Applied;

/** A transfer as it stands: `amount` is what really moved, a post's and void's fields are those it settled. */
export interface PostedTransfer extends Transfer {
  /** Grows with every transfer of the ledger's server; a page goes on after it. */
  readonly order: bigint;
}

export interface TransferQuery {
  /** Account ids; a transfer that touches one of them. Up to `limits.ledgerAccountsPerQueryMax`. */
  readonly accounts?: readonly bigint[];
  /** Where no accounts are named: all transfers of these ledgers. */
  readonly ledgers: readonly number[];
  readonly reference?: bigint;
  readonly code?: number;
  /** Only what comes before this order: lists show the newest first. */
  readonly before: bigint | null;
  readonly limit: number;
}

/**
 * Double-entry accounts. Every method throws BillingError DEP_001 when the ledger is away or does not answer in time;
 * whether a chain is posted is unknown then, and the same ids are to be posted again. Reading takes the company that
 * asks, whose accounts and ledgers the ids must be; where the store can, it shows no other's.
 */
export interface Ledger {
  /** Opens those that are not there. Accounts that are stay as they are. */
  openAccounts(accounts: readonly Account[]): Promise<void>;
  /** Posts chain after chain, in order; one that is refused does not hinder the others. One result per chain. */
  post(chains: readonly Chain[]): Promise<ChainResult[]>;
  /** Balances by account id; accounts that are not open are missing. */
  balances(companyId: string, accounts: readonly bigint[]): Promise<Map<bigint, Balance>>;
  /** Newest first. */
  transfers(companyId: string, query: TransferQuery): Promise<PostedTransfer[]>;
  /** Sums per ledger and account code, of all accounts of these ledgers. */
  totals(companyId: string, ledgers: readonly number[]): Promise<CodeTotal[]>;
  /** Answers when the ledger does. */
  ping(): Promise<void>;
}
