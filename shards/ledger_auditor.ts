import { positionsOf } from "../actors/customer/ledger/positions.ts";
import type { CustomerState } from "../actors/customer/state.ts";
import { type LedgerBook, ledgerScale } from "../src/ledger/account.ts";
import { chart } from "../src/ledger/chart.ts";
import { unitsOf } from "../src/ledger/units.ts";
import { limits } from "../src/limits.ts";
import { decimal } from "../src/money/decimal.ts";
import type { CompanyStore } from "../src/ports/company_store.ts";
import type { Document, Documents } from "../src/ports/documents.ts";
import type { Balance, Ledger } from "../src/ports/ledger.ts";
import type { LedgerDirectory, OpenAccount } from "../src/ports/ledger_directory.ts";
import type { ShardStore } from "../src/ports/shard_store.ts";
import type { ActorKey } from "../src/ports/stored_rows.ts";
import type { Companies } from "./companies.ts";
import { type Breach, compared } from "./ledger_breach.ts";
import { recover } from "./recovery.ts";

export interface AuditReport {
  readonly ledgers: number;
  readonly customers: number;
  readonly breaches: readonly Breach[];
  /** Customers that changed all the time they were looked at, or whose postings are still on their way. */
  readonly unsettled: readonly string[];
}

export interface AuditorDeps {
  readonly store: ShardStore;
  readonly companies: Companies;
  readonly companyStore: CompanyStore;
  readonly documents: Documents;
  readonly ledger: Ledger;
  readonly directory: LedgerDirectory;
  /** Whether chains of a customer wait to be posted. */
  readonly isBehind: (key: ActorKey) => Promise<boolean>;
}

const ATTEMPTS = 5;

/**
 * Compares the ledger with what it is to be: with the issued invoices, and with customers rebuilt from their stored
 * facts and usage, so that every charge is rated anew.
 */
export class LedgerAuditor {
  readonly #deps: AuditorDeps;

  constructor(deps: AuditorDeps) {
    this.#deps = deps;
  }

  /** All of every company. */
  async all(): Promise<AuditReport> {
    const total = { ledgers: 0, customers: 0, breaches: [] as Breach[], unsettled: [] as string[] };
    for await (const report of this.rounds()) {
      total.ledgers += report.ledgers;
      total.customers += report.customers;
      total.breaches.push(...report.breaches);
      total.unsettled.push(...report.unsettled);
    }
    return total;
  }

  /** The same, a little at a time. */
  async *rounds(): AsyncGenerator<AuditReport> {
    for await (const companies of this.#companyPages()) {
      for (const companyId of companies) {
        yield await this.#books(companyId);
        for await (const customers of this.#customerPages(companyId))
          yield await this.#customers(companyId, customers);
      }
    }
  }

  async *#companyPages(): AsyncGenerator<string[]> {
    const limit = limits.auditRowsPerRound;
    for (let after: { createdAt: number; id: string } | null = null; ; ) {
      const page = await this.#deps.companyStore.list({ limit, after });
      if (page.length > 0) yield page.map(({ id }) => id);
      const last = page.at(-1);
      if (page.length < limit || last === undefined) return;
      after = { createdAt: last.created_at, id: last.id };
    }
  }

  async *#customerPages(companyId: string): AsyncGenerator<string[]> {
    for await (const page of this.#pages(companyId, "customers", {})) yield page.map(({ id }) => id);
  }

  async *#pages(
    companyId: string,
    table: "customers" | "invoices",
    filters: Record<string, string>,
  ): AsyncGenerator<Document[]> {
    const limit = limits.auditRowsPerRound;
    for (let after: { createdAt: number; id: string } | null = null; ; ) {
      const page = await this.#deps.documents.list(companyId, table, { limit, after, filters, created: {} });
      if (page.length > 0) yield page;
      const last = page.at(-1);
      if (page.length < limit || last === undefined) return;
      after = { createdAt: last.createdAt, id: last.id };
    }
  }

  /** Debits equal credits in every ledger. */
  async #books(companyId: string): Promise<AuditReport> {
    const books = await this.#deps.directory.ledgers(companyId);
    const breaches = await this.#unequal(companyId, books);
    return { ledgers: books.length, customers: 0, breaches, unsettled: [] };
  }

  /**
   * A ledger may be read piece by piece while it is posted to: unequal sums count once they are found twice alike, with
   * nothing moved in between.
   */
  async #unequal(companyId: string, books: readonly LedgerBook[]): Promise<Breach[]> {
    let suspects = books;
    let before: readonly Breach[] = [];
    for (let attempt = 0; attempt < ATTEMPTS && suspects.length > 0; attempt++) {
      const found = new Map<LedgerBook, Breach>();
      const totals = await this.#deps.ledger.totals(
        companyId,
        suspects.map(({ number }) => number),
      );
      for (const book of suspects) {
        const own = totals.filter((total) => total.ledger === book.number);
        const debits = own.reduce((sum, { debitsPosted }) => sum + debitsPosted, 0n);
        const credits = own.reduce((sum, { creditsPosted }) => sum + creditsPosted, 0n);
        const [breach] = compared(book, "debits = credits", String(book.number), debits, credits);
        if (breach !== undefined) found.set(book, breach);
      }
      const breaches = [...found.values()];
      if (attempt > 0 && Bun.deepEquals(breaches, before)) return breaches;
      suspects = [...found.keys()];
      before = breaches;
    }
    return [];
  }

  async #customers(companyId: string, customerIds: readonly string[]): Promise<AuditReport> {
    const breaches: Breach[] = [];
    const unsettled: string[] = [];
    for (const customerId of customerIds) {
      const found = await this.#customer({ companyId, customerId });
      if (found === null) unsettled.push(customerId);
      else breaches.push(...found);
    }
    return { ledgers: 0, customers: customerIds.length, breaches, unsettled };
  }

  /** One customer's breaches; null where it does not stand still. */
  async #customer(key: ActorKey): Promise<Breach[] | null> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await this.#deps.isBehind(key)) continue;
      const before = await this.#balances(key);
      const expected = await this.#expected(key);
      const after = await this.#balances(key);
      if (!isSame(before.balances, after.balances) || (await this.#deps.isBehind(key))) continue;
      return breachesOf(key.companyId, after, expected);
    }
    return null;
  }

  async #balances({ companyId, customerId }: ActorKey): Promise<Balances> {
    const accounts = await this.#deps.directory.accountsOf(companyId, customerId);
    const ids = accounts.map(({ id }) => id);
    const balances = ids.length === 0 ? new Map() : await this.#deps.ledger.balances(companyId, ids);
    return { accounts, balances };
  }

  /** What the customer's accounts are to hold, by code, currency and owner. */
  async #expected(key: ActorKey): Promise<Map<string, bigint>> {
    const expected = new Map<string, bigint>();
    const add = (code: number, currency: string, owner: string, units: bigint): void => {
      const name = nameOf(code, currency, owner);
      expected.set(name, (expected.get(name) ?? 0n) + units);
    };
    const state = await this.#rebuilt(key);
    if (state !== null) addState(state, add);
    for await (const page of this.#pages(key.companyId, "invoices", { customer_id: key.customerId })) {
      for (const { body } of page) {
        const currency = String(body.currency);
        if (!["draft", "canceled", "written_off"].includes(String(body.status)))
          add(
            chart.receivable.code,
            currency,
            key.customerId,
            unitsOf(decimal(String(body.amount_due)), ledgerScale(currency)),
          );
      }
    }
    return expected;
  }

  async #rebuilt(key: ActorKey): Promise<CustomerState | null> {
    const { store, companies } = this.#deps;
    await companies.refreshIfStale(key.companyId);
    const company = await companies.meet(key.companyId);
    const [stored] = await store.loadActors([key]);
    return stored === undefined || company === null ? null : recover(stored, company.catalog).state;
  }
}

interface Balances {
  readonly accounts: readonly OpenAccount[];
  readonly balances: ReadonlyMap<bigint, Balance>;
}

type Add = (code: number, currency: string, owner: string, units: bigint) => void;

function addState(state: CustomerState, add: Add): void {
  const { customerId } = state;
  for (const position of positionsOf(state).values()) {
    const { currency, units } = position;
    if (position.kind === "accrued") add(chart.unbilled.code, currency, customerId, units);
    else if (position.kind === "deferred") add(chart.deferred.code, currency, position.subscriptionId, units);
    else add(chart.budget.code, currency, `${position.limitId} ${position.window}`, units - position.used);
  }
  for (const { kind, currency, remaining } of state.grants) {
    const { code } = kind === "paid" ? chart.paidCredit : chart.promotionalCredit;
    add(code, currency, customerId, unitsOf(remaining, ledgerScale(currency)));
  }
}

const identities: ReadonlyMap<number, Breach["identity"]> = new Map([
  [chart.receivable.code, "receivable"],
  [chart.unbilled.code, "unbilled"],
  [chart.deferred.code, "deferred"],
  [chart.paidCredit.code, "credit"],
  [chart.promotionalCredit.code, "credit"],
  [chart.budget.code, "budget"],
]);

function breachesOf(
  companyId: string,
  { accounts, balances }: Balances,
  expected: Map<string, bigint>,
): Breach[] {
  const breaches: Breach[] = [];
  const left = new Map(expected);
  for (const { id, code, currency, ownerId } of accounts) {
    const identity = identities.get(code);
    if (identity === undefined) continue;
    const name = nameOf(code, currency, ownerId);
    left.delete(name);
    const book = { companyId, currency };
    breaches.push(
      ...compared(book, identity, ownerId, expected.get(name) ?? 0n, netOf(code, balances.get(id))),
    );
  }
  for (const [name, units] of left) {
    const [code = "", currency = "", ...owner] = name.split(" ");
    const identity = identities.get(Number(code));
    if (identity !== undefined)
      breaches.push(...compared({ companyId, currency }, identity, owner.join(" "), units, 0n));
  }
  return breaches;
}

/** Posted, on the side the account grows on. */
function netOf(code: number, balance: Balance | undefined): bigint {
  if (balance === undefined) return 0n;
  const debit = balance.debitsPosted - balance.creditsPosted;
  return code < 2000 ? debit : -debit;
}

function isSame(a: ReadonlyMap<bigint, Balance>, b: ReadonlyMap<bigint, Balance>): boolean {
  if (a.size !== b.size) return false;
  return [...a].every(([id, before]) => {
    const after = b.get(id);
    return after !== undefined && netAll(before) === netAll(after);
  });
}

function netAll({ debitsPending, debitsPosted, creditsPending, creditsPosted }: Balance): string {
  return `${debitsPending} ${debitsPosted} ${creditsPending} ${creditsPosted}`;
}

function nameOf(code: number, currency: string, owner: string): string {
  return `${code} ${currency} ${owner}`;
}
