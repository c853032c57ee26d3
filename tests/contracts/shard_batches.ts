import type { CommitBatch, NumberedRows } from "../../src/ports/shard_store.ts";
import type {
  ActorKey,
  DocumentRow,
  FactRow,
  IdentityRow,
  OrphanRow,
  PartitionCursor,
  Redemption,
  SettledRow,
  StoredAnswer,
  UsageRow,
  VoidedRow,
} from "../../src/ports/stored_rows.ts";

export const company = "co_a";
export const otherCompany = "co_b";
export const customer: ActorKey = { companyId: company, customerId: "cust_1" };
export const neighbour: ActorKey = { companyId: company, customerId: "cust_2" };
/** A customer of the same name, of another company. */
export const namesake: ActorKey = { companyId: otherCompany, customerId: "cust_1" };

/** A batch with nothing in it but what is given; it moves the partition on by one record. */
export function batchOf(
  cursor: PartitionCursor,
  rows: Partial<Omit<CommitBatch, "cursor">> & Partial<NumberedRows> = {},
): CommitBatch {
  const { facts = [], documents = [], answers = [], ...others } = rows;
  return {
    cursor,
    nextOffset: cursor.nextOffset + 1,
    nextIndex: 0,
    usage: [],
    newIdentities: [],
    changedIdentities: [],
    orphans: [],
    recoveredOrphans: [],
    claims: [],
    releasedClaims: [],
    redemptions: [],
    settled: [],
    voids: [],
    snapshots: [],
    wakes: [],
    deadLetters: [],
    ledger: { chains: [], accounts: [], unopened: [] },
    numbering: new Map(),
    finish: () => ({ facts, documents, answers }),
    ...others,
  };
}

export function usageOf(key: ActorKey, seq: number, changes: Partial<UsageRow> = {}): UsageRow {
  return {
    ...key,
    seq,
    eventId: `event ${seq}`,
    source: "",
    eventType: "api_call",
    subscriptionId: "sub_1",
    occurredAt: 1_000 + seq,
    receivedAt: 2_000 + seq,
    recordedAt: 3_000 + seq,
    properties: "{}",
    charge: "0.1",
    currency: "USD",
    whileSuspended: false,
    ...changes,
  };
}

export function factOf(key: ActorKey, seq: number, changes: Partial<FactRow> = {}): FactRow {
  return { ...key, seq, type: "customer_changed", at: 3_000 + seq, body: "{}", ...changes };
}

/** @param n tells identities apart: it becomes the digest */
export function identityOf(key: ActorKey, n: number, changes: Partial<IdentityRow> = {}): IdentityRow {
  const digest = n.toString(16).padStart(32, "0");
  return { ...key, digest, fingerprint: "f".repeat(32), verdict: "applied", seq: n, ...changes };
}

export function documentOf(key: ActorKey, id: string, changes: Partial<DocumentRow> = {}): DocumentRow {
  return {
    table: "customers",
    companyId: key.companyId,
    id,
    customerId: key.customerId,
    status: "active",
    createdAt: 1_000,
    updatedAt: 1_000,
    body: JSON.stringify({ id }),
    ...changes,
  };
}

export function orphanOf(id: string, changes: Partial<OrphanRow> = {}): OrphanRow {
  return {
    companyId: company,
    id,
    customerRef: "nobody we know",
    reason: "no_customer",
    state: "open",
    receivedAt: 2_000,
    updatedAt: 2_000,
    eventType: "api_call",
    event: "{}",
    action: null,
    by: null,
    note: null,
    ...changes,
  };
}

export function answerOf(key: string): StoredAnswer {
  const request = { method: "POST", path: "/api/v1/x", requestHash: "h" };
  return { companyId: company, key, ...request, status: 201, body: "{}", createdAt: 1_000 };
}

export function redemptionOf(subscriptionId: string, changes: Partial<Redemption> = {}): Redemption {
  return { ...customer, couponId: "coup_1", subscriptionId, max: null, at: 1_000, ...changes };
}

export function settledOf(
  key: ActorKey,
  invoiceId: string,
  period: Pick<SettledRow, "start" | "end">,
  changes: Partial<SettledRow> = {},
): SettledRow {
  return {
    ...key,
    invoiceId,
    subscriptionId: "sub_1",
    ...period,
    body: `{"of": "${invoiceId}"}`,
    ...changes,
  };
}

/** A row's void. @param at when it was taken back */
export function voidOf(row: UsageRow, at = 9_000): VoidedRow {
  const { companyId, customerId, seq, occurredAt } = row;
  return { companyId, customerId, seq, occurredAt, at };
}
