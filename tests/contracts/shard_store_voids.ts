import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ShardStore, UsagePlace } from "../../src/ports/shard_store.ts";
import type { ActorKey, UsageRow } from "../../src/ports/stored_rows.ts";
import { batchOf, customer, identityOf, namesake, neighbour, usageOf, voidOf } from "./shard_batches.ts";
import { type Opened, partitions } from "./shard_store.ts";

/** That a void takes usage out of what is counted, and leaves it where it was recorded. */
export function voids(current: () => Opened): void {
  describe("the usage of a period", () => {
    test("is what occurred from its start to before its end, in the order it was recorded", async () => {
      const { store, cursor, commit } = current();
      const times = [2_000, 1_000, 999, 1_999, 1_500];
      const usage = times.map((occurredAt, n) => usageOf(customer, n + 1, { occurredAt }));
      const others = [
        usageOf(customer, 6, { occurredAt: 1_500, subscriptionId: "sub_2" }),
        usageOf(neighbour, 1, { occurredAt: 1_500 }),
        usageOf(namesake, 1, { occurredAt: 1_500 }),
      ];
      await commit(batchOf(cursor(), { usage: [...usage, ...others] }));
      const found = await store.usageHistory(customer, "sub_1", 1_000, 2_000);
      expect(found).toEqual([usage[1], usage[3], usage[4]].filter((row) => row !== undefined));
      expect(await store.usageHistory(customer, "sub_2", 1_000, 2_000)).toEqual(others.slice(0, 1));
      expect(await store.usageHistory(namesake, "sub_1", 1_000, 2_000)).toEqual(others.slice(2));
      expect(await store.usageHistory(customer, "sub_1", 1_500, 1_500)).toEqual([]);
      expect(await store.usageHistory(customer, "sub_3", 0, 9_999)).toEqual([]);
    });

    test("comes back to the digit", async () => {
      const { store, cursor, commit } = current();
      const digits = "123456789012345678901234567890.123456789012345678901234567891";
      const row = usageOf(customer, 1, {
        source: "söurce",
        properties: `{"a": "é\\n", "q": ${digits}, "z": 1.50}`,
        charge: `-${digits}0`,
        currency: "KWD",
        whileSuspended: true,
      });
      await commit(batchOf(cursor(), { usage: [row], newIdentities: [identityOf(customer, 1)] }));
      expect(await store.usageHistory(customer, "sub_1", 0, 9_999)).toEqual([row]);
      const found = await store.findUsage({ ...customer, digest: identityOf(customer, 1).digest });
      expect(found).toEqual({ identity: identityOf(customer, 1), usage: row });
    });

    test("is as it was where another's event of the same number is voided", async () => {
      const { store, cursor, commit } = current();
      const usage = [customer, neighbour, namesake].map((key) => usageOf(key, 1));
      const moved = await commit(batchOf(cursor(), { usage }));
      await commit(batchOf(moved, { voids: usage.slice(0, 1).map((row) => voidOf(row)) }));
      expect(await store.usageHistory(customer, "sub_1", 0, 9_999)).toEqual([]);
      expect(await store.usageHistory(neighbour, "sub_1", 0, 9_999)).toEqual(usage.slice(1, 2));
      expect(await store.usageHistory(namesake, "sub_1", 0, 9_999)).toEqual(usage.slice(2));
    });

    test("has nothing in it that is voided, whichever rows those are", async () => {
      const { store, commit } = current();
      let runs = 0;
      const event = fc.record({
        actor: fc.nat({ max: 2 }),
        subscription: fc.nat({ max: 1 }),
        occurredAt: fc.nat({ max: 9 }),
        /** After how many further commits it is voided, 0 with the commit that records it; or never. */
        voidedAfter: fc.option(fc.nat({ max: 2 })),
      });
      const window = fc.tuple(fc.nat({ max: 4 }), fc.integer({ min: 3, max: 10 }));
      const batches = fc.array(fc.array(event, { maxLength: 6 }), { maxLength: 4 });
      const law = fc.asyncProperty(batches, window, async (drawn, [from, to]) => {
        runs += 1;
        const keys = [customer, neighbour, namesake].map((key) => ({
          ...key,
          customerId: `${key.customerId}_${runs}`,
        }));
        const rows: { row: UsageRow; voidedIn: number }[] = [];
        let cursor = await store.readCursor(runs % partitions);
        for (let n = 0; n < drawn.length + 2; n++) {
          const usage = (drawn[n] ?? []).map(({ actor, subscription, occurredAt, voidedAfter }) => {
            const key = keys[actor] ?? expect.unreachable("no such actor");
            const changes = { subscriptionId: `sub_${subscription}`, occurredAt };
            const seq =
              1 +
              rows.filter(({ row }) => row.companyId === key.companyId && row.customerId === key.customerId)
                .length;
            const row = usageOf(key, seq, changes);
            rows.push({ row, voidedIn: voidedAfter === null ? Number.POSITIVE_INFINITY : n + voidedAfter });
            return row;
          });
          const taken = rows.filter(({ voidedIn }) => voidedIn === n).map(({ row }) => voidOf(row));
          cursor = await commit(batchOf(cursor, { usage, voids: taken }));
          const left = rows.filter(({ voidedIn }) => voidedIn > n).map(({ row }) => row);
          const byTime: UsageRow[][] = [];
          for (const key of keys) {
            const expected = left.filter(
              (row) =>
                row.companyId === key.companyId &&
                row.customerId === key.customerId &&
                row.subscriptionId === "sub_0" &&
                row.occurredAt >= from &&
                row.occurredAt < to,
            );
            expect(await store.usageHistory(key, "sub_0", from, to)).toEqual(expected);
            byTime.push(expected.toSorted((a, b) => a.occurredAt - b.occurredAt || a.seq - b.seq));
          }
          expect(await pagesOf(store, keys, { from, to }, 1 + (n % 3))).toEqual(byTime);
        }
      });
      await fc.assert(law, { numRuns: 25 });
    });
  });

  describe("a voided event", () => {
    test("stays a recorded fact of its actor", async () => {
      const { store, cursor, commit } = current();
      const usage = [usageOf(customer, 1), usageOf(customer, 2)];
      const moved = await commit(batchOf(cursor(), { usage }));
      await commit(batchOf(moved, { voids: usage.slice(0, 1).map((row) => voidOf(row)) }));
      const [actor] = await store.loadActors([customer]);
      expect(actor?.tail).toEqual(usage.map((row) => ({ kind: "usage", usage: row })));
    });

    test("is found by its identity, with what it was", async () => {
      const { store, cursor, commit } = current();
      const usage = usageOf(customer, 7);
      const applied = identityOf(customer, 1, { seq: 7 });
      const moved = await commit(batchOf(cursor(), { usage: [usage], newIdentities: [applied] }));
      const found = () => store.findUsage({ ...customer, digest: applied.digest });
      expect(await found()).toEqual({ identity: applied, usage });
      const voided = { ...applied, verdict: "voided" as const };
      await commit(batchOf(moved, { changedIdentities: [voided], voids: [voidOf(usage)] }));
      expect(await found()).toEqual({ identity: voided, usage });
      expect(await store.usageHistory(customer, "sub_1", 0, 9_999)).toEqual([]);
      expect(await store.findIdentities([applied])).toEqual([voided]);
    });
  });

  test("an event that never counted has an identity and no usage; one never sent has neither", async () => {
    const { store, cursor, commit } = current();
    const refused = identityOf(customer, 1, { verdict: "refused", seq: 0 });
    const orphaned = identityOf(customer, 2, { verdict: "orphaned", seq: 0 });
    const theirs = identityOf(neighbour, 3, { seq: 1 });
    const usage = [usageOf(customer, 1), usageOf(neighbour, 1)];
    await commit(batchOf(cursor(), { usage, newIdentities: [refused, orphaned, theirs] }));
    expect(await store.findUsage(refused)).toEqual({ identity: refused, usage: null });
    expect(await store.findUsage(orphaned)).toEqual({ identity: orphaned, usage: null });
    expect(await store.findUsage({ ...customer, digest: theirs.digest })).toBeNull();
    expect(await store.findUsage({ ...namesake, digest: refused.digest })).toBeNull();
    expect(await store.findUsage(theirs)).toEqual({ identity: theirs, usage: usage[1] ?? null });
  });
}

/** All pages of the first subscription of each actor, read together. */
async function pagesOf(
  store: ShardStore,
  keys: readonly ActorKey[],
  span: { from: number; to: number },
  limit: number,
): Promise<UsageRow[][]> {
  const all: UsageRow[][] = keys.map(() => []);
  for (;;) {
    const places = keys.map((key, index): UsagePlace => {
      return { ...key, ...span, subscriptionId: "sub_0", after: all[index]?.at(-1) ?? null };
    });
    const pages = await store.usagePages(places, limit);
    for (const [index, page] of pages.entries()) all[index]?.push(...page);
    if (pages.every((page) => page.length === 0)) return all;
  }
}
