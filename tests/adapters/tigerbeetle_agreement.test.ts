import { afterAll, expect, test } from "bun:test";
import fc from "fast-check";
import { accountOf, type LedgerBook } from "../../src/ledger/account.ts";
import { transferCodes } from "../../src/ledger/chart.ts";
import { ALL_PENDING, type Chain, type Transfer } from "../../src/ledger/transfer.ts";
import { memoryLedger } from "../ledger/memory_ledger.ts";
import { freshBook, givenAddresses, tigerBeetleSubject } from "./tigerbeetle_fixture.ts";

const account = fc.oneof({ weight: 40, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.constant(5) });
/** A transfer in small numbers, so that ids, accounts and amounts meet. */
const drawn = fc.record({
  id: fc.integer({ min: 1, max: 60 }),
  kind: fc.constantFrom("posted", "posted", "posted", "pending", "pending", "post_pending", "void_pending"),
  debit: account,
  credit: account,
  amount: fc.oneof({ weight: 20, arbitrary: fc.bigInt(0n, 12n) }, fc.constantFrom(ALL_PENDING, 2n ** 100n)),
  /** Which of those that are pending, or were, a post or void settles. */
  settles: fc.nat(),
  isOther: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  balancing: fc.option(fc.constantFrom("debit", "credit"), { nil: undefined, freq: 4 }),
  hasTimeout: fc.boolean(),
} as const);
/** A new chain, or one of those before once more. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.array(drawn, { minLength: 1, maxLength: 4 }) },
  { weight: 1, arbitrary: fc.nat() },
);
const steps = fc.array(step, { minLength: 10, maxLength: 60 });
type Drawn = ReturnType<typeof drawn.generate>["value"];

/** Accounts without bounds, with either bound, and one that is never opened. */
function accountsOf(book: LedgerBook) {
  return [
    accountOf(book, "processorClearing", "stripe"),
    accountOf(book, "usageRevenue", "prod_1"),
    accountOf(book, "receivable", "cust_1", "cust_1"),
    accountOf(book, "paidCredit", "cust_1", "cust_1"),
    accountOf(book, "bankSettlement"),
    accountOf(book, "badDebt"),
  ];
}

function transferOf(book: LedgerBook, d: Drawn, known: ReadonlyMap<bigint, Transfer>): Transfer {
  const ids = accountsOf(book).map(({ id }) => id);
  const idOf = (n: number) => (BigInt(book.number) << 64n) | BigInt(n);
  const settles = d.kind === "post_pending" || d.kind === "void_pending";
  const held = [...known.values()].filter(({ kind }) => kind === "pending" || d.isOther);
  const pending = settles ? held[d.settles % held.length] : undefined;
  const least = pending !== undefined && d.amount > pending.amount && !d.isOther;
  // Counters overflow at 128 bits in TigerBeetle alone.
  const amount = d.amount === ALL_PENDING && d.kind !== "post_pending" ? 2n ** 100n : d.amount;
  return {
    id: idOf(d.id),
    kind: d.kind,
    debit: (d.isOther ? undefined : pending?.debit) ?? ids[d.debit] ?? 1n,
    credit: pending?.credit ?? ids[d.credit === d.debit ? (d.credit + 1) % 5 : d.credit] ?? 1n,
    amount: least && d.kind === "void_pending" ? 0n : least ? ALL_PENDING : amount,
    ledger: book.number,
    code: transferCodes.paymentReceived,
    ...(settles ? { pendingId: pending?.id ?? idOf(d.id + 1) } : {}),
    ...(d.kind === "pending" && d.hasTimeout ? { timeoutS: 3600 } : {}),
    ...(d.balancing === undefined || settles ? {} : { balancing: d.balancing }),
    at: 1,
    reference: 7n,
  };
}

if (givenAddresses === null) {
  test.skip("unproven: TigerBeetle and the store's ledger agree; set TIGERBEETLE_ADDRESSES to a server's", () => {});
} else {
  const subject = tigerBeetleSubject(givenAddresses);
  afterAll(() => subject.close());

  test("TigerBeetle answers every chain as the store's ledger does, and keeps the same balances", async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (drawnChains, isAtOnce) => {
        const book = freshBook();
        const all = accountsOf(book);
        const { ledger: model, transfers } = memoryLedger();
        for (const ledger of [model, subject.ledger]) await ledger.openAccounts(all.slice(0, -1));
        const chains: Chain[] = [];
        for (const one of drawnChains) {
          const again = typeof one === "number" ? (chains[one % chains.length] ?? []) : [];
          const chain = typeof one === "number" ? again : one.map((d) => transferOf(book, d, transfers));
          if (chain.length === 0) continue;
          chains.push(chain);
          const [expected] = await model.post([chain]);
          if (!isAtOnce) expect(told((await subject.ledger.post([chain]))[0])).toEqual(told(expected));
        }
        const ids = all.map(({ id }) => id);
        if (isAtOnce) {
          const { ledger: again } = memoryLedger();
          await again.openAccounts(all.slice(0, -1));
          const expected = await again.post(chains);
          expect((await subject.ledger.post(chains)).map(told)).toEqual(expected.map(told));
        }
        expect(await subject.ledger.balances(book.companyId, ids)).toEqual(
          await model.balances(book.companyId, ids),
        );
      }),
      { numRuns: 100 },
    );
  }, 120_000);
}

function told(result: { ok: boolean; reason?: string; index?: number } | undefined) {
  return result?.ok === false ? { reason: result.reason, index: result.index } : "ok";
}
