import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ActorKey, SettledRow } from "../../src/ports/stored_rows.ts";
import { batchOf, customer, namesake, neighbour, settledOf, usageOf, voidOf } from "./shard_batches.ts";
import { type Opened, partitions } from "./shard_store.ts";

/** That late usage finds the invoices its period and those after it were settled by, as they were rated last. */
export function settled(current: () => Opened): void {
  const january = { start: 1_000, end: 2_000 };
  const february = { start: 2_000, end: 3_000 };

  function placeOf(at: number, key: ActorKey = customer, subscriptionId = "sub_1") {
    return { companyId: key.companyId, customerId: key.customerId, subscriptionId, at };
  }

  describe("a settled invoice", () => {
    test("is found to the last instant of its periods, the end not among them", async () => {
      const { store, cursor, commit } = current();
      const invoices = [settledOf(customer, "inv_2", february), settledOf(customer, "inv_1", january)];
      await commit(batchOf(cursor(), { settled: invoices }));
      const at = async (instant: number) =>
        (await store.loadSettled([placeOf(instant)])).map((row) => row.invoiceId);
      expect(await at(999)).toEqual(["inv_1", "inv_2"]);
      expect(await at(1_000)).toEqual(["inv_1", "inv_2"]);
      expect(await at(1_999)).toEqual(["inv_1", "inv_2"]);
      expect(await at(2_000)).toEqual(["inv_2"]);
      expect(await at(2_999)).toEqual(["inv_2"]);
      expect(await at(3_000)).toEqual([]);
    });

    test("is found once, earliest first, by its company, customer and subscription", async () => {
      const { store, cursor, commit } = current();
      const invoices = [
        settledOf(customer, "inv_2", february),
        settledOf(customer, "inv_1", january),
        settledOf(customer, "inv_3", { start: 1_500, end: 2_500 }),
        settledOf(customer, "inv_4", january, { subscriptionId: "sub_2" }),
        settledOf(neighbour, "inv_5", january),
        settledOf(namesake, "inv_1", january),
      ];
      await commit(batchOf(cursor(), { settled: invoices }));
      const found = async (...places: ReturnType<typeof placeOf>[]) =>
        (await store.loadSettled(places)).map((row) => `${row.companyId} ${row.customerId} ${row.invoiceId}`);
      const [first, second, third] = ["co_a cust_1 inv_1", "co_a cust_1 inv_2", "co_a cust_1 inv_3"];
      expect(await found(placeOf(1_600), placeOf(2_400), placeOf(1_700))).toEqual([first, third, second]);
      expect(await found(placeOf(1_000, customer, "sub_2"))).toEqual(["co_a cust_1 inv_4"]);
      expect(await found(placeOf(1_000, neighbour))).toEqual(["co_a cust_2 inv_5"]);
      expect(await found(placeOf(1_000, namesake), placeOf(1_000))).toEqual([
        first,
        "co_b cust_1 inv_1",
        third,
        second,
      ]);
      expect(await found(placeOf(1_000, neighbour, "sub_2"))).toEqual([]);
      expect(await found()).toEqual([]);
    });

    test("comes back as it was written, letter for letter", async () => {
      const { store, cursor, commit } = current();
      const body = `{ "z": 1.50, "a": 12345678901234567890.1234567890,\n "ö": "\\u0000 \\\\ \\"", "z": [ ] }`;
      const row = settledOf(customer, "inv_1", january, { body });
      await commit(batchOf(cursor(), { settled: [row] }));
      expect(await store.loadSettled([placeOf(1_000)])).toEqual([row]);
    });

    test("is replaced by a later one of its customer and invoice, and by no other", async () => {
      const { store, cursor, commit, contents } = current();
      const [before, other, foreign] = [customer, neighbour, namesake].map((key) =>
        settledOf(key, "inv_1", january, { body: "as it was" }),
      );
      const all = [before, other, foreign].filter((row) => row !== undefined);
      const moved = await commit(batchOf(cursor(), { settled: all }));
      const after = settledOf(customer, "inv_1", february, { subscriptionId: "sub_2", body: "as it is" });
      await commit(batchOf(moved, { settled: [after] }));
      const everywhere = [customer, neighbour, namesake].flatMap((key) => [
        placeOf(1_000, key),
        placeOf(2_000, key, "sub_2"),
      ]);
      const found = await store.loadSettled(everywhere);
      expect(found).toEqual([other, foreign, after].filter((row) => row !== undefined).toSorted(byPlace));
      expect(JSON.stringify(await contents()).split("as it was")).toHaveLength(2 + 1);
    });

    test("leaves no trace, nor does a void, where the commit is refused", async () => {
      const { store, cursor, commit, contents } = current();
      const usage = usageOf(customer, 1);
      const invoice = settledOf(customer, "inv_1", january);
      const moved = await commit(batchOf(cursor(), { usage: [usage], settled: [invoice] }));
      const before = await contents();
      const rows = { settled: [{ ...invoice, body: "changed" }], voids: [voidOf(usage)] };
      expect(await store.commit(batchOf(cursor(), rows))).toEqual({ ok: false, reason: "fenced" });
      const unstorable = { ...invoice, invoiceId: "inv_2", body: "NUL \0" };
      const poisoned = batchOf(moved, { ...rows, settled: [...rows.settled, unstorable] });
      expect(await store.commit(poisoned)).toMatchObject({ ok: false, reason: "data" });
      expect(await contents()).toEqual(before);
    });

    test("of any periods is found by any instants before their end", async () => {
      const { store, commit } = current();
      let runs = 0;
      const period = fc.tuple(fc.nat({ max: 8 }), fc.integer({ min: 1, max: 4 }));
      const invoice = fc.record({ period, subscription: fc.nat({ max: 1 }), customer: fc.nat({ max: 2 }) });
      const place = fc.record({ at: fc.nat({ max: 12 }), subscription: fc.nat({ max: 1 }) });
      const invoices = fc.array(invoice, { minLength: 1, maxLength: 12 });
      const law = fc.asyncProperty(invoices, fc.array(place, { maxLength: 6 }), async (drawn, asked) => {
        runs += 1;
        const keys = [customer, neighbour, namesake].map((key) => ({
          ...key,
          customerId: `${key.customerId}_${runs}`,
        }));
        const stored = drawn.map(({ period: [start, length], subscription, customer: who }, n) => {
          const key = keys[who] ?? expect.unreachable("no such customer");
          const changes = { subscriptionId: `sub_${subscription}` };
          return settledOf(key, `inv_${n}`, { start, end: start + length }, changes);
        });
        await commit(batchOf(await store.readCursor(runs % partitions), { settled: stored }));
        for (const key of keys) {
          const places = asked.map(({ at, subscription }) => placeOf(at, key, `sub_${subscription}`));
          const expected = stored.filter((row) => places.some((one) => holds(row, one)));
          expect(await store.loadSettled(places)).toEqual(expected.toSorted(byPlace));
        }
      });
      await fc.assert(law, { numRuns: 40 });
    });
  });
}

function holds(row: SettledRow, place: ActorKey & { subscriptionId: string; at: number }): boolean {
  const isTheirs = row.companyId === place.companyId && row.customerId === place.customerId;
  return isTheirs && row.subscriptionId === place.subscriptionId && place.at < row.end;
}

/** Earliest first; where two begin together, by company, customer and invoice. */
function byPlace(a: SettledRow, b: SettledRow): number {
  const [left, right] = [a, b].map((row) => `${row.companyId} ${row.customerId} ${row.invoiceId}`);
  return a.start - b.start || ((left ?? "") < (right ?? "") ? -1 : 1);
}
