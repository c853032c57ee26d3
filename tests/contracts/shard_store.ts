import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { CommitBatch, ShardStore } from "../../src/ports/shard_store.ts";
import type { PartitionCursor } from "../../src/ports/stored_rows.ts";
import { batchOf, customer, namesake, neighbour } from "./shard_batches.ts";
import { redemptions } from "./shard_store_redemptions.ts";
import { refusals } from "./shard_store_refusals.ts";
import { rows } from "./shard_store_rows.ts";
import { settled } from "./shard_store_settled.ts";
import { voids } from "./shard_store_voids.ts";

/** A store under test, empty but for the companies `co_a` and `co_b`. */
export interface ShardStoreSubject {
  readonly store: ShardStore;
  /** All that is stored, in any form that two equal states share and whose text shows what is in it. */
  contents(): Promise<unknown>;
  close(): Promise<void>;
}

/** The subject of the running test, which owns some partitions. */
export interface Opened extends ShardStoreSubject {
  /** Where a partition stood when the test began. */
  cursor(partition?: number): PartitionCursor;
  /** Commits what must go through. @returns where the partition stands then */
  commit(batch: CommitBatch): Promise<PartitionCursor>;
}

export const partitions = 24;

/** What every shard store promises; src/ports/shard_store.ts. */
export function shardStoreContract(name: string, open: () => Promise<ShardStoreSubject>): void {
  describe(name, () => {
    let opened: Opened | null = null;

    beforeEach(async () => {
      const subject = await open();
      const cursors = await subject.store.claimPartitions(Array.from({ length: partitions }, (_, id) => id));
      const byNumber = new Map(cursors.map((cursor) => [cursor.partition, cursor]));
      opened = {
        ...subject,
        cursor: (partition = 0) => byNumber.get(partition) ?? expect.unreachable("not a partition of ours"),
        async commit(batch) {
          const outcome = await subject.store.commit(batch);
          return outcome.ok ? outcome.cursor : expect.unreachable(JSON.stringify(outcome));
        },
      };
    }, 60_000);
    afterEach(() => opened?.close());

    const current = (): Opened => opened ?? expect.unreachable("the store was not opened");
    ownership(current);
    refusals(current);
    redemptions(current);
    rows(current);
    settled(current);
    voids(current);
    waking(current);
  });
}

function ownership(current: () => Opened): void {
  test("a partition begins where the log begins", async () => {
    const { store, cursor } = current();
    for (const partition of [0, 3, partitions - 1]) {
      expect(cursor(partition)).toEqual({ partition, epoch: 1, commitSeq: 0, nextOffset: 0, nextIndex: 0 });
      expect(await store.readCursor(partition)).toEqual(cursor(partition));
    }
  });

  test("a commit moves its partition on, and no other", async () => {
    const { store, cursor, commit } = current();
    const moved = await commit(batchOf(cursor(), { nextOffset: 70, nextIndex: 3 }));
    expect(moved).toEqual({ partition: 0, epoch: 1, commitSeq: 1, nextOffset: 70, nextIndex: 3 });
    expect(await store.readCursor(0)).toEqual(moved);
    expect(await store.readCursor(1)).toEqual(cursor(1));
  });

  test("whoever claims a partition goes on where it was, and fences the owner before", async () => {
    const { store, cursor, commit } = current();
    const moved = await commit(batchOf(cursor(), { nextOffset: 70 }));
    const claimed = { ...moved, epoch: 2 };
    expect(await store.claimPartitions([0])).toEqual([claimed]);
    expect(await store.commit(batchOf(moved))).toEqual({ ok: false, reason: "fenced" });
    expect(await store.readCursor(0)).toEqual(claimed);
    await commit(batchOf(claimed));
  });

  test("of commits at once from one place, one goes through", async () => {
    const { store, cursor } = current();
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => store.commit(batchOf(cursor()))));
    expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(1);
    expect(outcomes.filter((outcome) => !outcome.ok && outcome.reason === "fenced")).toHaveLength(7);
    expect((await store.readCursor(0)).commitSeq).toBe(1);
  });
}

function waking(current: () => Opened): void {
  test("due wakes come soonest first, up to the limit, real time apart from each test clock", async () => {
    const { store, cursor, commit } = current();
    const wake = (customerId: string, nextWake: number | null, clockId: string | null = null) => ({
      ...customer,
      customerId,
      clockId,
      nextWake,
    });
    const moved = await commit(
      batchOf(cursor(), {
        wakes: [wake("d", 40), wake("a", 10), wake("c", 30), wake("b", 20)].concat([
          wake("x", 10, "clock_1"),
          wake("y", 5, "clock_2"),
          wake("never", null),
        ]),
      }),
    );
    await commit(batchOf(cursor(1), { wakes: [{ ...namesake, clockId: null, nextWake: 25 }] }));
    const due = async (clockId: string | null, until: number, limit = 10): Promise<string[]> => {
      const wakes = await store.dueWakes(clockId, until, limit);
      return wakes.map(({ companyId, customerId, at }) => `${companyId} ${customerId} ${at}`);
    };
    expect(await due(null, 9)).toEqual([]);
    expect(await due(null, 30)).toEqual(["co_a a 10", "co_a b 20", "co_b cust_1 25", "co_a c 30"]);
    expect(await due(null, 99, 2)).toEqual(["co_a a 10", "co_a b 20"]);
    expect(await due("clock_1", 99)).toEqual(["co_a x 10"]);
    expect(await due("clock_2", 4)).toEqual([]);
    expect(await due("clock_3", 99)).toEqual([]);

    await commit(batchOf(moved, { wakes: [wake("a", null), wake("b", 35), wake("c", 30, "clock_1")] }));
    expect(await due(null, 99)).toEqual(["co_b cust_1 25", "co_a b 35", "co_a d 40"]);
    expect(await due("clock_1", 99)).toEqual(["co_a x 10", "co_a c 30"]);
  });

  test("an actor has one wake, whichever partition it comes from", async () => {
    const { store, cursor, commit } = current();
    await commit(batchOf(cursor(), { wakes: [{ ...neighbour, clockId: null, nextWake: 10 }] }));
    await commit(batchOf(cursor(1), { wakes: [{ ...neighbour, clockId: null, nextWake: 20 }] }));
    expect(await store.dueWakes(null, 99, 10)).toEqual([{ ...neighbour, at: 20 }]);
  });
}
