import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { postgresDocuments } from "../../src/adapters/postgres/documents.ts";
import { postgresShardStore } from "../../src/adapters/postgres/shard_store.ts";
import { usageHistory } from "../../src/adapters/postgres/usage_history.ts";
import type { CommitBatch } from "../../src/ports/shard_store.ts";
import type { PartitionCursor } from "../../src/ports/stored_rows.ts";
import {
  batchOf,
  company,
  customer,
  identityOf,
  namesake,
  otherCompany,
  usageOf,
  voidOf,
} from "../contracts/shard_batches.ts";
import { openTestPostgres, type TestPostgres } from "../postgres.ts";

let postgres: TestPostgres;
let cursor: PartitionCursor;

beforeAll(async () => {
  postgres = await openTestPostgres();
  const [first] = await postgresShardStore(postgres.shard).claimPartitions([0]);
  cursor = first ?? expect.unreachable("not claimed");
}, 60_000);
afterAll(() => postgres.close());

async function commit(rows: Partial<Omit<CommitBatch, "cursor">>): Promise<void> {
  const outcome = await postgresShardStore(postgres.shard).commit(batchOf(cursor, rows));
  cursor = outcome.ok ? outcome.cursor : expect.unreachable(JSON.stringify(outcome));
}

test("usage is read again up to a number of events, and one more is a conflict", async () => {
  const key = { ...customer, customerId: "cust_history" };
  const usage = [1, 2, 3, 4].map((seq) => usageOf(key, seq, { occurredAt: 1_000 + seq }));
  const other = usageOf(key, 5, { occurredAt: 1_001, subscriptionId: "sub_2" });
  await commit({ usage: [...usage, other], voids: usage.slice(0, 1).map((row) => voidOf(row)) });
  const read = (eventsMax?: number) =>
    usageHistory(postgres.shard, key, "sub_1", { from: 1_000, to: 1_005 }, eventsMax);
  expect(await read(3)).toEqual(usage.slice(1));
  expect(await read()).toEqual(usage.slice(1));
  await expect(read(2)).rejects.toMatchObject({ code: "RES_002" });
  await expect(read(0)).rejects.toMatchObject({ code: "RES_002" });
});

describe("what a request reads of an event", () => {
  test("is its verdict, what it was, and since when it counts no more", async () => {
    const usage = usageOf(customer, 1, { charge: "-1.50", properties: `{"q": 0.10}` });
    const applied = identityOf(customer, 1);
    await commit({ usage: [usage, usageOf(namesake, 1)], newIdentities: [applied] });
    const documents = postgresDocuments(postgres.requests);
    const read = () => documents.usageEvent(company, customer.customerId, applied.digest);
    const { companyId: _, seq: __, recordedAt: ___, ...shown } = usage;
    expect(await read()).toEqual({ verdict: "applied", event: { ...shown, voidedAt: null } });
    const voided = { ...applied, verdict: "voided" as const };
    await commit({ changedIdentities: [voided], voids: [voidOf(usage, 1_767_225_600_000)] });
    const event = { ...shown, voidedAt: 1_767_225_600_000 };
    expect(await read()).toEqual({ verdict: "voided", event });
    expect(await documents.usageEvent(otherCompany, customer.customerId, applied.digest)).toBeNull();
  });

  test("is its verdict alone where it never counted", async () => {
    const refused = identityOf(customer, 2, { verdict: "refused", seq: 0 });
    await commit({ newIdentities: [refused] });
    const documents = postgresDocuments(postgres.requests);
    const found = await documents.usageEvent(company, customer.customerId, refused.digest);
    expect(found).toEqual({ verdict: "refused", event: null });
  });
});
