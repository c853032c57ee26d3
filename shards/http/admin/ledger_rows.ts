import type { LedgerBook } from "../../../src/ledger/account.ts";
import { type ChartEntry, chartEntry, transferCodeName } from "../../../src/ledger/chart.ts";
import { amountOfUnits } from "../../../src/ledger/units.ts";
import type { Balance, CodeTotal, PostedTransfer } from "../../../src/ports/ledger.ts";
import type { OpenAccount } from "../../../src/ports/ledger_directory.ts";
import { formatInstant } from "../../../src/time/instant.ts";

/** 128 bits as the API shows them: 32 hex digits. */
export function hexOf(bits: bigint): string {
  return bits.toString(16).padStart(32, "0");
}

/** An account with its balance, which is on the side the account grows on; amounts have all decimals of the ledger. */
export function showAccount(account: OpenAccount, book: LedgerBook, balance: Balance | undefined) {
  const { debitsPending = 0n, debitsPosted = 0n, creditsPending = 0n, creditsPosted = 0n } = balance ?? {};
  const amount = (units: bigint): string => amountOfUnits(units, book.scale);
  const entry = chartEntry(account.code);
  return {
    id: hexOf(account.id),
    ledger: account.ledger,
    currency: account.currency,
    code: account.code,
    name: nameOf(entry, account.code),
    owner_id: account.ownerId === "" ? null : account.ownerId,
    customer_id: account.customerId,
    debits: amount(debitsPosted),
    credits: amount(creditsPosted),
    debits_pending: amount(debitsPending),
    credits_pending: amount(creditsPending),
    balance: amount(netOf(entry, debitsPosted, creditsPosted)),
    created_at: formatInstant(account.createdAt),
  };
}

/** A transfer, with the codes and owners of its accounts where they are known. */
export function showTransfer(
  transfer: PostedTransfer,
  book: LedgerBook,
  accounts: ReadonlyMap<bigint, OpenAccount>,
) {
  const side = (id: bigint) => {
    const account = accounts.get(id);
    const owner = account === undefined || account.ownerId === "" ? null : account.ownerId;
    return { account_id: hexOf(id), code: account?.code ?? null, owner_id: owner };
  };
  const { amount, kind, pendingId, code } = transfer;
  return {
    id: hexOf(transfer.id),
    ledger: transfer.ledger,
    currency: book.currency,
    code,
    name: transferCodeName(code),
    kind,
    debit: side(transfer.debit),
    credit: side(transfer.credit),
    amount: amountOfUnits(amount, book.scale),
    pending_id: pendingId === undefined ? null : hexOf(pendingId),
    reference: hexOf(transfer.reference),
    at: formatInstant(transfer.at),
  };
}

/** A row of the trial balance; API.md §3. */
export function showTotal({ code, debitsPosted, creditsPosted }: CodeTotal, book: LedgerBook) {
  const entry = chartEntry(code);
  return {
    ledger: book.number,
    currency: book.currency,
    code,
    name: nameOf(entry, code),
    debits: amountOfUnits(debitsPosted, book.scale),
    credits: amountOfUnits(creditsPosted, book.scale),
    balance: amountOfUnits(netOf(entry, debitsPosted, creditsPosted), book.scale),
  };
}

function netOf(entry: ChartEntry | undefined, debits: bigint, credits: bigint): bigint {
  return entry?.normal === "credit" ? credits - debits : debits - credits;
}

function nameOf(entry: ChartEntry | undefined, code: number): string {
  return entry?.name ?? `Account ${code}`;
}
