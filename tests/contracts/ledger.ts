import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Account, accountOf, type LedgerBook, referenceOf } from "../../src/ledger/account.ts";
import { transferCodes } from "../../src/ledger/chart.ts";
import { ALL_PENDING, type Chain, type Transfer } from "../../src/ledger/transfer.ts";
import type { Balance, ChainResult, Ledger } from "../../src/ports/ledger.ts";

export interface LedgerSubject {
  readonly ledger: Ledger;
  /** A ledger of a company of its own with nothing in it; of the same company where one is given. */
  book(kind?: LedgerBook["kind"], companyId?: string): Promise<LedgerBook>;
  close(): Promise<void>;
}

const NOW = 1_770_000_000_000;
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

/** What every ledger does, whichever engine it is: TigerBeetle's documented semantics. */
export function ledgerContract(name: string, open: () => Promise<LedgerSubject>): void {
  describe(name, () => {
    let subject: LedgerSubject;
    beforeAll(async () => {
      subject = await open();
    }, 60_000);
    afterAll(() => subject.close(), 60_000);

    /** A ledger with accounts without bounds, and with either bound. */
    async function scene(companyId?: string) {
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

    const refusal = (reason: string, index = 0) => ({ ok: false, index, reason });

    describe("accounts", () => {
      test("begin with nothing, and opening them again changes nothing", async () => {
        const { told, post, move, cash, revenue } = await scene();
        expect(await told(cash)).toBe("0/0");
        await post(move(cash, revenue));
        await subject.ledger.openAccounts([cash, revenue]);
        expect(await told(cash)).toBe("100/0");
        await subject.ledger.openAccounts([]);
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

    describe("a pending transfer", () => {
      test("reserves until it is posted, whole or in part", async () => {
        const { cash, revenue, move, post, told } = await scene();
        const hold = move(cash, revenue, { kind: "pending" });
        expect(await post(hold)).toEqual({ ok: true });
        expect([await told(cash), await told(revenue)]).toEqual(["0/0 pending 100/0", "0/0 pending 0/100"]);
        const settle = move(cash, revenue, { kind: "post_pending", pendingId: hold.id, amount: 60n });
        expect(await post(settle)).toEqual({ ok: true });
        expect([await told(cash), await told(revenue)]).toEqual(["60/0", "0/60"]);
        expect(await post(settle)).toEqual({ ok: true });
        const again = move(cash, revenue, { kind: "post_pending", pendingId: hold.id, amount: ALL_PENDING });
        expect(await post(again)).toMatchObject(refusal("already_posted"));
        expect(await told(cash)).toBe("60/0");
      });

      test("posts all it holds", async () => {
        const { cash, revenue, move, post, told } = await scene();
        const hold = move(cash, revenue, { kind: "pending" });
        const settle = move(cash, revenue, { kind: "post_pending", pendingId: hold.id, amount: ALL_PENDING });
        expect(await subject.ledger.post([[hold], [settle]])).toEqual([{ ok: true }, { ok: true }]);
        expect(await told(cash)).toBe("100/0");
        expect(await post(settle)).toEqual({ ok: true });
      });

      test("gives all back when it is voided", async () => {
        const { cash, revenue, move, post, told } = await scene();
        for (const amount of [0n, 100n]) {
          const hold = move(cash, revenue, { kind: "pending" });
          const back = move(cash, revenue, { kind: "void_pending", pendingId: hold.id, amount });
          await post(hold);
          expect(await post(back)).toEqual({ ok: true });
          expect(await post(back)).toEqual({ ok: true });
          const late = move(cash, revenue, { kind: "post_pending", pendingId: hold.id });
          expect(await post(late)).toMatchObject(refusal("already_voided"));
        }
        expect(await told(cash)).toBe("0/0");
      });

      test("is settled only as what it is", async () => {
        const { cash, bank, revenue, move, post, told } = await scene();
        const hold = move(cash, revenue, { kind: "pending" });
        const posted = move(cash, revenue, { amount: 5n });
        await post(hold);
        await post(posted);
        const settle = (more: Partial<Transfer>) =>
          post(move(cash, revenue, { kind: "post_pending", pendingId: hold.id, ...more }));
        expect(await settle({ pendingId: 77n })).toMatchObject(refusal("pending_not_found"));
        expect(await settle({ pendingId: posted.id })).toMatchObject(refusal("not_pending"));
        expect(await settle({ amount: 101n })).toMatchObject(refusal("exceeds_pending_amount"));
        expect(await settle({ debit: bank.id })).toMatchObject(refusal("pending_has_different"));
        expect(await settle({ code: transferCodes.refundPaid })).toMatchObject(
          refusal("pending_has_different"),
        );
        expect(await settle({ kind: "void_pending", amount: 99n })).toMatchObject(
          refusal("pending_has_different"),
        );
        expect(await settle({ timeoutS: 9 })).toMatchObject(refusal("malformed"));
        const { pendingId: _, ...nothing } = move(cash, revenue, { kind: "post_pending" });
        expect(await post(nothing)).toMatchObject(refusal("malformed"));
        expect(await told(cash)).toBe("5/0 pending 100/0");
      });

      test("falls off when its time is over", async () => {
        const { cash, wallet, revenue, move, post, told } = await scene();
        await post(move(cash, wallet));
        const hold = move(wallet, revenue, { kind: "pending", timeoutS: 1 });
        expect(await post(hold)).toEqual({ ok: true });
        const drain = () => post(move(wallet, revenue));
        expect(await drain()).toMatchObject(refusal("exceeds_credits"));
        for (let rest = 200; !(await drain()).ok; rest--) {
          if (rest === 0) expect.unreachable("the hold falls off after a second");
          await Bun.sleep(25);
        }
        const late = move(wallet, revenue, { kind: "post_pending", pendingId: hold.id });
        expect(await post(late)).toMatchObject(refusal("pending_expired"));
        expect(await told(wallet)).toBe("100/100");
      });
    });

    describe("a balancing transfer", () => {
      test("takes what is left of the debited account, down to nothing", async () => {
        const { cash, wallet, revenue, move, post, told } = await scene();
        await post(move(cash, wallet));
        const most = (amount: bigint) => move(wallet, revenue, { amount, balancing: "debit" });
        const results = [await post(most(70n)), await post(most(70n)), await post(most(70n))];
        expect(results).toEqual(Array(3).fill({ ok: true }));
        expect(await told(wallet)).toBe("100/100");
      });

      test("leaves alone what is pending, and balances the credited account", async () => {
        const { cash, receivable, revenue, move, post, told } = await scene();
        await post(move(receivable, revenue));
        await post(move(cash, receivable, { kind: "pending", amount: 30n }));
        expect(await post(move(cash, receivable, { balancing: "credit", amount: 500n }))).toEqual({
          ok: true,
        });
        expect(await told(receivable)).toBe("100/70 pending 0/30");
      });

      test("is the same one again with the amount that was asked for", async () => {
        const { cash, wallet, revenue, move, post, told } = await scene();
        await post(move(cash, wallet));
        const most = move(wallet, revenue, { amount: 500n, balancing: "debit" });
        expect([await post(most), await post(most)]).toEqual([{ ok: true }, { ok: true }]);
        expect(await post({ ...most, amount: 99n })).toMatchObject(refusal("exists_with_different"));
        expect(await told(wallet)).toBe("100/100");
      });
    });

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
          const page = await subject.ledger.transfers(book.companyId, {
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
          return (await subject.ledger.transfers(book.companyId, page)).map(({ order: _, ...rest }) => rest);
        };
        expect(await read({ reference })).toEqual([{ ...settle, amount: 100n }, hold]);
        expect(await read({ code: transferCodes.creditExpired })).toEqual([{ ...most, amount: 0n }]);
        expect(await read({ accounts: [wallet.id], code: transferCodes.paymentReceived })).toEqual([]);
        expect(await read({})).toHaveLength(4);
      });

      test("sums a ledger by account code, its debits equal to its credits", async () => {
        const { book, cash, revenue, receivable, wallet, move, post } = await scene();
        const memo = await subject.book("memo", book.companyId);
        const other = accountOf(book, "usageRevenue", "prod_2");
        await subject.ledger.openAccounts([other]);
        await post(move(receivable, revenue, { amount: 3n }), move(receivable, other, { amount: 4n }));
        await post(move(cash, wallet, { kind: "pending" }));
        const totals = await subject.ledger.totals(book.companyId, [book.number, memo.number]);
        const found = totals.filter((t) => t.debitsPosted + t.creditsPosted > 0n);
        expect(found.toSorted((a, b) => a.code - b.code)).toEqual([
          { ledger: book.number, code: 1100, debitsPosted: 7n, creditsPosted: 0n },
          { ledger: book.number, code: 4010, debitsPosted: 0n, creditsPosted: 7n },
        ]);
        expect(await subject.ledger.totals(book.companyId, [])).toEqual([]);
      });

      test("answers while it is there", async () => {
        await subject.ledger.ping();
      });
    });

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
