import type { Account, LedgerBook } from "../../src/ledger/account.ts";
import { transferCodeName } from "../../src/ledger/chart.ts";
import type { Posting } from "../../src/ledger/postings/posting.ts";
import type { Transfer } from "../../src/ledger/transfer.ts";

export const NOW = 1_772_323_200_000; // 2026-03-01

export const money: LedgerBook = { number: 1, companyId: "co_1", currency: "USD", kind: "money", scale: 10 };
export const memo: LedgerBook = { ...money, number: 2, kind: "memo" };

/** Dollars in units of the ledger: its scale is 10. */
export function usd(amount: string): bigint {
  const [whole = "", fraction = ""] = amount.replace("-", "").split(".");
  const units = BigInt(whole) * 10n ** 10n + BigInt(fraction.padEnd(10, "0"));
  return amount.startsWith("-") ? -units : units;
}

/** What an occasion of a test needs besides. */
export function occasion(kind: string, factId: string, book = money) {
  return { book, kind, factId, reference: 77n, at: NOW };
}

/** A posting as bookkeepers write it: "invoice_issued D1100 cust_1 C1150 cust_1 45.37". */
export function told(posting: Posting | null): string[] {
  const accounts = new Map(posting?.accounts.map((account) => [account.id, account]));
  return (posting?.chain ?? []).map((transfer) => toldTransfer(transfer, accounts));
}

export function toldTransfer(transfer: Transfer, accounts: ReadonlyMap<bigint, Account>): string {
  const side = (id: bigint): string => {
    const account = accounts.get(id);
    return account === undefined ? "?" : `${account.code} ${account.ownerId}`.trim();
  };
  const { code, debit, credit, amount, kind, balancing } = transfer;
  const how = [kind === "posted" ? "" : ` ${kind}`, balancing === undefined ? "" : " balancing"].join("");
  return `${transferCodeName(code)} D${side(debit)} C${side(credit)} ${dollars(amount)}${how}`;
}

function dollars(units: bigint): string {
  if (units === 2n ** 128n - 1n) return "all";
  const text = units.toString().padStart(11, "0");
  const fraction = text.slice(-10).replace(/0+$/, "");
  return fraction === "" ? text.slice(0, -10) : `${text.slice(0, -10)}.${fraction}`;
}
