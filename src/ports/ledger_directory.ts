import type { Account, LedgerBook, LedgerKey } from "../ledger/account.ts";
import type { Instant } from "../time/instant.ts";
import type { ListPage } from "./documents.ts";

/** An account that has been opened. */
export interface OpenAccount extends Account {
  readonly createdAt: Instant;
}

/** Which ledgers and accounts there are, whatever engine keeps their balances. */
export interface LedgerDirectory {
  /** The ledgers with these keys, in this order; those that are not there are opened, each with a number of its own. */
  openLedgers(keys: readonly LedgerKey[]): Promise<LedgerBook[]>;
  /** A company's ledgers, by number. */
  ledgers(companyId: string): Promise<LedgerBook[]>;
  /** Newest first; filters are `currency`, `code` and `customer_id`. */
  accounts(companyId: string, page: ListPage): Promise<OpenAccount[]>;
  /** Those of the company that have these ids. */
  accountsById(companyId: string, ids: readonly bigint[]): Promise<OpenAccount[]>;
  /** A customer's accounts. */
  accountsOf(companyId: string, customerId: string): Promise<OpenAccount[]>;
}
