import type { RefusedChain } from "../../src/ports/ledger_outbox.ts";
import type {
  CommitBatch,
  CommitOutcome,
  ExhaustedCoupon,
  NumberedRows,
} from "../../src/ports/shard_store.ts";
import type { Claim, PartitionCursor, Redemption } from "../../src/ports/stored_rows.ts";
import {
  answerName,
  claimName,
  customerName,
  documentName,
  identityName,
  type StoredPartition,
  type Tables,
} from "./stored.ts";
import { faultOf, keysTaken, numberedFaultOf, numberOf } from "./unstorable.ts";

/** What a commit posts; answers what the ledger refused. */
export type PostsCommits = (batch: CommitBatch, commitSeq: number) => readonly RefusedChain[];

/** One batch as one transaction: everything is looked at before anything is written. */
export function commitBatch(tables: Tables, batch: CommitBatch, post: PostsCommits): CommitOutcome {
  const { cursor } = batch;
  const partition = tables.partitions.get(cursor.partition);
  if (partition === undefined || !isAt(partition, cursor)) return { ok: false, reason: "fenced" };
  const refusal = refusalOf(tables, batch);
  if (refusal !== null) return refusal;
  const first = new Map([...batch.numbering.keys()].map((id) => [id, tables.nextInvoice.get(id) ?? 1]));
  const rows = batch.finish(first);
  const fault = numberedFaultOf(rows, tables);
  if (fault !== null) return { ok: false, reason: "data", detail: fault };
  const keys = keysTaken(rows, tables);
  if (keys.length > 0) return { ok: false, reason: "answer_exists", keys };
  write(tables, batch, rows);
  const { nextOffset, nextIndex } = batch;
  Object.assign(partition, { commitSeq: cursor.commitSeq + 1, nextOffset, nextIndex });
  const next = { ...cursor, commitSeq: partition.commitSeq, nextOffset, nextIndex };
  return { ok: true, cursor: next, refused: post(batch, next.commitSeq) };
}

function isAt(partition: StoredPartition, { epoch, commitSeq }: PartitionCursor): boolean {
  return partition.epoch === epoch && partition.commitSeq === commitSeq;
}

/** In this order: a batch that should not have been tried says nothing by what else is wrong with it. */
function refusalOf(tables: Tables, batch: CommitBatch): CommitOutcome | null {
  const identities = batch.newIdentities.flatMap((row) => tables.identities.get(identityName(row)) ?? []);
  if (identities.length > 0) return { ok: false, reason: "known_identities", identities };
  const claims = takenClaims(tables, batch);
  if (claims.length > 0) return { ok: false, reason: "claims_taken", claims };
  const coupons = exhausted(tables, batch.redemptions);
  if (coupons.length > 0) return { ok: false, reason: "coupons_exhausted", coupons };
  const detail = faultOf(batch, tables);
  return detail === null ? null : { ok: false, reason: "data", detail };
}

function takenClaims(tables: Tables, { claims, releasedClaims }: CommitBatch): Claim[] {
  const holders = new Map<string, string | undefined>();
  const holderOf = (claim: Claim): string | undefined => {
    const name = claimName(claim);
    return holders.has(name) ? holders.get(name) : tables.claims.get(name)?.id;
  };
  for (const claim of releasedClaims)
    if (holderOf(claim) === claim.id) holders.set(claimName(claim), undefined);
  return claims.filter((claim) => {
    const holder = holderOf(claim) ?? claim.id;
    holders.set(claimName(claim), holder);
    return holder !== claim.id;
  });
}

/** Coupons of which more is wanted than is left, by the lowest limit among the new redemptions. */
function exhausted(tables: Tables, redemptions: readonly Redemption[]): ExhaustedCoupon[] {
  if (redemptions.length === 0) return [];
  const fresh = new Map<string, Map<string, Redemption>>();
  for (const redemption of redemptions) {
    const coupon = couponName(redemption);
    if (tables.redemptions.get(coupon)?.has(redemption.subscriptionId) === true) continue;
    const known = fresh.get(coupon) ?? new Map<string, Redemption>();
    fresh.set(coupon, known.set(redemption.subscriptionId, redemption));
  }
  return [...fresh].sort().flatMap(([coupon, wanted]) => {
    const max = Math.min(...[...wanted.values()].map((r) => r.max ?? Number.POSITIVE_INFINITY));
    const before = tables.redemptions.get(coupon)?.size ?? 0;
    if (before + wanted.size <= max) return [];
    const [one] = wanted.values();
    if (one === undefined) return [];
    return [{ companyId: one.companyId, couponId: one.couponId, left: Math.max(0, max - before) }];
  });
}

function write(tables: Tables, batch: CommitBatch, rows: NumberedRows): void {
  const users = tables.partitions.get(batch.cursor.partition)?.users;
  for (const usage of batch.usage) {
    tables.customer(usage).add({ kind: "usage", usage });
    users?.push({ companyId: usage.companyId, customerId: usage.customerId });
  }
  for (const row of batch.newIdentities) tables.identities.set(identityName(row), row);
  for (const row of batch.changedIdentities)
    if (tables.identities.has(identityName(row))) tables.identities.set(identityName(row), row);
  writeOrphans(tables, batch);
  for (const claim of batch.releasedClaims)
    if (tables.claims.get(claimName(claim))?.id === claim.id) tables.claims.delete(claimName(claim));
  for (const claim of batch.claims) tables.claims.set(claimName(claim), claim);
  for (const redemption of batch.redemptions) {
    const known = tables.redemptions.get(couponName(redemption)) ?? new Map<string, Redemption>();
    if (!known.has(redemption.subscriptionId)) known.set(redemption.subscriptionId, redemption);
    tables.redemptions.set(couponName(redemption), known);
  }
  for (const row of batch.settled) tables.customer(row).settled.set(row.invoiceId, row);
  for (const { seq, occurredAt, at, ...key } of batch.voids) {
    const customer = tables.customer(key);
    if (customer.usage.get(seq)?.occurredAt === occurredAt) customer.voided.set(seq, at);
  }
  for (const { at: _, ...row } of batch.snapshots) tables.customer(row).snapshot = row;
  for (const { nextWake: at, ...row } of batch.wakes) {
    if (at === null) tables.wakes.delete(customerName(row));
    else tables.wakes.set(customerName(row), { ...row, at, partition: batch.cursor.partition });
  }
  for (const letter of batch.deadLetters) {
    const name = `${letter.partition}|${letter.offset}|${letter.index}`;
    if (!tables.deadLetters.has(name)) tables.deadLetters.set(name, letter);
  }
  for (const [companyId, count] of batch.numbering)
    tables.nextInvoice.set(companyId, (tables.nextInvoice.get(companyId) ?? 1) + count);
  writeNumbered(tables, rows);
}

function writeOrphans(tables: Tables, { orphans, recoveredOrphans }: CommitBatch): void {
  for (const row of orphans) {
    const known = tables.orphans.get(`${row.companyId}|${row.id}`);
    if (known?.state === "recovered") continue;
    const kept = known === undefined ? row : { ...row, receivedAt: known.receivedAt };
    tables.orphans.set(`${row.companyId}|${row.id}`, kept);
  }
  for (const { companyId, id, action, by, at } of recoveredOrphans) {
    const known = tables.orphans.get(`${companyId}|${id}`);
    if (known === undefined) continue;
    const ended = { ...known, state: "recovered" as const, action, by, note: null, updatedAt: at };
    tables.orphans.set(`${companyId}|${id}`, ended);
  }
}

function writeNumbered(tables: Tables, { facts, documents, answers }: NumberedRows): void {
  for (const fact of facts) tables.customer(fact).add({ kind: "fact", fact });
  for (const row of documents) {
    const name = documentName(row);
    if (row.removed === true) {
      tables.documents.delete(name);
      continue;
    }
    const number = numberOf(row);
    if (number !== null) tables.numbers.set(number, name);
    const createdAt = tables.documents.get(name)?.createdAt ?? row.createdAt;
    tables.documents.set(name, { ...row, createdAt });
  }
  for (const answer of answers) tables.answers.set(answerName(answer), answer);
}

function couponName({ companyId, couponId }: Redemption): string {
  return `${companyId}|${couponId}`;
}
