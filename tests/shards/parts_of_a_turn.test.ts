import { expect, test } from "bun:test";
import { Companies } from "../../shards/companies.ts";
import { CustomerRefs } from "../../shards/customer_refs.ts";
import { Ingestion } from "../../shards/ingest.ts";
import { Intake } from "../../shards/intake.ts";
import { Ledgers } from "../../shards/ledgers.ts";
import { Shard } from "../../shards/shard.ts";
import { TestClocks } from "../../shards/test_clocks.ts";
import { openMemoryEventLog } from "../../src/adapters/memory/event_log.ts";
import { BillingError } from "../../src/errors.ts";
import { newId } from "../../src/ids.ts";
import { limits } from "../../src/limits.ts";
import { identityDigest } from "../../src/metering/usage_event.ts";
import { everyPartition } from "../../src/partitioning.ts";
import type { CatalogStore } from "../../src/ports/catalog_store.ts";
import type { ClockStore } from "../../src/ports/clock_store.ts";
import type { CompanyStore } from "../../src/ports/company_store.ts";
import type { ShardStore } from "../../src/ports/shard_store.ts";
import type { WakeRow } from "../../src/ports/stored_rows.ts";
import { Books } from "../simulation/books.ts";
import { memoryDocuments } from "../simulation/documents.ts";
import { memoryCatalogs, memoryCompanies } from "../simulation/scene.ts";
import { memoryShardStore } from "../simulation/shard_store.ts";
import { Tables } from "../simulation/stored.ts";

const companyId = "co_north";
const customerId = newId("cust", 0, new Uint8Array(10));
const key = { companyId, customerId };
const DAY_MS = 86_400_000;
let present = Date.UTC(2026, 1, 10);

/** A shard on a store in memory, with a customer; `around` may stand between the two. */
async function openShard(around: (store: ShardStore) => Partial<ShardStore>) {
  const tables = new Tables();
  const books = new Books(false);
  const plain = memoryShardStore(tables, (batch, seq) => books.post(batch, seq));
  const store = { ...plain, ...around(plain) };
  const log = openMemoryEventLog(limits.partitions);
  const clock = { now: () => present };
  const settings = { invoice_grace_seconds: 0 };
  const companies = new Companies(
    memoryCatalogs() as CatalogStore,
    memoryCompanies({ settings }) as CompanyStore,
  );
  const refs = new CustomerRefs(memoryDocuments(tables));
  const testClocks = new TestClocks({ all: async () => [] } as unknown as ClockStore);
  const shard = new Shard({
    ...{ store, log, clock, companies, refs, testClocks },
    ledgers: new Ledgers(books.directory, () => {}),
    append: async () => {},
    onFenced: () => {},
    warn: () => {},
  });
  await shard.start();
  await shard.own(everyPartition);
  await shard.send(key, { type: "create_customer", customerId, input: { name: "Ada" } });
  const ingestion = new Ingestion(new Intake(log, shard, null), refs, clock, testClocks);
  const use = (events: readonly { id: string; at?: number; user?: string }[], wait = true) => {
    const incoming = events.map(({ id: event_id, at, user = "u" }) => {
      const when = at === undefined ? {} : { timestamp: new Date(at).toISOString() };
      const properties = { user };
      return { event: { event_id, event_type: "call", customer_id: customerId, ...when, properties } };
    });
    return ingestion.ingest(companyId, incoming, wait);
  };
  return { shard, tables, use };
}

function subscribe(shard: Shard, start: number | null = null): Promise<unknown> {
  const terms = { id: "sub_1", externalId: null, planId: "small", metadata: {} };
  return shard.send(key, { type: "start_subscription", ...terms, start, anchor: "anniversary" });
}

test("the verdicts on a record of which a part was committed unheard are each its own event's", async () => {
  let isFirst = true;
  const { shard, use } = await openShard((store) => ({
    commit: async (batch) => {
      const outcome = await store.commit(batch);
      if (batch.usage.length === 0 || !isFirst) return outcome;
      isFirst = false;
      throw new BillingError("DEP_001", "the answer is lost");
    },
  }));
  await subscribe(shard);
  // One more than a batch takes, and that one is sent twice.
  const ids = Array.from({ length: limits.batchEventsMax }, (_, n) => ({ id: `e${n}` }));
  const results = await use([...ids, { id: "e0" }]);
  const told = [results[0], results[1], results.at(-1)].map((result) => result?.status);
  expect(told).toEqual(["accepted", "accepted", "duplicate"]);
  await shard.stop();
});

test("late usage taken back in the same turn is not billed", async () => {
  const gate = { open: Promise.resolve(), entered: () => {} };
  const { shard, tables, use } = await openShard((store) => ({
    commit: async (batch) => {
      gate.entered();
      await gate.open;
      return store.commit(batch);
    },
  }));
  await subscribe(shard, present - 40 * DAY_MS);
  const kept = tables.customer(key);
  expect(kept.settled.size).toBe(1);
  // While a commit is under way both come to wait, and then are decided in one turn.
  const { promise: open, resolve: release } = Promise.withResolvers<void>();
  const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
  Object.assign(gate, { open, entered: enter });
  const busy = shard.send(key, { type: "update_customer", patch: { name: "Eve" } });
  await entered;
  await use([{ id: "late", at: present - 39 * DAY_MS }], false);
  const digest = identityDigest(companyId, customerId, "", "late");
  const voided = shard.send(key, { type: "void_usage", eventId: "late", source: "", digest });
  await new Promise((resolve) => setImmediate(resolve));
  release();
  await Promise.all([busy, voided]);
  const adjusted = kept.entries.flatMap((entry) =>
    entry.kind === "fact" && entry.fact.type === "usage_adjusted"
      ? [(JSON.parse(entry.fact.body) as { lines: { item: { amount: string } }[] }).lines]
      : [],
  );
  expect(adjusted.map((lines) => lines.map(({ item }) => item.amount))).toEqual([["1.00"], ["-1.00"]]);
  await shard.stop();
});

test("an event that counts at last counts once, also where its batch is cut in two", async () => {
  const { shard, tables, use } = await openShard(() => ({}));
  expect((await use([{ id: "early" }]))[0]?.status).toBe("orphaned");
  present += 1000;
  await subscribe(shard, present - DAY_MS);
  const poison = { id: "poison", user: "\0" };
  const results = await use([{ id: "early" }, poison, { id: "other" }, { id: "early" }]);
  expect(results.map(({ status }) => status)).toEqual(["applied", "rejected", "applied", "duplicate"]);
  expect([...tables.customer(key).usage.values()].map(({ eventId }) => eventId)).toEqual(["early", "other"]);
  await shard.stop();
});

test("a wake is written where it changes, and anew where a commit failed or the customer was passive", async () => {
  const written: (readonly WakeRow[])[] = [];
  let fails = false;
  const { shard, tables, use } = await openShard((store) => ({
    commit: (batch) => {
      written.push(batch.wakes);
      if (!fails) return store.commit(batch);
      fails = false;
      throw new BillingError("DEP_001", "the store is away");
    },
  }));
  await subscribe(shard);
  const wakes = async (id: string): Promise<(number | null)[]> => {
    written.length = 0;
    await use([{ id }]);
    return written.flat().map(({ nextWake }) => nextWake);
  };
  const due = tables.wakes.get(`${companyId}|${customerId}`)?.at ?? 0;
  expect(due).toBeGreaterThan(present);
  expect(await wakes("e1")).toEqual([]);
  fails = true;
  expect(await wakes("e2")).toEqual([due]); // not that of the commit that failed: the batch is decided again
  expect(await wakes("e3")).toEqual([]);
  await shard.own([]);
  await shard.own(everyPartition);
  expect(await wakes("e4")).toEqual([due]);
  written.length = 0;
  await shard.send(key, { type: "cancel_subscription", ref: "sub_1", at: present + DAY_MS });
  expect(written.flat().map(({ nextWake }) => nextWake)).toEqual([present + DAY_MS]);
  await shard.stop();
});
