import type { Sql, TransactionSql } from "postgres";
import type { RefusedChain } from "../../ports/ledger_outbox.ts";
import type { CommitBatch, CommitOutcome, NumberedRows } from "../../ports/shard_store.ts";
import type { Claim, PartitionCursor } from "../../ports/stored_rows.ts";
import {
  FENCED,
  isHotOnly,
  KNOWN_IDENTITIES,
  writeHotRows,
  writeNumberedRows,
  writeOtherRows,
} from "./commit_rows.ts";
import { findIdentities } from "./identities.ts";
import type { CommitLedger, LedgerPlan } from "./ledger/commit_ledger.ts";
import { redeem } from "./redemptions.ts";
import { errorCode, isDataError, isRetryable } from "./store_errors.ts";
import { transaction } from "./transaction.ts";

const ATTEMPTS = 5;

/** Leaves a transaction on purpose, with what it found. */
class Undo extends Error {
  readonly outcome: CommitOutcome;
  constructor(outcome: CommitOutcome) {
    super("the batch is not committed");
    this.outcome = outcome;
  }
}

/** One batch in one transaction, fenced by the partition's epoch and commit number. */
export async function commitBatch(
  sql: Sql,
  batch: CommitBatch,
  ledger: CommitLedger,
): Promise<CommitOutcome> {
  const cursor = {
    ...batch.cursor,
    commitSeq: batch.cursor.commitSeq + 1,
    nextOffset: batch.nextOffset,
    nextIndex: batch.nextIndex,
  };
  for (let attempt = 1; ; attempt++) {
    try {
      return { ok: true, cursor, refused: await write(sql, batch, ledger, cursor) };
    } catch (error) {
      if (error instanceof Undo) return error.outcome;
      if (errorCode(error) === FENCED) return { ok: false, reason: "fenced" };
      if (errorCode(error) === KNOWN_IDENTITIES) {
        const identities = await findIdentities(sql, batch.newIdentities);
        return { ok: false, reason: "known_identities", identities };
      }
      if (isDataError(error)) return { ok: false, reason: "data", detail: describe(error) };
      if (!isRetryable(error) || attempt >= ATTEMPTS) throw error;
    }
  }
}

/** Usage takes one statement, which is a transaction by itself; whatever else there is takes one around it. */
async function write(
  sql: Sql,
  batch: CommitBatch,
  ledger: CommitLedger,
  next: PartitionCursor,
): Promise<readonly RefusedChain[]> {
  const plan = ledger(batch.ledger, next.partition);
  // Without numbers to be given it is known beforehand.
  const rows = batch.numbering.size === 0 ? batch.finish(new Map()) : null;
  if (rows === null || plan.rest !== null || !isHotOnly(batch, rows))
    return transaction(sql, (tx) => writeAll(tx, batch, plan, next, rows));
  await writeHotRows(sql, batch, plan.plain);
  return [];
}

/** Statements are sent without waiting for each other; nothing of them stays unless every check holds. */
async function writeAll(
  tx: TransactionSql,
  batch: CommitBatch,
  { plain, rest }: LedgerPlan,
  next: PartitionCursor,
  known: NumberedRows | null,
): Promise<readonly RefusedChain[]> {
  const sent = await Promise.allSettled([
    writeHotRows(tx, batch, plain),
    claim(tx, batch),
    redeem(tx, batch.redemptions),
    rest?.begin(tx, next.commitSeq) ?? null,
    known === null ? [] : writeNumberedRows(tx, known, next),
    writeOtherRows(tx, batch, next.commitSeq),
  ]);
  const [hot, claimed, redeemed, posting, kept] = sent;
  // In this order: a batch that should not have been tried says nothing by what else fails in it.
  fulfilled(hot);
  if (claimed.status === "fulfilled" && claimed.value.length > 0)
    throw new Undo({ ok: false, reason: "claims_taken", claims: claimed.value });
  if (redeemed.status === "fulfilled" && redeemed.value.length > 0)
    throw new Undo({ ok: false, reason: "coupons_exhausted", coupons: redeemed.value });
  const failed = sent.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  if (failed.length > 0) throw failed.find((reason) => errorCode(reason) !== "25P02") ?? failed[0];

  // Numbers last: until its end everybody else who issues invoices of the company waits.
  const [refused, first] = await Promise.all([
    rest?.finish(tx, fulfilled(posting)) ?? [],
    known === null ? giveNumbers(tx, batch.numbering) : null,
  ]);
  const keysTaken = first === null ? fulfilled(kept) : await writeNumberedRows(tx, batch.finish(first), next);
  if (keysTaken.length > 0) throw new Undo({ ok: false, reason: "answer_exists", keys: keysTaken });
  return refused;
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
