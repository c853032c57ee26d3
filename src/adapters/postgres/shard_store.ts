import type { Sql } from "postgres";
import { limits } from "../../limits.ts";
import type { CommitBatch, LogClaim, ShardStore } from "../../ports/shard_store.ts";
import type { PartitionCursor } from "../../ports/stored_rows.ts";
import { commitBatch } from "./commit.ts";
import { findIdentities } from "./identities.ts";
import { type CommitLedger, embeddedLedger } from "./ledger/commit_ledger.ts";
import { loadActors } from "./load_actors.ts";
import { loadSettled } from "./settled_invoices.ts";
import { onStore } from "./store_errors.ts";
import { findUsage, usageHistory, usagePages } from "./usage_history.ts";

interface PartitionRecord {
  id: number;
  epoch: string;
  commit_seq: string;
  next_offset: string;
  next_index: number;
}

/**
 * The shard's store in Postgres.
 *
 * @param sql a pool of the role billai_shard
 * @param ledger where commits post: in the store itself unless another engine keeps the ledger
 */
export function postgresShardStore(sql: Sql, ledger: CommitLedger = embeddedLedger): ShardStore {
  return {
    claimLog: ({ identity, partitions }) =>
      onStore(async () => {
        await sql`
          insert into event_log (identity, partitions) values (${identity}, ${partitions}) on conflict do nothing`;
        const [row] = await sql<[LogClaim]>`select identity, partitions from event_log`;
        return row;
      }),
    claimPartitions: (partitions, address = null) =>
      onStore(async () => {
        const rows = await sql<PartitionRecord[]>`
          insert into partitions (id, epoch, commit_seq, next_offset, next_index, owner)
          select id, 1, 0, 0, 0, ${address} from unnest(${[...partitions]}::int[]) as p(id) order by id
          on conflict (id) do update set epoch = partitions.epoch + 1, owner = excluded.owner
          returning *`;
        return rows.map(cursorOf);
      }),
    owners: () =>
      onStore(async () => {
        const rows = await sql<(PartitionRecord & { owner: string | null })[]>`
          select * from partitions order by id`;
        return rows.map((row) => ({
          partition: row.id,
          epoch: Number(row.epoch),
          address: row.owner,
          nextOffset: Number(row.next_offset),
        }));
      }),
    readCursor: (partition) =>
      onStore(async () => {
        const [row] = await sql<PartitionRecord[]>`select * from partitions where id = ${partition}`;
        if (row === undefined) throw new Error(`partition ${partition} has never been claimed`);
        return cursorOf(row);
      }, limits.storeRequestMsMax), // those who wait for it must not wait for ever
    loadActors: (keys) => onStore(() => loadActors(sql, keys)),
    findIdentities: (keys) => onStore(() => findIdentities(sql, keys)),
    loadSettled: (places) => onStore(() => loadSettled(sql, places)),
    usageHistory: (key, subscriptionId, from, to) =>
      onStore(() => usageHistory(sql, key, subscriptionId, { from, to })),
    usagePages: (places, limit) => onStore(() => usagePages(sql, places, limit)),
    findUsage: (key) => onStore(() => findUsage(sql, key)),
    busiest: (partition, rows, limit) =>
      onStore(async () => {
        const found = await sql<{ company_id: string; customer_id: string }[]>`
          select company_id, customer_id from (
            select company_id, customer_id from usage_events
            where partition = ${partition} order by commit_seq desc limit ${rows}
          ) newest
          group by 1, 2 order by count(*) desc, 1, 2 limit ${limit}`;
        return found.map((row) => ({ companyId: row.company_id, customerId: row.customer_id }));
      }),
    commit: (batch: CommitBatch) => onStore(() => commitBatch(sql, batch, ledger)),
    dueWakes: (clockId, until, limit, partitions = null) =>
      onStore(async () => {
        const onClock = clockId === null ? sql`clock_id is null` : sql`clock_id = ${clockId}`;
        const rows = await sql<{ company_id: string; customer_id: string; next_wake: string }[]>`
          select company_id, customer_id, next_wake from wakes
          where ${onClock} and next_wake <= ${until}
            ${partitions === null ? sql`` : sql`and partition = any(${[...partitions]}::int[])`}
          order by next_wake limit ${limit}`;
        return rows.map((row) => ({
          companyId: row.company_id,
          customerId: row.customer_id,
          at: Number(row.next_wake),
        }));
      }),
  };
}

function cursorOf(row: PartitionRecord): PartitionCursor {
  return {
    partition: row.id,
    epoch: Number(row.epoch),
    commitSeq: Number(row.commit_seq),
    nextOffset: Number(row.next_offset),
    nextIndex: row.next_index,
  };
}
