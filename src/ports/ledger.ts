import type { Account } from "../ledger/account.ts";
import type { Chain, Transfer } from "../ledger/transfer.ts";

/** The four counters of an account, at its ledger's scale. Debits and credits only ever grow when posted. */
export interface Balance {
  readonly debitsPending: bigint;
  readonly debitsPosted: bigint;
  readonly creditsPending: bigint;
  readonly creditsPosted: bigint;
}

/** The posted sums of all accounts of a ledger with one code. */
export interface CodeTotal {
  readonly ledger: number;
  readonly code: number;
  readonly debitsPosted: bigint;
  readonly creditsPosted: bigint;
}

/** Why a transfer, and with it its chain, was refused. */
export type Refusal =
  /** Refusals of the first group depend on the moment: the id is burnt, and a new attempt needs a new one. */
  | "account_not_found"
  | "pending_not_found"
  | "exceeds_credits"
  | "exceeds_debits"
  /** The id was refused before for one of the reasons above. */
  | "id_already_failed"
  /** The id is taken by a transfer that is not the same. */
  | "exists_with_different"
  | "not_pending"
  | "already_posted"
  | "already_voided"
  | "pending_expired"
  | "exceeds_pending_amount"
  /** A post or void that names other accounts, another ledger, code or, for a void, amount than what it settles. */
  | "pending_has_different"
  /** Such as two equal accounts, accounts of different ledgers, a reserved id, a timeout on what is not pending. */
  | "malformed";

export type ChainResult =
  /** Posted, now or, where a chain that is the same was there, before. */
  | { readonly ok: true }
  /** Nothing of the chain is posted. `index` is the transfer in the chain that was refused, `detail` says it in words. */
  | { readonly ok: false; readonly index: number; readonly reason: Refusal; readonly detail: string };

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
