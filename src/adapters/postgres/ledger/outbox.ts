import type { Sql } from "postgres";
import type { LedgerOutbox, OutboxRow } from "../../../ports/ledger_outbox.ts";
import { onStore } from "../store_errors.ts";
import { transaction } from "../transaction.ts";
import { recordRefusal } from "./commit_ledger.ts";

/** The outbox of the ledger. @param sql a pool of the role billai_shard */
export function postgresLedgerOutbox(sql: Sql): LedgerOutbox {
  return {
    waiting: (perPartition, partitions = null) =>
      onStore(async () => {
        const rows = await sql<{ partition: number; commit_seq: string; body: string }[]>`
          select row.* from (
            select distinct partition from ledger_outbox
            ${partitions === null ? sql`` : sql`where partition = any(${[...partitions]}::int[])`}
          ) as p, lateral (
            select * from ledger_outbox o where o.partition = p.partition order by commit_seq limit ${perPartition}
          ) as row order by row.partition, row.commit_seq`;
        return rows.map(
          ({ partition, commit_seq, body }): OutboxRow => ({
            partition,
            commitSeq: Number(commit_seq),
            body,
          }),
        );
      }),
    posted: (rows, refused) =>
      onStore(async () => {
        await transaction(sql, async (tx) => {
          await Promise.all([
            tx`delete from ledger_outbox o using unnest(${rows.map((row) => row.partition)}::int[],
                ${rows.map((row) => row.commitSeq)}::bigint[]) as d(partition, commit_seq)
              where o.partition = d.partition and o.commit_seq = d.commit_seq`,
            ...refused.map((chain) => recordRefusal(tx, chain)),
          ]);
        });
      }),
    isBehind: (partition) =>
      onStore(async () => {
        const [row] = await sql`select from ledger_outbox where partition = ${partition} limit 1`;
        return row !== undefined;
      }),
  };
}
