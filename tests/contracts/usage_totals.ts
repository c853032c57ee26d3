import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { limits } from "../../src/limits.ts";
import { add, decimal, formatDecimal, fromBigInt, ZERO } from "../../src/money/decimal.ts";
import type { CommitBatch, ShardStore } from "../../src/ports/shard_store.ts";
import type { PartitionCursor, UsageRow } from "../../src/ports/stored_rows.ts";
import type { UsageHour, UsageTotals } from "../../src/ports/usage_totals.ts";
import {
  batchOf,
  company,
  customer,
  namesake,
  neighbour,
  otherCompany,
  usageOf,
  voidOf,
} from "./shard_batches.ts";

/** Totals under test and the store that feeds them, with the companies `co_a` and `co_b` and no usage. */
export interface UsageTotalsSubject {
  readonly store: ShardStore;
  readonly totals: UsageTotals;
  close(): Promise<void>;
}

const hourMs = 3_600_000;
const noon = Date.UTC(2026, 10, 23, 12);
const always = [-1e15, 1e15] as const;

/** What all totals of usage promise; src/ports/usage_totals.ts. */
export function usageTotalsContract(name: string, open: () => Promise<UsageTotalsSubject>): void {
  describe(name, () => {
    let subject: UsageTotalsSubject | null = null;
    let cursors: PartitionCursor[] = [];

    beforeEach(async () => {
      subject = await open();
      cursors = await subject.store.claimPartitions([0, 1]);
    }, 60_000);
    afterEach(() => subject?.close());

    const totals = () => (subject ?? expect.unreachable("not opened")).totals;
    async function commit(rows: Partial<Omit<CommitBatch, "cursor">>, partition = 0): Promise<void> {
      const at = cursors[partition] ?? expect.unreachable("not claimed");
      const outcome = await subject?.store.commit(batchOf(at, rows));
      cursors[partition] =
        outcome?.ok === true ? outcome.cursor : expect.unreachable(JSON.stringify(outcome));
    }

    test("are empty where nothing was used", async () => {
      await totals().refresh(noon);
      expect(await totals().usageByHour(company, null, ...always)).toEqual([]);
    });

    test("are counts and sums by the hour of the event, its type and currency", async () => {
      const at = (seq: number, occurredAt: number, charge: string, more: Partial<UsageRow> = {}) =>
        usageOf(customer, seq, { occurredAt, charge, ...more });
      await commit({
        usage: [
          at(1, noon, "0.10"),
          at(2, noon + hourMs - 1, "0.0025"),
          at(3, noon + hourMs, "1"),
          at(4, noon, "7", { eventType: "tokens" }),
          at(5, noon, "3", { currency: "EUR" }),
          usageOf(neighbour, 1, { occurredAt: noon, charge: "-0.1" }),
          usageOf(namesake, 1, { occurredAt: noon, charge: "99" }),
        ],
      });
      await totals().refresh(noon);
      const shown: UsageHour[] = [
        { hour: noon, eventType: "api_call", currency: "EUR", events: 1, charge: "3" },
        { hour: noon, eventType: "api_call", currency: "USD", events: 3, charge: "0.0025" },
        { hour: noon, eventType: "tokens", currency: "USD", events: 1, charge: "7" },
        { hour: noon + hourMs, eventType: "api_call", currency: "USD", events: 1, charge: "1" },
      ];
      expect(await totals().usageByHour(company, null, ...always)).toEqual(shown);
      expect(await totals().usageByHour(company, null, noon, noon + hourMs)).toEqual(shown.slice(0, 3));
      expect(await totals().usageByHour(company, null, noon + 1, noon + hourMs)).toEqual([]);
      const ours = await totals().usageByHour(company, customer.customerId, noon, noon + 1);
      expect(ours[1]).toEqual({ ...(shown[1] as UsageHour), events: 2, charge: "0.1025" });
      const theirs = await totals().usageByHour(otherCompany, customer.customerId, ...always);
      expect(theirs).toEqual([
        { hour: noon, eventType: "api_call", currency: "USD", events: 1, charge: "99" },
      ]);
    });

    test("keep every digit", async () => {
      const usage = [1, 2, 3].map((seq) =>
        usageOf(customer, seq, { occurredAt: noon, charge: "1234567890123456789.000000000001" }),
      );
      await commit({ usage });
      await totals().refresh(noon);
      const [row] = await totals().usageByHour(company, null, ...always);
      expect(row?.charge).toBe("3703703670370370367.000000000003");
    });

    test("count hours before 1970 down, not towards it", async () => {
      await commit({ usage: [usageOf(customer, 1, { occurredAt: -1 })] });
      await totals().refresh(noon);
      const [row] = await totals().usageByHour(company, null, ...always);
      expect(row).toMatchObject({ hour: -hourMs, events: 1 });
    });

    test("refuse to be read too many at once", async () => {
      const usage = Array.from({ length: limits.usageHoursMax + 1 }, (_, n) =>
        usageOf(customer, n + 1, { occurredAt: noon + n * hourMs }),
      );
      await commit({ usage });
      await totals().refresh(noon);
      const until = noon + limits.usageHoursMax * hourMs;
      expect(await totals().usageByHour(company, null, noon, until)).toHaveLength(limits.usageHoursMax);
      await expect(totals().usageByHour(company, null, noon, until + 1)).rejects.toMatchObject({
        code: "RES_002",
      });
    });

    test("are what adding up all usage that is not voided gives, refreshed whenever, by several at once", async () => {
      const event = fc.record({
        customer: fc.constantFrom(customer, neighbour, namesake),
        hour: fc.integer({ min: -4, max: 4 }),
        eventType: fc.constantFrom("api_call", "tokens"),
        charge: fc.tuple(fc.bigInt(-(10n ** 18n), 10n ** 18n), fc.nat({ max: 12 })),
        /** After how many further commits it is voided, 0 with the commit that records it; or never. */
        voidedAfter: fc.option(fc.nat({ max: 3 })),
      });
      const rounds = fc.array(
        fc.record({
          events: fc.array(event, { maxLength: 6 }),
          partition: fc.nat({ max: 1 }),
          refresh: fc.nat({ max: 2 }),
        }),
        { minLength: 1, maxLength: 6 },
      );
      let seq = 0;
      const rows: { row: UsageRow; partition: number; voidedIn: number }[] = [];
      await fc.assert(
        fc.asyncProperty(rounds, async (drawn) => {
          const first = rows.length;
          for (const [n, { events, refresh }] of drawn.entries()) {
            for (const partition of [0, 1]) {
              // A customer belongs to one partition.
              const here = events.filter((e) => (e.customer === namesake ? 1 : 0) === partition);
              const usage = here.map(({ customer: key, hour, eventType, charge: [c, s], voidedAfter }) => {
                const occurredAt = noon + hour * hourMs + (seq % 60) * 60_000;
                const charge = formatDecimal(fromBigInt(c, s));
                const row = usageOf(key, ++seq, { occurredAt, eventType, charge });
                rows.push({
                  row,
                  partition,
                  voidedIn: voidedAfter === null ? Number.POSITIVE_INFINITY : n + voidedAfter,
                });
                return row;
              });
              const taken = rows
                .slice(first)
                .filter((r) => r.partition === partition && r.voidedIn === n)
                .map((r) => voidOf(r.row));
              await commit({ usage, voids: taken }, partition);
            }
            await Promise.all(Array.from({ length: refresh }, () => totals().refresh(noon)));
          }
          for (const r of rows.slice(first))
            if (r.voidedIn >= drawn.length) r.voidedIn = Number.POSITIVE_INFINITY;
          await totals().refresh(noon);
          const left = rows.filter((r) => r.voidedIn === Number.POSITIVE_INFINITY).map((r) => r.row);
          for (const companyId of [company, otherCompany]) {
            const expected = addedUp(left.filter((row) => row.companyId === companyId));
            expect(await totals().usageByHour(companyId, null, ...always)).toEqual(expected);
          }
        }),
        { numRuns: 12, endOnFailure: true }, // a run goes on from the one before
      );
    });
  });
}

/** The plain way. */
function addedUp(rows: readonly UsageRow[]): UsageHour[] {
  const hourOf = (row: UsageRow) => Math.floor(row.occurredAt / hourMs) * hourMs;
  const groups = Map.groupBy(rows, (row) => `${hourOf(row)} ${row.eventType} ${row.currency}`);
  return [...groups.values()]
    .map((group) => {
      const [row = expect.unreachable("an empty group")] = group;
      const sum = group.reduce((total, { charge }) => add(total, decimal(charge)), ZERO);
      const { eventType, currency } = row;
      return { hour: hourOf(row), eventType, currency, events: group.length, charge: formatDecimal(sum) };
    })
    .sort((a, b) => a.hour - b.hour || (a.eventType < b.eventType ? -1 : 1));
}
