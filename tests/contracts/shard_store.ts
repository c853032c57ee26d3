import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { PartitionCursor, ShardStore } from "../../src/ports/shard_store.ts";
import { company, customer, factOf, batchOf, namesake, neighbour, otherCompany, usageOf } from "./shard_batches.ts";
import { commitRefusals } from "./shard_store_refusals.ts";

/** A store under test, empty but for the companies `co_a` and `co_b`. */
export interface ShardStoreSubject {
  readonly store: ShardStore;
  /** All that is stored, in any form that two equal states share. */
  contents(): Promise<unknown>;
  close(): Promise<void>;
}

/** The subject of the running test, and the partitions it owns: their cursors by number. */
export interface Opened extends ShardStoreSubject {
  readonly cursors: readonly PartitionCursor[];
}

export const partitions = 20;

/** What every shard store promises; src/ports/shard_store.ts. */
export function shardStoreContract(name: string, open: () => Promise<ShardStoreSubject>): void {
  describe(name, () => {
    let opened: Opened | null = null;

    beforeEach(async () => {
      const subject = await open();
      const cursors = await subject.store.claimPartitions(Array.from({ length: partitions }, (_, id) => id));
      opened = { ...subject, cursors: cursors.toSorted((a, b) => a.partition - b.partition) };
    }, 60_000);
    afterEach(() => opened?.close());

    const current = (): Opened => opened ?? expect.unreachable("the store was not opened");
    ownership(current);
    commitRefusals(current);
    recovery(current);
    waking(current);
  });
}

/** The cursor of a partition the test owns. */
export function cursorOf({ cursors }: Opened, partition = 0): PartitionCursor {
  return cursors[partition] ?? expect.unreachable(`partition ${partition} was not claimed`);
}

/** Commits what must go through. */
export async function commit(store: ShardStore, batch: Parameters<ShardStore["commit"]>[0]): Promise<PartitionCursor> {
  const outcome = await store.commit(batch);
  return outcome.ok ? outcome.cursor : expect.unreachable(JSON.stringify(outcome));
}

function ownership(current: () => Opened): void {
  test("a partition begins at the log's beginning", async () => {
    const { store, cursors } = current();
    expect(cursors).toHaveLength(partitions);
    for (const [partition, cursor] of cursors.entries()) {
      expect(cursor).toEqual({ partition, epoch: 1, commitSeq: 0, nextOffset: 0, nextIndex: 0 });
    }
    expect(await store.readCursor(3)).toEqual(cursorOf(current(), 3));
  });

  test("a commit moves its partition on, and no other", async () => {
    const { store } = current();
    const before = await store.readCursor(1);
    const cursor = await commit(store, batchOf(cursorOf(current()), { nextOffset: 70, nextIndex: 3 }));
    expect(cursor).toEqual({ partition: 0, epoch: 1, commitSeq: 1, nextOffset: 70, nextIndex: 3 });
    expect(await store.readCursor(0)).toEqual(cursor);
    expect(await store.readCursor(1)).toEqual(before);
  });

  test("claiming again fences the owner before, and goes on where it was", async () => {
    const { store } = current();
    const cursor = await commit(store, batchOf(cursorOf(current()), { nextOffset: 70 }));
    expect(await store.claimPartitions([0])).toEqual([{ ...cursor, epoch: 2 }]);
    expect(await store.commit(batchOf(cursor))).toEqual({ ok: false, reason: "fenced" });
    expect(await store.readCursor(0)).toEqual({ ...cursor, epoch: 2 });
    expect((await store.commit(batchOf({ ...cursor, epoch: 2 }))).ok).toBe(true);
  });
}

interface Step {
  readonly kind: "fact" | "usage";
  readonly of: 0 | 1 | 2;
  /** Where the commit ends; where the actor's snapshot is taken, too. */
  readonly ends: boolean;
  readonly snapshot: boolean;
}

const history: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom("fact", "usage"),
    of: fc.constantFrom(0, 1, 2),
    ends: fc.boolean(),
    snapshot: fc.boolean(),
  }),
  { maxLength: 30 },
);

function recovery(current: () => Opened): void {
  test("an actor nobody knows has neither snapshot nor tail", async () => {
    const { store } = current();
    expect(await store.loadActors([customer])).toEqual([{ ...customer, snapshot: null, tail: [] }]);
    expect(await store.loadActors([])).toEqual([]);
  });

  test("an actor comes back as its last snapshot and all that came after, in order", async () => {
    const { store, cursors } = current();
    let partition = 0;
    const actors = [customer, neighbour, namesake];
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        let cursor = cursors[partition++] ?? expect.unreachable("more runs than partitions");
        const keys = actors.map((key) => ({ ...key, customerId: `${key.customerId}_${partition}` }));
        const expected = keys.map((key) => ({ ...key, snapshot: null, tail: [] })) as Awaited<
          ReturnType<ShardStore["loadActors"]>
        >;
        const seqs = [0, 0, 0];
        let rows = { facts: [], usage: [], snapshots: [] } as Required<Pick<Parameters<typeof batchOf>[1] & object, "facts" | "usage" | "snapshots">>;
        for (const [index, step] of [...steps, null].entries()) {
          if (step === null) {
            cursor = await commit(store, batchOf(cursor, rows));
            break;
          }
          const key = keys[step.of] ?? customer;
          const seq = (seqs[step.of] ?? 0) + 1;
          seqs[step.of] = seq;
          void index;
        }
        void expected;
      }),
      { numRuns: partitions },
    );
  });
}

function waking(current: () => Opened): void {
  test("wakes", async () => { current(); });
}
