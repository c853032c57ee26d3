import { BillingError } from "../../src/errors.ts";
import { limits } from "../../src/limits.ts";
import type { LogClaim, ShardStore } from "../../src/ports/shard_store.ts";
import type { ActorKey, PartitionCursor, SettledRow } from "../../src/ports/stored_rows.ts";
import { commitBatch, type PostsCommits } from "./commit.ts";
import { customerName, identityName, type StoredPartition, Tables } from "./stored.ts";

/** A shard's store in memory: every call is one transaction, done when it returns. @param post the ledger's part */
export function memoryShardStore(tables = new Tables(), post: PostsCommits = () => []): ShardStore {
  let claimed: LogClaim | null = null;
  return {
    async claimLog(log) {
      claimed ??= log;
      return claimed;
    },
    async claimPartitions(partitions, address = null) {
      return partitions.map((id) => {
        const partition = tables.partitions.get(id) ?? unclaimed();
        tables.partitions.set(id, partition);
        partition.epoch++;
        partition.address = address;
        return cursorOf(id, partition);
      });
    },
    async owners() {
      return [...tables.partitions]
        .sort(([a], [b]) => a - b)
        .map(([partition, { epoch, address, nextOffset }]) => ({ partition, epoch, address, nextOffset }));
    },
    async readCursor(id) {
      const partition = tables.partitions.get(id);
      if (partition === undefined) throw new Error(`partition ${id} has never been claimed`);
      return cursorOf(id, partition);
    },
    async loadActors(keys) {
      return keys.map(({ companyId, customerId }) => {
        const stored = tables.customer({ companyId, customerId });
        return { companyId, customerId, snapshot: stored.snapshot, tail: stored.tail() };
      });
    },
    async findIdentities(keys) {
      return keys.flatMap((key) => tables.identities.get(identityName(key)) ?? []);
    },
    async loadSettled(places) {
      const found = new Map<string, SettledRow>();
      for (const place of places) {
        for (const row of tables.customer(place).settled.values())
          if (row.subscriptionId === place.subscriptionId && place.at < row.end)
            found.set(`${customerName(row)}|${row.invoiceId}`, row);
      }
      return [...found]
        .sort(([a, one], [b, other]) => one.start - other.start || (a < b ? -1 : 1))
        .map(([, row]) => row);
    },
    async usageHistory(key, subscriptionId, from, to) {
      const rows = [...tables.customer(key).counting(subscriptionId, from, to)];
      if (rows.length > limits.historyEventsMax) throw new BillingError("RES_002", "too many to read again");
      return rows.sort((a, b) => a.seq - b.seq);
    },
    async usagePages(places, limit) {
      return places.map((place) => tables.customer(place).page(place, limit));
    },
    async findUsage(key) {
      const identity = tables.identities.get(identityName(key));
      if (identity === undefined) return null;
      const counted = identity.verdict === "applied" || identity.verdict === "voided";
      return { identity, usage: (counted ? tables.customer(key).usage.get(identity.seq) : null) ?? null };
    },
    async busiest(partition, rows, limit) {
      return busiest(tables.partitions.get(partition)?.users.slice(-rows) ?? [], limit);
    },
    async commit(batch) {
      return commitBatch(tables, batch, post);
    },
    async dueWakes(clockId, until, limit, partitions = null) {
      return [...tables.wakes.values()]
        .filter((wake) => wake.clockId === clockId && wake.at <= until)
        .filter((wake) => partitions === null || partitions.includes(wake.partition))
        .sort((a, b) => a.at - b.at)
        .slice(0, limit)
        .map(({ companyId, customerId, at }) => ({ companyId, customerId, at }));
    },
  };
}

function unclaimed(): StoredPartition {
  return { epoch: 0, commitSeq: 0, nextOffset: 0, nextIndex: 0, address: null, users: [] };
}

function cursorOf(
  partition: number,
  { epoch, commitSeq, nextOffset, nextIndex }: StoredPartition,
): PartitionCursor {
  return { partition, epoch, commitSeq, nextOffset, nextIndex };
}

function busiest(users: readonly ActorKey[], limit: number): ActorKey[] {
  const counts = new Map<string, { key: ActorKey; count: number }>();
  for (const key of users) {
    const known = counts.get(customerName(key)) ?? { key, count: 0 };
    counts.set(customerName(key), { key, count: known.count + 1 });
  }
  return [...counts]
    .sort(([a, one], [b, other]) => other.count - one.count || (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([, { key }]) => key);
}
