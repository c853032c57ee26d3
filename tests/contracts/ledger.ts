import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { accountOf, referenceOf } from "../../src/ledger/account.ts";
import { transferCodes } from "../../src/ledger/chart.ts";
import type { Chain, Transfer } from "../../src/ledger/transfer.ts";
import { pendingContract } from "./ledger_pending.ts";
import { readingContract } from "./ledger_reading.ts";
import { type LedgerSubject, NOW, openScene, refusal } from "./ledger_scene.ts";

export type { LedgerSubject } from "./ledger_scene.ts";

/** What every ledger does, whichever engine it is: TigerBeetle's documented semantics. */
export function ledgerContract(name: string, open: () => Promise<LedgerSubject>): void {
  describe(name, () => {
    let subject: LedgerSubject;
    const scene = (companyId?: string) => openScene(subject, companyId);
    beforeAll(async () => {
      subject = await open();
    }, 60_000);
    afterAll(() => subject.close(), 60_000);

    describe("accounts", () => {
      test("begin with nothing, and opening them again changes nothing", async () => {
        const { told, post, move, cash, revenue } = await scene();
        expect(await told(cash)).toBe("0/0");
        await post(move(cash, revenue));
        await subject.ledger.openAccounts([cash, revenue]);
        expect(await told(cash)).toBe("100/0");
        await subject.ledger.openAccounts([]);
      });

      test("that are open stay as they are, and what does not fit them is refused", async () => {
        const { wallet, cash, revenue, move, post } = await scene();
        const other = await subject.book();
        const unbound = { debitsMustNotExceedCredits: false, creditsMustNotExceedDebits: false };
        await subject.ledger.openAccounts([
          { ...wallet, flags: unbound },
          { ...cash, ledger: other.number },
        ]);
        expect(await post(move(wallet, revenue))).toMatchObject(refusal("exceeds_credits"));
        expect(await post(move(cash, revenue, { ledger: other.number }))).toMatchObject(refusal("malformed"));
        expect(await post(move(cash, revenue))).toEqual({ ok: true });
      });

      test("that are not open have no balance and take no transfer", async () => {
        const { book, cash, move, post } = await scene();
        const closed = accountOf(book, "badDebt");
        expect([...(await subject.ledger.balances(book.companyId, [closed.id]))]).toEqual([]);
        const debit = move(closed, cash);
        expect(await post(debit)).toMatchObject(refusal("account_not_found"));
        expect(await post(move(cash, closed))).toMatchObject(refusal("account_not_found"));
        await subject.ledger.openAccounts([closed]);
        expect(await post(debit)).toMatchObject(refusal("id_already_failed"));
        expect(await post({ ...debit, id: debit.id + (1n << 30n) })).toEqual({ ok: true });
      });
    });

    describe("a posted transfer", () => {
      test("debits one account and credits the other", async () => {
        const { cash, revenue, move, post, told } = await scene();
        expect(await post(move(cash, revenue, { amount: 7n }))).toEqual({ ok: true });
        expect(await post(move(revenue, cash, { amount: 2n }))).toEqual({ ok: true });
        expect([await told(cash), await told(revenue)]).toEqual(["7/2", "2/7"]);
      });

      test("counts once however often it is posted", async () => {
        const { cash, revenue, move, post, told } = await scene();
        const once = move(cash, revenue);
        const results = [await post(once), await post(once)];
        const [twice, thrice] = await subject.ledger.post([[once], [once]]);
        expect([...results, twice, thrice]).toEqual(Array(4).fill({ ok: true }));
        expect(await told(cash)).toBe("100/0");
      });

      test("of great amounts stays exact", async () => {
        const { cash, revenue, move, post, told } = await scene();
        const amount = 2n ** 100n + 1n;
        expect(await post(move(cash, revenue, { amount }))).toEqual({ ok: true });
        expect(await post(move(cash, revenue, { amount: 2n }))).toEqual({ ok: true });
        expect(await told(revenue)).toBe(`0/${amount + 2n}`);
      });

      test("does not take the id of another", async () => {
        const { cash, bank, revenue, move, post, told } = await scene();
        const first = move(cash, revenue);
        await post(first);
        const others: Partial<Transfer>[] = [
          { amount: 101n },
          { debit: bank.id },
          { credit: bank.id },
          { code: transferCodes.refundPaid },
          { at: NOW + 1 },
          { reference: referenceOf("co", "other") },
          { kind: "pending" },
          { balancing: "debit" },
        ];
        for (const other of others)
          expect(await post({ ...first, ...other })).toMatchObject(refusal("exists_with_different"));
        expect(await post(first)).toEqual({ ok: true });
        expect(await told(cash)).toBe("100/0");
      });

      test("must make sense", async () => {
        const { cash, revenue, move, post, told } = await scene();
        const elsewhere = await scene();
        const wrong = [
          move(cash, cash),
          move(cash, revenue, { id: 0n }),
          move(cash, revenue, { id: 2n ** 128n - 1n }),
          move(cash, revenue, { timeoutS: 5 }),
          move(cash, revenue, { pendingId: 5n }),
          move(cash, elsewhere.revenue),
          move(cash, revenue, { ledger: elsewhere.book.number }),
        ];
        for (const transfer of wrong) expect(await post(transfer)).toMatchObject(refusal("malformed"));
        expect(await told(cash)).toBe("0/0");
      });
    });

    describe("a bound", () => {
      test("stops debits at posted credits, and credits at posted debits", async () => {
        const { cash, wallet, receivable, revenue, move, post, told } = await scene();
        await post(move(cash, wallet));
        expect(await post(move(wallet, revenue, { amount: 101n }))).toMatchObject(refusal("exceeds_credits"));
        expect(await post(move(wallet, revenue, { amount: 60n }))).toEqual({ ok: true });
        expect(await post(move(wallet, revenue, { amount: 41n }))).toMatchObject(refusal("exceeds_credits"));
        expect(await post(move(wallet, revenue, { amount: 40n }))).toEqual({ ok: true });
        expect(await told(wallet)).toBe("100/100");
        expect(await post(move(cash, receivable, { amount: 1n }))).toMatchObject(refusal("exceeds_debits"));
        await post(move(receivable, revenue));
        expect(await post(move(cash, receivable))).toEqual({ ok: true });
        expect(await told(receivable)).toBe("100/100");
      });

      test("burns the id of what it stopped, for that attempt can never succeed", async () => {
        const { cash, wallet, revenue, move, post, told } = await scene();
        const early = move(wallet, revenue);
        expect(await post(early)).toMatchObject(refusal("exceeds_credits"));
        await post(move(cash, wallet));
        expect(await post(early)).toMatchObject(refusal("id_already_failed"));
        expect(await told(wallet)).toBe("0/100");
        expect(await post({ ...early, id: early.id + (1n << 30n) })).toEqual({ ok: true });
      });

      test("counts what is pending against it, and not for it", async () => {
        const { cash, wallet, revenue, move, post } = await scene();
        await post(move(cash, wallet, { kind: "pending" }));
        expect(await post(move(wallet, revenue))).toMatchObject(refusal("exceeds_credits"));
        await post(move(cash, wallet));
        expect(await post(move(wallet, revenue, { kind: "pending", amount: 70n }))).toEqual({ ok: true });
        expect(await post(move(wallet, revenue, { amount: 31n }))).toMatchObject(refusal("exceeds_credits"));
        expect(await post(move(wallet, revenue, { amount: 30n }))).toEqual({ ok: true });
      });
    });

    describe("a chain", () => {
      test("happens whole or not at all", async () => {
        const { cash, wallet, revenue, receivable, move, post, told } = await scene();
        const chain = [
          move(cash, wallet),
          move(wallet, revenue, { amount: 101n }),
          move(receivable, revenue),
        ];
        expect(await post(...chain)).toMatchObject(refusal("exceeds_credits", 1));
        expect([await told(cash), await told(wallet), await told(revenue)]).toEqual(["0/0", "0/0", "0/0"]);
        // Only the refused one's id is burnt.
        const [first, refused] = chain;
        if (first === undefined || refused === undefined) expect.unreachable("the chain has three");
        else {
          expect(await post(first)).toEqual({ ok: true });
          expect(await post({ ...refused, amount: 1n })).toMatchObject(refusal("id_already_failed"));
        }
      });

      test("sees what its own transfers did before", async () => {
        const { cash, wallet, revenue, move, post, told } = await scene();
        expect(await post(move(cash, wallet), move(wallet, revenue))).toEqual({ ok: true });
        expect(await told(wallet)).toBe("100/100");
      });

      test("counts once however often it is posted", async () => {
        const { cash, wallet, revenue, move, post, told } = await scene();
        const chain = [move(cash, wallet), move(wallet, revenue), move(cash, wallet)];
        expect(await post(...chain)).toEqual({ ok: true });
        expect(await post(...chain)).toEqual({ ok: true });
        expect(await told(wallet)).toBe("100/200");
      });

      test("is refused where only a part of it is there", async () => {
        const { cash, wallet, revenue, move, post, told } = await scene();
        const [known, fresh] = [move(cash, wallet), move(cash, revenue)];
        await post(known);
        expect(await post(known, fresh)).toMatchObject({ ok: false, reason: "exists_with_different" });
        expect(await post(fresh, known)).toMatchObject({ ok: false, reason: "exists_with_different" });
        expect([await told(cash), await told(revenue)]).toEqual(["100/0", "0/0"]);
      });

      test("that is refused does not hinder those around it", async () => {
        const { cash, wallet, revenue, move, told } = await scene();
        const chains: Chain[] = [
          [move(cash, wallet)],
          [move(wallet, revenue, { amount: 200n })],
          [move(wallet, revenue)],
        ];
        const results = await subject.ledger.post(chains);
        expect(results.map((result) => result.ok)).toEqual([true, false, true]);
        expect(await told(wallet)).toBe("100/100");
        expect(await subject.ledger.post([])).toEqual([]);
      });
    });

    pendingContract(() => subject, scene);
    readingContract(() => subject, scene);

    test("posts thousands of chains at once", async () => {
      const { cash, revenue, move, told } = await scene();
      const chains = Array.from({ length: 3000 }, (_, i) =>
        i % 10 === 0
          ? [move(cash, revenue, { amount: 1n }), move(cash, revenue, { amount: 1n })]
          : [move(cash, revenue, { amount: 1n })],
      );
      const results = await subject.ledger.post(chains);
      expect(results).toHaveLength(3000);
      expect(results.every((result) => result.ok)).toBe(true);
      expect(await told(cash)).toBe("3300/0");
    });
  });
}
