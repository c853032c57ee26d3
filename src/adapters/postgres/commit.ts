import type { Sql, TransactionSql } from "postgres";
import type { RefusedChain } from "../../ports/ledger_outbox.ts";
import type { CommitBatch, CommitOutcome } from "../../ports/shard_store.ts";
import type { Claim, PartitionCursor } from "../../ports/stored_rows.ts";
import { insertIdentities, writeHotRows, writeNumberedRows, writeOtherRows } from "./commit_rows.ts";
import { findIdentities } from "./identities.ts";
import type { CommitLedger } from "./ledger/commit_ledger.ts";
import { redeem } from "./redemptions.ts";
import { errorCode, isDataError, isRetryable } from "./store_errors.ts";
import { transaction } from "./transaction.ts";

const ATTEMPTS = 5;

/** Leaves a transaction on purpose, with what it found. */
class Undo extends Error {
  readonly outcome: CommitOutcome | "known_identities";
  constructor(outcome: CommitOutcome | "known_identities") {
    super("the batch is not committed");
    this.outcome = outcome;
  }
}

/**
 * One batch in one transaction, fenced by the partition's epoch and commit number. Statements are sent without
 * waiting for each other; nothing of them stays unless every check holds.
 */
export async function commitBatch(
  sql: Sql,
  batch: CommitBatch,
  ledger: CommitLedger,
): Promise<CommitOutcome> {
  for (let attempt = 1; ; attempt++) {
    try {
      return { ok: true, ...(await transaction(sql, (tx) => writeBatch(tx, batch, ledger))) };
    } catch (error) {
      if (error instanceof Undo) {
        if (error.outcome !== "known_identities") return error.outcome;
        const identities = await findIdentities(sql, batch.newIdentities);
        return { ok: false, reason: "known_identities", identities };
      }
      if (isDataError(error)) return { ok: false, reason: "data", detail: describe(error) };
      if (!isRetryable(error) || attempt >= ATTEMPTS) throw error;
    }
  }
}

async function writeBatch(
  tx: TransactionSql,
  batch: CommitBatch,
  ledger: CommitLedger,
): Promise<{ cursor: PartitionCursor; refused: readonly RefusedChain[] }> {
  const next = {
    ...batch.cursor,
    commitSeq: batch.cursor.commitSeq + 1,
    nextOffset: batch.nextOffset,
    nextIndex: batch.nextIndex,
  };
  const [moved, inserted, taken, redeemed, posting, ...writes] = await Promise.allSettled([
    moveFence(tx, batch),
    insertIdentities(tx, batch.newIdentities),
    claim(tx, batch),
    redeem(tx, batch.redemptions),
    ledger.begin(tx, batch, next.commitSeq),
    writeHotRows(tx, batch, next.commitSeq),
    writeOtherRows(tx, batch, next.commitSeq),
  ]);
  // In this order: a batch that should not have been tried says nothing by what else fails in it.
  if (!fulfilled(moved)) throw new Undo({ ok: false, reason: "fenced" });
  if (fulfilled(inserted) < batch.newIdentities.length) throw new Undo("known_identities");
  const lost = fulfilled(taken);
  if (lost.length > 0) throw new Undo({ ok: false, reason: "claims_taken", claims: lost });
  const coupons = fulfilled(redeemed);
  if (coupons.length > 0) throw new Undo({ ok: false, reason: "coupons_exhausted", coupons });
  const failed = [posting, ...writes]
    .filter((write) => write.status === "rejected")
    .map((write) => write.reason);
  if (failed.length > 0) throw failed.find((reason) => errorCode(reason) !== "25P02") ?? failed[0];

  const rows = batch.finish(await giveNumbers(tx, batch.numbering));
  const [keysTaken, refused] = await Promise.all([
    writeNumberedRows(tx, rows, next),
    ledger.finish(tx, batch, fulfilled(posting)),
  ]);
  if (keysTaken.length > 0) throw new Undo({ ok: false, reason: "answer_exists", keys: keysTaken });
  return { cursor: next, refused };
}

/** Moves the partition on; false where its owner or an earlier commit has moved it already. */
async function moveFence(
  tx: TransactionSql,
  { cursor, nextOffset, nextIndex }: CommitBatch,
): Promise<boolean> {
  const moved = await tx`
    update partitions set commit_seq = commit_seq + 1, next_offset = ${nextOffset}, next_index = ${nextIndex}
    where id = ${cursor.partition} and epoch = ${cursor.epoch} and commit_seq = ${cursor.commitSeq}`;
  return moved.count === 1;
}

/** Claims names; returns those another resource holds. A claim on a name one holds already is no conflict. */
async function claim(tx: TransactionSql, { claims, releasedClaims }: CommitBatch): Promise<readonly Claim[]> {
  for (const { companyId, kind, value, id } of releasedClaims) {
    await tx`delete from claims where company_id = ${companyId} and kind = ${kind} and value = ${value} and id = ${id}`;
  }
  if (claims.length === 0) return [];
  const held = await tx<{ company_id: string; kind: string; value: string; id: string }[]>`
    insert into claims (company_id, kind, value, id)
    select distinct on (1, 2, 3) * from unnest(
      ${claims.map((c) => c.companyId)}::text[], ${claims.map((c) => c.kind)}::text[],
      ${claims.map((c) => c.value)}::text[], ${claims.map((c) => c.id)}::text[]) as c(a, b, c, d) order by 1, 2, 3
    on conflict (company_id, kind, value) do update set id = claims.id where claims.id = excluded.id
    returning company_id, kind, value, id`;
  const ours = new Map(held.map((row) => [`${row.company_id}|${row.kind}|${row.value}`, row.id]));
  return claims.filter((c) => ours.get(`${c.companyId}|${c.kind}|${c.value}`) !== c.id);
}

/** Takes invoice numbers, company by company in one order for all, so that commits never wait in a circle. */
async function giveNumbers(
  tx: TransactionSql,
  numbering: ReadonlyMap<string, number>,
): Promise<Map<string, number>> {
  const first = new Map<string, number>();
  for (const [companyId, count] of [...numbering].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [row] = await tx<{ first: string }[]>`
      update companies set next_invoice = next_invoice + ${count} where id = ${companyId}
      returning next_invoice - ${count} as first`;
    if (row !== undefined) first.set(companyId, Number(row.first));
  }
  return first;
}

function fulfilled<T>(result: PromiseSettledResult<T>): T {
  if (result.status === "rejected") throw result.reason;
  return result.value;
}

function describe(error: unknown): string {
  return error instanceof Error ? `${errorCode(error)}: ${error.message}` : String(error);
}
