import { describe, expect, test } from "bun:test";
import type { CommitOutcome } from "../../src/ports/shard_store.ts";
import type { Redemption } from "../../src/ports/stored_rows.ts";
import { batchOf, factOf, namesake, neighbour, otherCompany, redemptionOf } from "./shard_batches.ts";
import { type Opened, partitions } from "./shard_store.ts";

/** Coupons are counted across customers and partitions, in the commit. */
export function redemptions(current: () => Opened): void {
  const company = redemptionOf("sub_1").companyId;
  const exhausted = (left: number): CommitOutcome => ({
    ok: false,
    reason: "coupons_exhausted",
    coupons: [{ companyId: company, couponId: "coup_1", left }],
  });

  describe("a coupon", () => {
    test("is redeemed up to its limit; a batch with one more leaves no trace and learns what is left", async () => {
      const { store, cursor, commit, contents } = current();
      const moved = await commit(batchOf(cursor(), { redemptions: [redemptionOf("sub_1", { max: 3 })] }));
      const before = await contents();
      const three = ["sub_2", "sub_3", "sub_4"].map((id) => redemptionOf(id, { ...neighbour, max: 3 }));
      const facts = [factOf(neighbour, 1)];
      expect(await store.commit(batchOf(moved, { redemptions: three, facts }))).toEqual(exhausted(2));
      expect(await contents()).toEqual(before);
      const full = await commit(batchOf(moved, { redemptions: three.slice(0, 2), facts }));
      expect(await store.commit(batchOf(full, { redemptions: three.slice(2) }))).toEqual(exhausted(0));
    });

    test("is redeemed by a subscription once, however often it is said", async () => {
      const { store, cursor, commit } = current();
      const [one, two, three] = ["sub_1", "sub_2", "sub_3"].map((id) => redemptionOf(id, { max: 2 }));
      const all = (...list: (Redemption | undefined)[]) => list.filter((item) => item !== undefined);
      let moved = await commit(batchOf(cursor(), { redemptions: all(one, one) }));
      moved = await commit(batchOf(moved, { redemptions: all(one, two, one) }));
      moved = await commit(batchOf(moved, { redemptions: all(two, one) }));
      expect(await store.commit(batchOf(moved, { redemptions: all(one, three) }))).toEqual(exhausted(0));
    });

    test("whose limit was lowered stays with those who have it", async () => {
      const { store, cursor, commit } = current();
      const many = (max: number | null, count: number) =>
        Array.from({ length: count }, (_, i) => redemptionOf(`sub_${i}`, { max }));
      let moved = await commit(batchOf(cursor(), { redemptions: many(null, 4) }));
      moved = await commit(batchOf(moved, { redemptions: many(2, 4) }));
      expect(await store.commit(batchOf(moved, { redemptions: many(2, 5) }))).toEqual(exhausted(0));
      await commit(batchOf(moved, { redemptions: many(5, 5) }));
    });

    test("is counted by itself, and by company", async () => {
      const { cursor, commit } = current();
      const last = redemptionOf("sub_1", { max: 1 });
      const others = [
        { ...last, ...namesake },
        { ...last, couponId: "coup_2", subscriptionId: "sub_2" },
      ];
      expect(namesake.companyId).toBe(otherCompany);
      const moved = await commit(batchOf(cursor(), { redemptions: [last, ...others] }));
      await commit(batchOf(moved, { redemptions: [last, ...others] }));
    });

    test("is never redeemed too often by commits at once", async () => {
      const { store, cursor, contents } = current();
      const outcomes = await Promise.all(
        Array.from({ length: partitions }, (_, i) => {
          const wanted = [
            redemptionOf(`sub_${i}`, { max: 5 }),
            redemptionOf(`sub_${i}`, { couponId: "coup_2", max: 9 }),
          ];
          // Numbers are given one commit at a time: all others have counted, and wait, before the first is done.
          const numbering = new Map([[company, 1]]);
          const redemptions = i % 2 === 0 ? wanted : wanted.toReversed();
          return store.commit(batchOf(cursor(i), { redemptions, numbering }));
        }),
      );
      expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(5);
      const refused = outcomes.filter((outcome) => !outcome.ok);
      expect(refused.every((outcome) => outcome.reason === "coupons_exhausted")).toBe(true);
      expect(JSON.stringify(await contents()).split("coup_1")).toHaveLength(5 + 1);
    });
  });
}
