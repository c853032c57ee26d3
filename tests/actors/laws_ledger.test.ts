import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Fact } from "../../actors/customer/facts.ts";
import { positionsOf } from "../../actors/customer/ledger/positions.ts";
import { BatchLedger } from "../../shards/batch_ledger.ts";
import { type LiveActor, newLiveActor } from "../../shards/directory.ts";
import type { Account, LedgerKey } from "../../src/ledger/account.ts";
import { applyChains, type Counters } from "../../src/ledger/apply.ts";
import { chart } from "../../src/ledger/chart.ts";
import type { Stored } from "../../src/ledger/existing.ts";
import { amountOfUnits, unitsOf } from "../../src/ledger/units.ts";
import { decimal } from "../../src/money/decimal.ts";
import { memo, money } from "../ledger/told.ts";
import { life, lived } from "./laws_lives.ts";
import { invoicesOf } from "./laws_scenes.ts";
import { StoredCustomer } from "./laws_store.ts";

/** A customer whose every decision is posted, as a commit of its own. */
class PostedCustomer extends StoredCustomer {
  readonly refused: string[] = [];
  readonly #accounts = new Map<bigint, Account>();
  readonly #transfers = new Map<bigint, Stored>();
  readonly #balances = new Map<bigint, Counters>();
  #actor: LiveActor | null = null;

  protected override take(facts: readonly Fact[]): void {
    super.take(facts);
    // The customer is created before there is a ledger.
    if (!(#actor in this) || facts.length === 0) return;
    this.#actor = {
      ...newLiveActor(this.state),
      state: this.state,
      posted: this.#actor?.posted ?? new Map(),
    };
    const batch = new BatchLedger();
    batch.add(this.#actor, facts);
    const { chains, accounts } = batch.entries({
      book: ({ kind }: LedgerKey) => (kind === "memo" ? memo : money),
      unopened: (all) => [...all],
      warn: (line) => this.refused.push(line),
    });
    for (const account of accounts) this.#accounts.set(account.id, account);
    const changes = applyChains(
      {
        ...{ accounts: this.#accounts, balances: this.#balances, now: 0 },
        transfers: (id) => this.#transfers.get(id),
        hasFailed: () => false,
      },
      chains,
    );
    for (const result of changes.results)
      if (!result.ok) this.refused.push(`${result.reason} ${result.index}`);
    for (const stored of changes.created) this.#transfers.set(stored.id, stored);
    for (const [id, by] of changes.moves) this.#balances.set(id, sum(this.#balances.get(id), by));
    batch.committed();
  }

  /** "code owner amount" of every account of a customer's that holds something, on the side it grows on. */
  held(): string[] {
    const kinds = Object.values(chart).filter(({ per }) =>
      ["customer", "subscription", "limit"].includes(per),
    );
    return [...this.#balances]
      .flatMap(([id, { debitsPosted, creditsPosted }]) => {
        const account = this.#accounts.get(id);
        const entry = kinds.find(({ code }) => code === account?.code);
        if (account === undefined || entry === undefined) return [];
        const debit = debitsPosted - creditsPosted;
        return line(account.code, account.ownerId, entry.normal === "debit" ? debit : -debit);
      })
      .sort();
  }

  /** The same by what the customer is: open charges, limits, credit and invoices. */
  expected(): string[] {
    const sums = new Map<string, bigint>();
    const add = (code: number, owner: string, units: bigint): void => {
      const name = `${code} ${owner}`;
      sums.set(name, (sums.get(name) ?? 0n) + units);
    };
    for (const position of positionsOf(this.state).values()) {
      if (position.kind === "accrued") add(chart.unbilled.code, "cust_1", position.units);
      else if (position.kind === "deferred")
        add(chart.deferred.code, position.subscriptionId, position.units);
      else add(chart.budget.code, `${position.limitId} ${position.window}`, position.units - position.used);
    }
    for (const { kind, remaining } of this.state.grants)
      add(
        (kind === "paid" ? chart.paidCredit : chart.promotionalCredit).code,
        "cust_1",
        unitsOf(remaining, 10),
      );
    for (const { amount_due } of invoicesOf(this))
      add(chart.receivable.code, "cust_1", unitsOf(decimal(amount_due), 10));
    return [...sums].flatMap(([name, units]) => line(Number(name.slice(0, 4)), name.slice(5), units)).sort();
  }

  /** What all accounts of a code hold, credits less debits. */
  total(code: number): bigint {
    let total = 0n;
    for (const [id, { debitsPosted, creditsPosted }] of this.#balances)
      if (this.#accounts.get(id)?.code === code) total += creditsPosted - debitsPosted;
    return total;
  }
}

function sum(a: Counters | undefined, b: Counters): Counters {
  return {
    debitsPending: (a?.debitsPending ?? 0n) + b.debitsPending,
    debitsPosted: (a?.debitsPosted ?? 0n) + b.debitsPosted,
    creditsPending: (a?.creditsPending ?? 0n) + b.creditsPending,
    creditsPosted: (a?.creditsPosted ?? 0n) + b.creditsPosted,
  };
}

function line(code: number, owner: string, units: bigint): string[] {
  return units === 0n ? [] : [`${code} ${owner} ${amountOfUnits(units, 10)}`];
}

test("at any moment of a life the ledger holds what the customer is, and refuses nothing", () => {
  fc.assert(
    fc.property(life, (it) => {
      const check = (ada: PostedCustomer): void => {
        expect(ada.refused).toEqual([]);
        expect(ada.held()).toEqual(ada.expected());
      };
      const ada = lived<PostedCustomer>(it, check, PostedCustomer);
      check(ada);
      ada.try({ type: "cancel_subscription", ref: "sub_1", at: "now" });
      ada.advance(ada.now + 450 * 86_400_000);
      check(ada);
    }),
    { numRuns: 200 },
  );
});

test("when all is over everything has been earned: revenue less discounts is what was invoiced and the credit given", () => {
  fc.assert(
    fc.property(life, (it) => {
      const ada = lived<PostedCustomer>(it, () => {}, PostedCustomer);
      // Usage that came ahead of its time is over by then: it would be in the way of the end.
      ada.advance(ada.now + 30 * 86_400_000);
      ada.try({ type: "cancel_subscription", ref: "sub_1", at: "now" });
      ada.advance(ada.now + 450 * 86_400_000);
      const total = (...names: (keyof typeof chart)[]) =>
        names.reduce((all, name) => all + ada.total(chart[name].code), 0n);
      // Late usage of a subscription that has ended waits for an invoice that never comes.
      const earned = total("usageRevenue", "recurringRevenue", "rounding", "discounts") + total("unbilled");
      const invoiced = invoicesOf(ada).reduce((all, { total: t }) => all + unitsOf(decimal(t), 10), 0n);
      const given = ada
        .ofType("credit_granted")
        .filter((fact) => fact.invoice_id !== undefined)
        .reduce((all, { amount }) => all + unitsOf(decimal(amount), 10), 0n);
      expect(total("deferred")).toBe(0n);
      expect(earned).toBe(invoiced - given);
      // Less than a cent for each line of an invoice.
      const lines = invoicesOf(ada).reduce((all, { line_items }) => all + line_items.length, 0);
      const rounding = total("rounding") < 0n ? -total("rounding") : total("rounding");
      expect(rounding < BigInt(lines + 1) * 10n ** 8n).toBe(true);
    }),
    { numRuns: 100 },
  );
});
