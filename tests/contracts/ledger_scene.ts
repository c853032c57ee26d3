import { expect } from "bun:test";
import { type Account, accountOf, type LedgerBook, referenceOf } from "../../src/ledger/account.ts";
import { transferCodes } from "../../src/ledger/chart.ts";
import type { Transfer } from "../../src/ledger/transfer.ts";
import type { Balance, ChainResult, Ledger } from "../../src/ports/ledger.ts";

export interface LedgerSubject {
  readonly ledger: Ledger;
  /** A ledger of a company of its own with nothing in it; of the same company where one is given. */
  book(kind?: LedgerBook["kind"], companyId?: string): Promise<LedgerBook>;
  close(): Promise<void>;
}

export const NOW = 1_770_000_000_000;
let made = 0n;

/** Transfers of a test: each has an id of its own unless one is given. */
function transfer(book: LedgerBook, debit: Account, credit: Account, more: Partial<Transfer> = {}): Transfer {
  made += 1n;
  return {
    id: (BigInt(NOW) << 80n) | (BigInt(book.number) << 32n) | made,
    kind: "posted",
    debit: debit.id,
    credit: credit.id,
    amount: 100n,
    ledger: book.number,
    code: transferCodes.paymentReceived,
    at: NOW,
    reference: referenceOf(book.companyId, "inv_1"),
    ...more,
  };
}

/** A ledger with accounts without bounds, and with either bound. */
export async function openScene(subject: LedgerSubject, companyId?: string) {
  const book = await subject.book("money", companyId);
  const cash = accountOf(book, "processorClearing", "stripe");
  const bank = accountOf(book, "bankSettlement");
  const revenue = accountOf(book, "usageRevenue", "prod_1");
  const receivable = accountOf(book, "receivable", "cust_1", "cust_1");
  const wallet = accountOf(book, "paidCredit", "cust_1", "cust_1");
  const accounts = [cash, bank, revenue, receivable, wallet];
  await subject.ledger.openAccounts(accounts);
  const move = (debit: Account, credit: Account, more: Partial<Transfer> = {}) =>
    transfer(book, debit, credit, more);
  const post = async (...chain: Transfer[]): Promise<ChainResult> => {
    const [result] = await subject.ledger.post([chain]);
    return result ?? expect.unreachable("a result for every chain");
  };
  const balance = async (account: Account): Promise<Balance> => {
    const found = await subject.ledger.balances(book.companyId, [account.id]);
    return found.get(account.id) ?? expect.unreachable("an open account has a balance");
  };
  /** Posted debits and credits, and what is pending where something is. */
  const told = async (account: Account): Promise<string> => {
    const {
      debitsPending: dp,
      debitsPosted: d,
      creditsPending: cp,
      creditsPosted: c,
    } = await balance(account);
    return dp === 0n && cp === 0n ? `${d}/${c}` : `${d}/${c} pending ${dp}/${cp}`;
  };
  return { book, cash, bank, revenue, receivable, wallet, move, post, balance, told };
}

export type OpenScene = (companyId?: string) => ReturnType<typeof openScene>;

/** The answer to a chain that is refused. */
export const refusal = (reason: string, index = 0) => ({ ok: false, index, reason });
