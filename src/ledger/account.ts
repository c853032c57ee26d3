import { hash } from "node:crypto";
import { assert } from "../errors.ts";
import { currencyExponent } from "../money/currency.ts";
import { type AccountName, type ChartEntry, chart } from "./chart.ts";

/** What a ledger is for: every company has one of each kind per currency. */
export interface LedgerKey {
  readonly companyId: string;
  readonly currency: string;
  readonly kind: "money" | "memo";
}

/** A ledger as it was opened. */
export interface LedgerBook extends LedgerKey {
  /** Allocated, 32 bits, above 0. Accounts of different ledgers never trade with each other. */
  readonly number: number;
  /** Amounts are whole multiples of 10^-scale. Recorded at the opening, never changed. */
  readonly scale: number;
}

export interface AccountFlags {
  /** Transfers that would make debits, pending ones included, exceed posted credits fail with `exceeds_credits`. */
  readonly debitsMustNotExceedCredits: boolean;
  /** Transfers that would make credits, pending ones included, exceed posted debits fail with `exceeds_debits`. */
  readonly creditsMustNotExceedDebits: boolean;
}

/** One account, told by its business key. */
export interface Account {
  /** 128 bits, derived from company, ledger kind, currency, code and owner. */
  readonly id: bigint;
  readonly ledger: number;
  readonly code: number;
  readonly flags: AccountFlags;
  readonly companyId: string;
  readonly currency: string;
  /** The id of the thing there is one account each of; "" where that is the company or not known. */
  readonly ownerId: string;
  /** The customer it belongs to, if to one. */
  readonly customerId: string | null;
}

/** Decimals a ledger keeps beyond its currency's, so that usage far below a cent accrues closely. */
const EXTRA_SCALE = 8;

/** The scale of a new ledger in this currency: USD 10, JPY 8. */
export function ledgerScale(currency: string): number {
  const exponent = currencyExponent(currency);
  assert(exponent !== null, `not a currency: ${currency}`);
  return exponent + EXTRA_SCALE;
}

/** Accounts worked out before, by ledger: their ids are hashes, and usage asks for the same ones all the time. */
let workedOut = new WeakMap<LedgerBook, Map<string, Account>>();
let remembered = 0;
/** Of all ledgers together: those of some ten thousand busy customers. */
const rememberedMax = 100_000;

/** The account of a row of the chart. Asserts that the row belongs to a ledger of this kind. */
export function accountOf(
  book: LedgerBook,
  name: AccountName,
  ownerId = "",
  customerId: string | null = null,
): Account {
  const key = `${name} ${ownerId}`;
  const known = workedOut.get(book);
  const account = known?.get(key);
  if (account !== undefined) return account;
  const made = newAccount(book, name, ownerId, customerId);
  if (remembered >= rememberedMax) {
    workedOut = new WeakMap();
    remembered = 0;
  }
  remembered += 1;
  if (known !== undefined && remembered > 1) known.set(key, made);
  else workedOut.set(book, new Map([[key, made]]));
  return made;
}

function newAccount(
  book: LedgerBook,
  name: AccountName,
  ownerId: string,
  customerId: string | null,
): Account {
  const entry: ChartEntry = chart[name];
  assert(entry.isMemo === (book.kind === "memo"), "budgets and money are kept in different ledgers");
  const { companyId, currency, kind, number: ledger } = book;
  return {
    id: digest128("acc", companyId, kind, currency, String(entry.code), ownerId),
    ledger,
    code: entry.code,
    flags: {
      debitsMustNotExceedCredits: entry.bound === "debits",
      creditsMustNotExceedDebits: entry.bound === "credits",
    },
    companyId,
    currency,
    ownerId,
    customerId,
  };
}

/** 128 bits of SHA-256 over parts, each with its length before it; never 0 nor the greatest, which are reserved. */
export function digest128(...parts: string[]): bigint {
  let text = "";
  for (const part of parts) text += `${part.length}:${part}`;
  const value = BigInt(`0x${hash("sha256", text, "hex").slice(0, 32)}`);
  assert(value > 0n && value < 2n ** 128n - 1n, "a digest is no reserved id");
  return value;
}

/** What transfers carry of the document they belong to, such as an invoice: 128 bits of company and id. */
export function referenceOf(companyId: string, documentId: string): bigint {
  return digest128("ref", companyId, documentId);
}
