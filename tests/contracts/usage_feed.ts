import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { CommitBatch, ShardStore } from "../../src/ports/shard_store.ts";
import type { PartitionCursor, UsageRow } from "../../src/ports/stored_rows.ts";
import type { FedUsage } from "../../src/ports/usage_analytics.ts";
import type { FeedBlock, UsageFeed } from "../../src/ports/usage_feed.ts";
import { batchOf, company, customer, namesake, neighbour, usageOf, voidOf } from "./shard_batches.ts";

/** A feed under test and the store it reads, with the companies `co_a` and `co_b` and no usage. */
export interface UsageFeedSubject {
  readonly store: ShardStore;
  readonly feed: UsageFeed;
  close(): Promise<void>;
}

const always = [-1e15, 1e15] as const;
/** A row in short: whose, which, at which commit, and whether it was voided there. */
const short = ({ customerId, seq, version, voided }: FedUsage) =>
  `${customerId} ${seq} @${version}${voided ? " void" : ""}`;

/** What every feed of analytics promises; src/ports/usage_feed.ts. */
export function usageFeedContract(name: string, open: () => Promise<UsageFeedSubject>): void {
  describe(name, () => {
    let subject: UsageFeedSubject | null = null;
    let cursors: PartitionCursor[] = [];
    /** The last number given to a customer's usage. */
    let numbered = 0;

    beforeEach(async () => {
      subject = await open();
      cursors = await subject.store.claimPartitions([0, 1]);
      numbered = 0;
      await feed().begin("tables");
    }, 60_000);
    afterEach(() => subject?.close());

    const feed = () => (subject ?? expect.unreachable("not opened")).feed;
    /** @returns the commit's number in its partition */
    async function commit(rows: Partial<Omit<CommitBatch, "cursor">>, partition = 0): Promise<number> {
      const at = cursors[partition] ?? expect.unreachable("not claimed");
      const outcome = await subject?.store.commit(batchOf(at, rows));
      const cursor = outcome?.ok === true ? outcome.cursor : expect.unreachable(JSON.stringify(outcome));
      cursors[partition] = cursor;
      const behind = await feed().behind([partition]);
      return behind[0]?.to ?? expect.unreachable("a commit is behind until it is fed");
    }
    const record = (count: number): UsageRow[] =>
      Array.from({ length: count }, () => usageOf(customer, ++numbered));
    async function nextOne(rowsMax = 100, partition = 0): Promise<FeedBlock> {
      const [block] = await feed().next([partition], rowsMax);
      return block ?? expect.unreachable("nothing waits");
    }
    async function drain(rowsMax: number): Promise<FeedBlock[]> {
      const blocks: FeedBlock[] = [];
      for (;;) {
        const next = await feed().next([0, 1], rowsMax);
        if (next.length === 0) return blocks;
        blocks.push(...next);
        await feed().fed(next, "tables");
      }
    }

    test("has nothing where nothing was committed", async () => {
      expect(await feed().behind([0, 1])).toEqual([]);
      expect(await feed().next([0, 1], 10)).toEqual([]);
      expect(await feed().usageOf(company, ...always, null, 10)).toEqual([]);
    });

    test("gives usage as it was recorded, and as it was voided, each with its commit", async () => {
      const row = usageOf(customer, 1, { properties: '{"n":1.50}', charge: "0.1000", eventType: "tokens" });
      const first = await commit({ usage: [row, usageOf(namesake, 1)] });
      const second = await commit({ usage: [usageOf(neighbour, 1)], voids: [voidOf(row)] });
      expect(second).toBe(first + 1);
      const { partition, from, to, rows } = await nextOne();
      expect({ partition, from, to }).toEqual({ partition: 0, from: 0, to: second });
      expect(rows.map((one) => `${one.companyId} ${short(one)}`)).toEqual([
        `co_a cust_1 1 @${first}`,
        `co_b cust_1 1 @${first}`,
        `co_a cust_2 1 @${second}`,
        `co_a cust_1 1 @${second} void`,
      ]);
      const { companyId, customerId, seq, subscriptionId, eventType, occurredAt, currency } = row;
      expect(rows[0]).toMatchObject({
        ...{ companyId, customerId, seq, subscriptionId, eventType, occurredAt, currency },
      });
      expect(JSON.parse(rows[0]?.properties ?? "")).toEqual({ n: 1.5 });
      expect(Number(rows[0]?.charge)).toBe(0.1);
    });

    test("keeps a block as it is until it is fed, whoever asks and whatever is committed or voided", async () => {
      const rows = record(3);
      await commit({ usage: rows });
      const block = await nextOne();
      await commit({ usage: record(5), voids: rows.map((row) => voidOf(row)) });
      expect(await nextOne(1)).toEqual(block);
      const [one, other] = await Promise.all([nextOne(1000), nextOne(2)]);
      expect([one, other]).toEqual([block, block]);
      expect(await feed().fed([block], "other tables")).toBe(false);
      expect(await nextOne()).toEqual(block);
      expect(await feed().fed([block], "tables")).toBe(true);
      const following = await nextOne();
      expect(following.from).toBe(block.to);
      expect(following.rows).toHaveLength(8);
      expect(await feed().fed([block], "tables")).toBe(true); // by a second one, late
      expect(await nextOne()).toEqual(following);
      await feed().fed([following], "tables");
      expect(await feed().behind([0])).toEqual([]);
    });

    test("two that ask at once for a block nobody has asked for get the same", async () => {
      for (let i = 0; i < 6; i++) await commit({ usage: record(2) });
      const asked = await Promise.all([1, 3, 5, 7].map((rowsMax) => feed().next([0, 1], rowsMax)));
      for (const blocks of asked) expect(blocks).toEqual(asked[0] ?? []);
    });

    test("ends a block with the commit that fills it, be it by usage or by voids", async () => {
      const rows = record(30);
      await commit({ usage: rows });
      const recorded = await nextOne(10);
      expect(recorded.rows).toHaveLength(30); // a commit is not divided
      await feed().fed([recorded], "tables");
      for (const row of rows) await commit({ voids: [voidOf(row)] });
      for (let i = 0; i < 10; i++) await commit({ usage: record(1) });
      const blocks = await drain(10);
      expect(blocks.map((block) => block.rows.length)).toEqual([11, 11, 11, 7]);
      expect(new Set(blocks.flatMap((block) => block.rows).map(short)).size).toBe(40);
    });

    test("goes on where commits have nothing for it", async () => {
      for (let i = 0; i < 3; i++) await commit({});
      const to = await commit({ usage: record(1) });
      const block = await nextOne(1);
      expect(block.to).toBe(to);
      expect(block.rows).toHaveLength(1);
      await feed().fed([block], "tables");
      await commit({});
      expect(await nextOne()).toMatchObject({ from: to, rows: [] });
    });

    test("begins anew for other tables, and for the same ones only where it was told so", async () => {
      await commit({ usage: record(2) });
      await drain(10);
      await feed().begin("tables");
      expect(await feed().behind([0])).toEqual([]);
      await feed().begin("others");
      expect(await feed().identity()).toBe("others");
      expect((await nextOne()).rows).toHaveLength(2);
      await feed().restart();
      expect(await feed().identity()).toBeNull();
      const block = await nextOne();
      expect(await feed().fed([block], "others")).toBe(false); // what was under way counts no more
      expect(await nextOne()).toEqual(block);
      await feed().begin("others");
      expect((await nextOne()).from).toBe(0);
    });

    test("knows as of when all partitions are there: as of the oldest, in these tables alone", async () => {
      expect(await feed().complete([0], 500, "tables")).toBeNull();
      expect(await feed().complete([1], 400, "tables")).toBe(400);
      expect(await feed().complete([0, 1], 600, "tables")).toBe(600);
      await feed().begin("others");
      // Somebody who has not heard of it yet says what was true of those before.
      expect(await feed().complete([0, 1], 700, "tables")).toBeNull();
      expect(await feed().complete([1], 800, "others")).toBeNull();
      expect(await feed().complete([0], 900, "others")).toBe(800);
      await feed().restart();
      expect(await feed().complete([0, 1], 950, "others")).toBeNull();
    });

    test("shows a company's usage as it is, page by page, voided with the commit that did it", async () => {
      const rows = [1, 2, 3, 4].map((seq) => usageOf(customer, seq, { occurredAt: 100 - seq }));
      const first = await commit({
        usage: [...rows, usageOf(namesake, 1, { occurredAt: 98 }), usageOf(neighbour, 1, { occurredAt: 97 })],
      });
      const second = await commit({ voids: rows.slice(2, 3).map((row) => voidOf(row)) });
      const read = async (limit: number) => {
        const found: string[] = [];
        for (let after: FedUsage | null = null; ; ) {
          const page: FedUsage[] = await feed().usageOf(company, 97, 99, after, limit);
          found.push(...page.map(short));
          after = page.at(-1) ?? null;
          if (page.length < limit || after === null) return found;
        }
      };
      const all = [`cust_1 3 @${second} void`, `cust_1 2 @${first}`, `cust_2 1 @${first}`];
      for (const limit of [1, 2, 3, 10]) expect(await read(limit)).toEqual(all);
    });

    test("lists companies in order", async () => {
      expect(await feed().companies(null, 10)).toEqual(["co_a", "co_b"]);
      expect(await feed().companies(null, 1)).toEqual(["co_a"]);
      expect(await feed().companies("co_a", 10)).toEqual(["co_b"]);
      expect(await feed().companies("co_b", 10)).toEqual([]);
    });

    test("whatever the blocks, their newest states are what the store has", async () => {
      const steps = fc.array(
        fc.oneof(
          fc.record({ record: fc.nat(4), void: fc.nat(3), partition: fc.nat(1) }),
          fc.record({ feed: fc.integer({ min: 1, max: 7 }), crash: fc.boolean() }),
        ),
        { minLength: 4, maxLength: 25 },
      );
      await fc.assert(
        fc.asyncProperty(steps, async (history) => {
          await feed().restart();
          await feed().begin("tables");
          const held = new Map<string, FedUsage>();
          const keep = ({ rows }: FeedBlock) => {
            for (const row of rows) {
              const id = `${row.companyId} ${row.customerId} ${row.seq}`;
              const known = held.get(id);
              if (known === undefined || row.version + (row.voided ? 0.5 : 0) >= known.version)
                held.set(id, row);
            }
          };
          const open: UsageRow[][] = [[], []];
          for (const step of history) {
            if ("feed" in step) {
              const blocks = await feed().next([0, 1], step.feed);
              blocks.forEach(keep);
              if (!step.crash) await feed().fed(blocks, "tables");
              continue;
            }
            const { partition } = step;
            const key = partition === 0 ? customer : neighbour;
            const usage = Array.from({ length: step.record }, () => usageOf(key, ++numbered));
            const standing = open[partition] ?? [];
            const voids = standing.splice(0, step.void).map((row) => voidOf(row));
            standing.push(...usage);
            await commit({ usage, voids }, partition);
          }
          (await drain(5)).forEach(keep);
          const states = (await feed().usageOf(company, ...always, null, 10_000)).map(short);
          expect([...held.values()].map(short).toSorted()).toEqual(states.toSorted());
        }),
        { numRuns: 30 },
      );
    }, 60_000);
  });
}
