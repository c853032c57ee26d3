import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { CatalogStore } from "../../src/ports/catalog_store.ts";
import type { OrphanStore } from "../../src/ports/orphan_store.ts";
import type { CommitBatch, ShardStore } from "../../src/ports/shard_store.ts";
import type { DocumentRow, OrphanRow, RecoveredOrphan } from "../../src/ports/stored_rows.ts";
import { batchOf, company, documentOf, orphanOf, otherCompany } from "./shard_batches.ts";

/** A store under test, empty but for the companies `co_a` and `co_b`, with the stores that fill it. */
export interface OrphanStoreSubject {
  readonly orphans: OrphanStore;
  readonly store: ShardStore;
  readonly catalogs: CatalogStore;
  /** The orphan as it is stored. */
  read(companyId: string, id: string): Promise<OrphanRow | null>;
  close(): Promise<void>;
}

const subscription = (customerId: string, updatedAt: number): DocumentRow =>
  documentOf({ companyId: company, customerId }, `sub_of_${customerId}`, {
    table: "subscriptions",
    updatedAt,
  });

/** What every store of orphan events promises; src/ports/orphan_store.ts. */
export function orphanStoreContract(name: string, open: () => Promise<OrphanStoreSubject>): void {
  describe(name, () => {
    let opened: OrphanStoreSubject | null = null;
    const current = (): OrphanStoreSubject => opened ?? expect.unreachable("the store was not opened");

    beforeEach(async () => {
      opened = await open();
      await opened.store.claimPartitions([0]);
    }, 60_000);
    afterEach(() => opened?.close());

    /** Commits rows on top of what is there. */
    async function keep(rows: Parameters<typeof batchOf>[1]): Promise<void> {
      const { store } = current();
      const cursor = await store.readCursor(0);
      const batch: CommitBatch = batchOf(cursor ?? expect.unreachable("no partition 0"), rows);
      expect((await store.commit(batch)).ok).toBe(true);
    }
    const ripe = async () => (await current().orphans.ripe(company, null, 100)).map(({ id }) => id);

    test("one of nobody is ripe once a customer has its name, as id or as external id", async () => {
      const row = (id: string, customerRef: string) => orphanOf(id, { customerRef });
      await keep({ orphans: [row("orph_1", "cust_1"), row("orph_2", "ada"), row("orph_3", "bob")] });
      expect(await ripe()).toEqual([]);
      const elsewhere = { companyId: otherCompany, customerId: "cust_9" };
      const ada = documentOf({ companyId: company, customerId: "cust_2" }, "cust_2", {
        body: JSON.stringify({ id: "cust_2", external_id: "ada" }),
      });
      const bob = documentOf(elsewhere, "cust_9", {
        body: JSON.stringify({ id: "cust_9", external_id: "bob" }),
      });
      const one = documentOf({ companyId: company, customerId: "cust_1" }, "cust_1");
      await keep({ documents: [one, ada, bob] });
      expect(await ripe()).toEqual(["orph_1", "orph_2"]);
    });

    test("one without a metric is ripe once a metric in use has its type", async () => {
      const { catalogs } = current();
      const row = (id: string, eventType: string) => orphanOf(id, { reason: "no_metric", eventType });
      await keep({ orphans: [row("orph_1", "a"), row("orph_2", "b"), row("orph_3", "c")] });
      const metric = (id: string, event_type: string, kind: "metric" | "product" = "metric") =>
        ({ kind, id, version: 1, key: id, body: { event_type }, created_at: 1, archived: false }) as const;
      await catalogs.create(
        company,
        [metric("met_a", "a"), metric("met_b", "b"), metric("prod_c", "c", "product")],
        null,
      );
      await catalogs.archive(company, "met_b", null);
      expect(await ripe()).toEqual(["orph_1"]);
    });

    test("one that no subscription covers is ripe once one of its customer's changes after it was judged", async () => {
      const reasons = ["no_subscription", "before_start", "after_end"] as const;
      const rows = reasons.map((reason, n) =>
        orphanOf(`orph_${n}`, { reason, customerRef: "cust_1", updatedAt: 2_000 }),
      );
      await keep({ orphans: [...rows, orphanOf("orph_9", { reason: "after_end", customerRef: "cust_2" })] });
      await keep({ documents: [subscription("cust_1", 1_999)] });
      expect(await ripe()).toEqual([]);
      await keep({ documents: [subscription("cust_1", 2_000)] }); // of the same instant: it may have come after
      expect(await ripe()).toEqual(["orph_0", "orph_1", "orph_2"]);
    });

    test("what has come does not help one whose value, age or period is at fault", async () => {
      const reasons = ["value_error", "too_old", "period_closed"] as const;
      const rows = reasons.map((reason, n) => orphanOf(`orph_${n}`, { reason, customerRef: "cust_1" }));
      const customer = documentOf({ companyId: company, customerId: "cust_1" }, "cust_1");
      await keep({ orphans: rows, documents: [customer, subscription("cust_1", 9_000)] });
      expect(await ripe()).toEqual([]);
    });

    test("ripe ones come oldest first, in pages, and only while they are open", async () => {
      const { orphans } = current();
      const row = (id: string, receivedAt: number, changes: Partial<OrphanRow> = {}) =>
        orphanOf(id, { customerRef: "cust_1", receivedAt, ...changes });
      const ended = { state: "recovered", action: "retry" } as const;
      const rows = [row("orph_c", 5), row("orph_a", 7), row("orph_b", 5), row("orph_d", 1, ended)];
      const customer = documentOf({ companyId: company, customerId: "cust_1" }, "cust_1");
      await keep({ orphans: rows, documents: [customer] });
      const first = await orphans.ripe(company, null, 2);
      expect(first.map(({ id }) => id)).toEqual(["orph_b", "orph_c"]);
      const rest = await orphans.ripe(company, first.at(-1) ?? null, 2);
      expect(rest.map(({ id }) => id)).toEqual(["orph_a"]);
      expect(await orphans.ripe(otherCompany, null, 2)).toEqual([]);
    });

    test("one is discarded while it is open, by its own company, once", async () => {
      const { orphans, read } = current();
      await keep({ orphans: [orphanOf("orph_1")] });
      expect(await orphans.companiesWithOpen()).toEqual([company]);
      const ending = { by: "user_1", note: "a test", at: 9_000 };
      expect(await orphans.discard(otherCompany, "orph_1", ending)).toBe(false);
      expect(await orphans.discard(company, "orph_1", ending)).toBe(true);
      const kept = { state: "discarded", action: "discard", by: "user_1", note: "a test", updatedAt: 9_000 };
      expect(await read(company, "orph_1")).toMatchObject(kept);
      expect(await orphans.discard(company, "orph_1", { ...ending, by: "user_2" })).toBe(false);
      expect(await read(company, "orph_1")).toMatchObject(kept);
      expect(await orphans.companiesWithOpen()).toEqual([]);
    });

    test("one that is discarded opens when it is sent again, one that is recovered does not", async () => {
      const { orphans, read } = current();
      await keep({ orphans: [orphanOf("orph_1"), orphanOf("orph_2")] });
      await orphans.discard(company, "orph_1", { by: "user_1", note: "a test", at: 9_000 });
      const end: RecoveredOrphan = {
        companyId: company,
        id: "orph_2",
        action: "assign",
        by: "user_1",
        at: 9_000,
      };
      await keep({ recoveredOrphans: [end] });
      await keep({ orphans: ["orph_1", "orph_2"].map((id) => orphanOf(id, { updatedAt: 10_000 })) });
      const open = { state: "open", action: null, by: null, note: null, updatedAt: 10_000 };
      expect(await read(company, "orph_1")).toMatchObject(open);
      const recovered = { state: "recovered", action: "assign", by: "user_1", updatedAt: 9_000 };
      expect(await read(company, "orph_2")).toMatchObject(recovered);
    });

    test("one whose event counts is recovered, also where it was discarded meanwhile", async () => {
      const { orphans, read } = current();
      await keep({ orphans: [orphanOf("orph_1")] });
      await orphans.discard(company, "orph_1", { by: "user_1", note: "a test", at: 9_000 });
      await keep({
        recoveredOrphans: [{ companyId: company, id: "orph_1", action: "retry", by: null, at: 9_001 }],
      });
      expect(await read(company, "orph_1")).toMatchObject({ state: "recovered", by: null, note: null });
    });
  });
}
