import type { Sql } from "postgres";
import type { StoredActor } from "../../ports/shard_store.ts";
import type { ActorKey, FactRow } from "../../ports/stored_rows.ts";
import { type UsageRecord, usageColumns, usageRowOf } from "./usage_rows.ts";

interface SnapshotRecord {
  company_id: string;
  customer_id: string;
  seq: string;
  version: number;
  body: string;
}
type FactRecord = Omit<SnapshotRecord, "version"> & { type: string; at: string };
type Tail = StoredActor["tail"][number];

/** Reads actors as recovery needs them: the snapshot and what happened after it, in order. */
export async function loadActors(sql: Sql, keys: readonly ActorKey[]): Promise<StoredActor[]> {
  if (keys.length === 0) return [];
  const companies = keys.map((key) => key.companyId);
  const customers = keys.map((key) => key.customerId);
  const wanted = sql`
    unnest(${companies}::text[], ${customers}::text[]) as k(company_id, customer_id)
    left join snapshots s using (company_id, customer_id)`;
  const [snapshots, facts, usage] = await Promise.all([
    sql<SnapshotRecord[]>`
      select company_id, customer_id, s.seq, s.version, s.body from ${wanted} where s.seq is not null`,
    sql<FactRecord[]>`
      select company_id, customer_id, f.seq, f.type, f.at, f.body::text as body
      from ${wanted} join facts f using (company_id, customer_id) where f.seq > coalesce(s.seq, 0)`,
    // The offset keeps the planner from joining whole partitions: it has no statistics of them together.
    sql<UsageRecord[]>`
      select k.company_id, k.customer_id, u.* from ${wanted},
        lateral (
          select seq, ${usageColumns(sql)} from usage_events e
          where e.company_id = k.company_id and e.customer_id = k.customer_id and e.seq > coalesce(s.seq, 0)
            and e.occurred_at >= coalesce(s.usage_since, ${Number.MIN_SAFE_INTEGER})
          offset 0) u`,
  ]);
  const tails = new Map<string, Tail[]>();
  for (const record of facts) push(tails, record, { kind: "fact", fact: factOf(record) });
  for (const record of usage) push(tails, record, { kind: "usage", usage: usageRowOf(record) });
  const bySnapshot = new Map(snapshots.map((record) => [nameOf(record), record]));
  return keys.map(({ companyId, customerId }) => {
    const name = `${companyId}|${customerId}`;
    const snapshot = bySnapshot.get(name);
    return {
      companyId,
      customerId,
      snapshot:
        snapshot === undefined
          ? null
          : {
              companyId,
              customerId,
              seq: Number(snapshot.seq),
              version: snapshot.version,
              body: snapshot.body,
            },
      tail: (tails.get(name) ?? []).sort((a, b) => seqOf(a) - seqOf(b)),
    };
  });
}

function seqOf(entry: Tail): number {
  return entry.kind === "fact" ? entry.fact.seq : entry.usage.seq;
}

function nameOf(record: { company_id: string; customer_id: string }): string {
  return `${record.company_id}|${record.customer_id}`;
}

function push(
  tails: Map<string, Tail[]>,
  record: { company_id: string; customer_id: string },
  entry: Tail,
): void {
  const name = nameOf(record);
  const tail = tails.get(name);
  if (tail === undefined) tails.set(name, [entry]);
  else tail.push(entry);
}

function factOf(record: FactRecord): FactRow {
  return {
    companyId: record.company_id,
    customerId: record.customer_id,
    seq: Number(record.seq),
    type: record.type,
    at: Number(record.at),
    body: record.body,
  };
}
