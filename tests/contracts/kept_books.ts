import { expect } from "bun:test";
import { accountOf, type LedgerBook, referenceOf } from "../../src/ledger/account.ts";
import { type AccountName, chart } from "../../src/ledger/chart.ts";
import type { Posting } from "../../src/ledger/postings/posting.ts";
import type { Ledger } from "../../src/ports/ledger.ts";
import { NOW } from "./ledger_scene.ts";

/** A cent at the ledger's scale. */
export const CENT = 10n ** 8n;
export const customerId = "cust_1";
export const provider = "stripe";

/** Books kept twice: in a ledger, and as one number per account, debits less credits. */
export class KeptBooks {
  readonly book: LedgerBook;
  readonly ledger: Ledger;
  readonly net = new Map<AccountName, bigint>();
  readonly posted: Posting[] = [];

  constructor(book: LedgerBook, ledger: Ledger) {
    this.book = book;
    this.ledger = ledger;
  }

  /** What the ledger holds beside what it is to hold, and what 1100 is to hold. */
  async compared() {
    const names = [...this.net.keys()].sort();
    const ids = names.map((name) => this.account(name).id);
    const balances = await this.ledger.balances(this.book.companyId, ids);
    const held = names.map((name, at) => {
      const balance = balances.get(ids[at] ?? 0n);
      expect([balance?.debitsPending ?? 0n, balance?.creditsPending ?? 0n]).toEqual([0n, 0n]);
      return `${name} ${(balance?.debitsPosted ?? 0n) - (balance?.creditsPosted ?? 0n)}`;
    });
    const expected = names.map((name) => `${name} ${this.net.get(name)}`);
    return { held, expected, owed: this.net.get("receivable") ?? 0n };
  }

  /** Posts what must be taken, and takes it into the model. */
  async post(posting: Posting | null, effect: ReadonlyMap<AccountName, bigint>): Promise<void> {
    if (posting === null) return;
    expect(await this.send(posting)).toEqual({ ok: true });
    this.posted.push(posting);
    for (const [name, units] of effect) this.net.set(name, (this.net.get(name) ?? 0n) + units);
  }

  async send({ chain, accounts }: Posting) {
    await this.ledger.openAccounts(accounts);
    const [result] = await this.ledger.post([chain]);
    return result;
  }

  wallet(name: "paidCredit" | "promotionalCredit"): bigint {
    return -(this.net.get(name) ?? 0n);
  }

  account(name: AccountName) {
    const { per } = chart[name];
    const owners: Partial<Record<typeof per, string>> = {
      ...{ customer: customerId, provider, subscription: "sub_1", jurisdiction: "US" },
    };
    return accountOf(this.book, name, owners[per] ?? "", customerId);
  }

  occasion(kind: string, factId: string) {
    const reference = referenceOf(this.book.companyId, factId);
    return { book: this.book, kind, factId, reference, at: NOW };
  }
}

/** Some percent of an amount, in whole cents. */
export function part(units: bigint, percent: number): bigint {
  return (((units / CENT) * BigInt(percent)) / 100n) * CENT;
}
