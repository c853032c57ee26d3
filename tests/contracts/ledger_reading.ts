import { describe, expect, test } from "bun:test";
import { accountOf, referenceOf } from "../../src/ledger/account.ts";
import { transferCodes } from "../../src/ledger/chart.ts";
import { ALL_PENDING, type Transfer } from "../../src/ledger/transfer.ts";
import type { LedgerSubject, OpenScene } from "./ledger_scene.ts";

/** Lists and sums. */
export function readingContract(subject: () => LedgerSubject, scene: OpenScene): void {
  describe("reading", () => {
    test("lists an account's transfers newest first, page by page", async () => {
      const { book, cash, bank, revenue, move, post } = await scene();
      const all: Transfer[] = [];
      for (let i = 1n; i <= 5n; i++)
        all.push(move(cash, revenue, { amount: i }), move(bank, cash, { amount: i }));
      for (const transfer of all) await post(transfer);
      await post(move(bank, revenue));
      const pages: bigint[][] = [];
      for (let before: bigint | null = null; ; ) {
        const page = await subject().ledger.transfers(book.companyId, {
          accounts: [cash.id],
          ledgers: [book.number],
          before,
          limit: 4,
        });
        pages.push(page.map(({ id }) => id));
        if (page.length < 4) break;
        before = page.at(-1)?.order ?? null;
      }
      expect(pages.map((page) => page.length)).toEqual([4, 4, 2]);
      expect(pages.flat()).toEqual(all.map(({ id }) => id).reverse());
    });

    test("finds transfers by reference and by code, as they were posted", async () => {
      const { book, cash, revenue, wallet, move, post } = await scene();
      const reference = referenceOf(book.companyId, "inv_2");
      const hold = move(cash, revenue, { kind: "pending", timeoutS: 60, reference });
      const settle = move(cash, revenue, {
        kind: "post_pending",
        pendingId: hold.id,
        amount: ALL_PENDING,
        reference,
      });
      const most = move(wallet, revenue, {
        balancing: "debit",
        amount: 9n,
        code: transferCodes.creditExpired,
      });
      for (const transfer of [hold, settle, most, move(cash, revenue)]) await post(transfer);
      const read = async (query: object) => {
        const page = { ledgers: [book.number], before: null, limit: 10, ...query };
        return (await subject().ledger.transfers(book.companyId, page)).map(({ order: _, ...rest }) => rest);
      };
      expect(await read({ reference })).toEqual([{ ...settle, amount: 100n }, hold]);
      expect(await read({ code: transferCodes.creditExpired })).toEqual([{ ...most, amount: 0n }]);
      expect(await read({ accounts: [wallet.id], code: transferCodes.paymentReceived })).toEqual([]);
      expect(await read({})).toHaveLength(4);
    });

    test("sums a ledger by account code, its debits equal to its credits", async () => {
      const { book, cash, revenue, receivable, wallet, move, post } = await scene();
      const memo = await subject().book("memo", book.companyId);
      const other = accountOf(book, "usageRevenue", "prod_2");
      await subject().ledger.openAccounts([other]);
      await post(move(receivable, revenue, { amount: 3n }), move(receivable, other, { amount: 4n }));
      await post(move(cash, wallet, { kind: "pending" }));
      const totals = await subject().ledger.totals(book.companyId, [book.number, memo.number]);
      const found = totals.filter((t) => t.debitsPosted + t.creditsPosted > 0n);
      expect(found.toSorted((a, b) => a.code - b.code)).toEqual([
        { ledger: book.number, code: 1100, debitsPosted: 7n, creditsPosted: 0n },
        { ledger: book.number, code: 4010, debitsPosted: 0n, creditsPosted: 7n },
      ]);
      expect(await subject().ledger.totals(book.companyId, [])).toEqual([]);
    });

    test("answers while it is there", async () => {
      await subject().ledger.ping();
    });
  });
}
