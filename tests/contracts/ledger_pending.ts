import { describe, expect, test } from "bun:test";
import { transferCodes } from "../../src/ledger/chart.ts";
import { ALL_PENDING, type Transfer } from "../../src/ledger/transfer.ts";
import { type LedgerSubject, type OpenScene, refusal } from "./ledger_scene.ts";

/** Transfers in two phases, and those that take what is left. */
export function pendingContract(subject: () => LedgerSubject, scene: OpenScene): void {
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
      expect(await subject().ledger.post([[hold], [settle]])).toEqual([{ ok: true }, { ok: true }]);
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
}
