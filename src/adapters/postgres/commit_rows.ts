import type { ISql, TransactionSql } from "postgres";
import type { CommitBatch, NumberedRows } from "../../ports/shard_store.ts";
import type { DocumentRow, PartitionCursor, StoredAnswer, UsageRow } from "../../ports/stored_rows.ts";
import { uuidOf } from "./ledger/columns.ts";
import type { PlainTransfer } from "./ledger/commit_ledger.ts";
import { slotOf } from "./ledger/write.ts";
import { settleInvoices } from "./settled_invoices.ts";

/** How much after it occurred usage may be recorded and still be looked for where all of it is: a month's partition. */
const lateMs = 35 * 86_400_000;

/** A refusal of `writeHotRows`. */
export const FENCED = "BA001";
export const KNOWN_IDENTITIES = "BA002";

/**
 * Moves the partition on and writes the rows nearly every batch has: identities that must be new, usage, wakes,
 * snapshots and transfers that nothing can refuse. One statement, all or nothing; 0012_commit_in_one.sql says what it
 * does. Fails with FENCED or KNOWN_IDENTITIES as its SQLSTATE.
 */
export async function writeHotRows(
  sql: ISql,
  batch: CommitBatch,
  plain: readonly PlainTransfer[],
): Promise<void> {
  const { cursor, nextOffset, nextIndex, newIdentities: ids, usage, snapshots } = batch;
  const waiting = batch.wakes.filter((wake) => wake.nextWake !== null);
  const transfers = plain.map(({ transfer }) => transfer);
  await sql`
    select commit_rows(${cursor.partition}, ${cursor.epoch}, ${cursor.commitSeq}, ${nextOffset}, ${nextIndex},
      ${column(ids, "companyId")}::text[], ${column(ids, "customerId")}::text[], ${column(ids, "digest")}::uuid[],
      ${column(ids, "fingerprint")}::uuid[], ${column(ids, "verdict")}::text[], ${column(ids, "seq")}::bigint[],
      ${column(usage, "companyId")}::text[], ${column(usage, "customerId")}::text[], ${column(usage, "seq")}::bigint[],
      ${column(usage, "eventId")}::text[], ${column(usage, "source")}::text[], ${column(usage, "eventType")}::text[],
      ${column(usage, "subscriptionId")}::text[], ${column(usage, "occurredAt")}::bigint[],
      ${column(usage, "receivedAt")}::bigint[], ${column(usage, "recordedAt")}::bigint[],
      ${column(usage, "properties")}::text[], ${column(usage, "charge")}::text[],
      ${column(usage, "currency")}::text[], ${usage.map((row) => String(row.whileSuspended))}::text[]::boolean[],
      ${column(waiting, "companyId")}::text[], ${column(waiting, "customerId")}::text[],
      ${column(waiting, "clockId")}::text[], ${column(waiting, "nextWake")}::bigint[],
      ${column(snapshots, "companyId")}::text[], ${column(snapshots, "customerId")}::text[],
      ${column(snapshots, "seq")}::bigint[], ${column(snapshots, "version")}::int[],
      ${column(snapshots, "body")}::text[], ${snapshots.map(({ at }) => at - lateMs)}::bigint[],
      ${slotOf(cursor.partition)}, ${column(plain, "companyId")}::text[],
      ${transfers.map((t) => uuidOf(t.id))}::uuid[], ${transfers.map((t) => uuidOf(t.debit))}::uuid[],
      ${transfers.map((t) => uuidOf(t.credit))}::uuid[], ${transfers.map((t) => String(t.amount))}::numeric[],
      ${column(transfers, "ledger")}::int[], ${column(transfers, "code")}::int[],
      ${column(transfers, "at")}::bigint[], ${transfers.map((t) => uuidOf(t.reference))}::uuid[])`;
}

/** True where a batch has nothing but the rows that every one may have. */
export function isHotOnly(batch: CommitBatch, rows: NumberedRows): boolean {
  const { changedIdentities, orphans, recoveredOrphans, deadLetters, voids, settled } = batch;
  const { claims, releasedClaims, redemptions, wakes, usage } = batch;
  const others = [
    ...[changedIdentities, orphans, recoveredOrphans, deadLetters, voids, settled],
    ...[claims, releasedClaims, redemptions, rows.facts, rows.documents, rows.answers],
  ];
  return (
    others.every(({ length }) => length === 0) &&
    wakes.every(({ nextWake }) => nextWake !== null) &&
    !usage.some(isLate)
  );
}

/** Whether a snapshot does not know to look for a usage row as far back as it is. */
function isLate({ occurredAt, recordedAt }: UsageRow): boolean {
  return occurredAt < recordedAt - lateMs;
}

/** Takes the wakes of customers away who have none to wait for. */
async function removeWakes(tx: TransactionSql, { wakes }: CommitBatch): Promise<void> {
  const resting = wakes.filter((wake) => wake.nextWake === null);
  if (resting.length === 0) return;
  await tx`
    delete from wakes w using unnest(${column(resting, "companyId")}::text[], ${column(resting, "customerId")}::text[])
      as r(company_id, customer_id)
    where w.company_id = r.company_id and w.customer_id = r.customer_id`;
}

/**
 * A snapshot has since when the usage after it occurred: since shortly before it was taken. A row that is later than
 * that lowers it, which is to follow the snapshots, as it may come after one of the same batch.
 */
async function lowerSnapshots(tx: TransactionSql, { usage }: CommitBatch): Promise<void> {
  const late = usage.filter(isLate);
  if (late.length === 0) return;
  await tx`
    update snapshots s set usage_since = l.since
    from (
      select company_id, customer_id, min(occurred_at) as since from unnest(${column(late, "companyId")}::text[],
        ${column(late, "customerId")}::text[], ${column(late, "occurredAt")}::bigint[])
        as r(company_id, customer_id, occurred_at) group by 1, 2
    ) l
    where s.company_id = l.company_id and s.customer_id = l.customer_id and s.usage_since > l.since`;
}

/** The rows few batches have, after the others: ids with a new verdict, voids, settled invoices, orphans, dead letters. */
export async function writeOtherRows(
  tx: TransactionSql,
  batch: CommitBatch,
  commitSeq: number,
): Promise<void> {
  const { changedIdentities: changed, orphans, recoveredOrphans: recovered, deadLetters: dead } = batch;
  const writes: PromiseLike<unknown>[] = [
    removeWakes(tx, batch),
    lowerSnapshots(tx, batch),
    voidUsage(tx, batch, commitSeq),
    settleInvoices(tx, batch.settled),
  ];
  if (changed.length > 0) {
    writes.push(tx`
      update usage_identities i set fingerprint = c.fingerprint, verdict = c.verdict, seq = c.seq
      from unnest(${column(changed, "companyId")}::text[], ${column(changed, "customerId")}::text[],
        ${column(changed, "digest")}::uuid[], ${column(changed, "fingerprint")}::uuid[],
        ${column(changed, "verdict")}::text[], ${column(changed, "seq")}::bigint[])
        as c(company_id, customer_id, digest, fingerprint, verdict, seq)
      where i.company_id = c.company_id and i.customer_id = c.customer_id and i.digest = c.digest`);
  }
  for (const o of orphans) {
    writes.push(tx`
      insert into orphan_events (company_id, id, customer_ref, reason, state, event_type, event, received_at,
        updated_at, action, by, note)
      values (${o.companyId}, ${o.id}, ${o.customerRef}, ${o.reason}, ${o.state}, ${o.eventType},
        ${o.event}::text::jsonb, ${o.receivedAt}, ${o.updatedAt}, ${o.action}, ${o.by}, ${o.note})
      on conflict (company_id, id) do update set event = excluded.event, state = excluded.state,
        reason = excluded.reason, updated_at = excluded.updated_at, action = excluded.action, by = excluded.by,
        note = excluded.note
      where orphan_events.state <> 'recovered'`);
  }
  if (recovered.length > 0) {
    writes.push(tx`
      update orphan_events o set state = 'recovered', action = r.action, by = r.by, note = null, updated_at = r.at
      from unnest(${column(recovered, "companyId")}::text[], ${column(recovered, "id")}::text[],
        ${column(recovered, "action")}::text[], ${column(recovered, "by")}::text[],
        ${column(recovered, "at")}::bigint[]) as r(company_id, id, action, by, at)
      where o.company_id = r.company_id and o.id = r.id`);
  }
  for (const d of dead) {
    writes.push(tx`
      insert into dead_letters (partition, log_offset, log_index, reason, record, at)
      values (${d.partition}, ${d.offset}, ${d.index}, ${storable(d.reason)}, ${storable(d.record)}, ${d.at})
      on conflict do nothing`);
  }
  await Promise.all(writes);
}

async function voidUsage(tx: TransactionSql, { voids }: CommitBatch, commitSeq: number): Promise<void> {
  if (voids.length === 0) return;
  await tx`
    update usage_events u set voided_at = v.at, void_commit_seq = ${commitSeq}
    from unnest(${column(voids, "companyId")}::text[], ${column(voids, "customerId")}::text[],
      ${column(voids, "seq")}::bigint[], ${column(voids, "occurredAt")}::bigint[], ${column(voids, "at")}::bigint[])
      as v(company_id, customer_id, seq, occurred_at, at)
    where u.company_id = v.company_id and u.customer_id = v.customer_id and u.seq = v.seq
      and u.occurred_at = v.occurred_at`;
}

/** Facts, documents and kept answers; returns the idempotency keys another request holds. */
export async function writeNumberedRows(
  tx: TransactionSql,
  { facts, documents, answers }: NumberedRows,
  cursor: PartitionCursor,
): Promise<string[]> {
  const writes: PromiseLike<unknown>[] = documentWrites(tx, documents);
  if (facts.length > 0) {
    writes.push(tx`
      insert into facts (company_id, customer_id, seq, type, at, body, partition, commit_seq)
      select f.*, ${cursor.partition}, ${cursor.commitSeq} from unnest(
        ${column(facts, "companyId")}::text[], ${column(facts, "customerId")}::text[], ${column(facts, "seq")}::bigint[],
        ${column(facts, "type")}::text[], ${column(facts, "at")}::bigint[], ${column(facts, "body")}::text[]::jsonb[]) as f`);
  }
  const [taken] = await Promise.all([keepAnswers(tx, answers), ...writes]);
  return taken;
}

function documentWrites(tx: TransactionSql, documents: readonly DocumentRow[]): PromiseLike<unknown>[] {
  const writes: PromiseLike<unknown>[] = [];
  for (const [table, rows] of Map.groupBy(documents, (document) => document.table)) {
    const kept = rows.filter((row) => row.removed !== true);
    for (const gone of rows.filter((row) => row.removed === true)) {
      writes.push(tx`delete from ${tx(table)} where company_id = ${gone.companyId} and id = ${gone.id}`);
    }
    if (kept.length === 0) continue;
    writes.push(tx`
      insert into ${tx(table)} (company_id, id, customer_id, status, created_at, updated_at, body)
      select * from unnest(${column(kept, "companyId")}::text[], ${column(kept, "id")}::text[],
        ${column(kept, "customerId")}::text[], ${column(kept, "status")}::text[], ${column(kept, "createdAt")}::bigint[],
        ${column(kept, "updatedAt")}::bigint[], ${column(kept, "body")}::text[]::json[])
      on conflict (company_id, id) do update
      set status = excluded.status, updated_at = excluded.updated_at, body = excluded.body`);
  }
  return writes;
}

/** Keeps answers under their idempotency keys; returns the keys that were kept before. */
export async function keepAnswers(tx: TransactionSql, answers: readonly StoredAnswer[]): Promise<string[]> {
  const kept = await Promise.all(
    answers.map(
      (a) => tx`
        insert into idempotency_keys (company_id, key, method, path, request_hash, status, body, created_at)
        values (${a.companyId}, ${a.key}, ${a.method}, ${a.path}, ${a.requestHash}, ${a.status}, ${a.body}, ${a.createdAt})
        on conflict do nothing`,
    ),
  );
  return answers.filter((_, at) => kept[at]?.count === 0).map(({ key }) => key);
}

function column<Row, Name extends keyof Row>(rows: readonly Row[], name: Name): Row[Name][] {
  return rows.map((row) => row[name]);
}

/** Text Postgres can keep whatever it was: NUL and broken surrogates are shown as escapes. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\\u0000");
}
