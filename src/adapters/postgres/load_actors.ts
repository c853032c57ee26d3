import type { Sql } from "postgres";
import { assert } from "../../errors.ts";
import type { StoredActor } from "../../ports/shard_store.ts";
import type { ActorKey, FactRow } from "../../ports/stored_rows.ts";
import { usageLine, usageOfLine } from "./usage_rows.ts";

/** Whose a row is: the place among those asked for, counted from 1. */
interface Placed {
  n: number;
}
type SnapshotRecord = Placed & { seq: string; version: number; body: string };
type FactRecord = Placed & { seq: string; type: string; at: string; body: string };
type UsageRecord = Placed & { line: string };
type Tail = StoredActor["tail"][number];

/** Reads actors as recovery needs them: the snapshot and what happened after it, in order. */
export async function loadActors(sql: Sql, keys: readonly ActorKey[]): Promise<StoredActor[]> {
  if (keys.length === 0) return [];
  const companies = keys.map((key) => key.companyId);
  const customers = keys.map((key) => key.customerId);
  const wanted = sql`
    unnest(${companies}::text[], ${customers}::text[]) with ordinality as k(company_id, customer_id, n)
    left join snapshots s using (company_id, customer_id)`;
  const [snapshots, facts, usage] = await Promise.all([
    sql<SnapshotRecord[]>`
      select k.n::int as n, s.seq, s.version, s.body from ${wanted} where s.seq is not null`,
    sql<FactRecord[]>`
      select k.n::int as n, f.seq, f.type, f.at, f.body::text as body
      from ${wanted} join facts f using (company_id, customer_id) where f.seq > coalesce(s.seq, 0)`,
    // The offset keeps the planner from joining whole partitions: it has no statistics of them together.
    sql<UsageRecord[]>`
      select k.n::int as n, u.line from ${wanted},
        lateral (
          select ${usageLine(sql)} as line from usage_events e
          where e.company_id = k.company_id and e.customer_id = k.customer_id and e.seq > coalesce(s.seq, 0)
            and e.occurred_at >= coalesce(s.usage_since, ${Number.MIN_SAFE_INTEGER})
          offset 0) u`,
  ]);
  const actors = keys.map(({ companyId, customerId }) => newStored({ companyId, customerId }));
  const at = ({ n }: Placed): Filling => {
    const actor = actors[n - 1];
    assert(actor !== undefined, "a row is of a customer who was asked for");
    return actor;
  };
  for (const record of snapshots) {
    const { companyId, customerId } = at(record);
    const { version, body } = record;
    at(record).snapshot = { companyId, customerId, seq: Number(record.seq), version, body };
  }
  for (const record of facts) {
    const actor = at(record);
    actor.tail.push({ kind: "fact", fact: factOf(actor, record) });
  }
  for (const record of usage) {
    const actor = at(record);
    actor.tail.push({ kind: "usage", usage: usageOfLine(actor, record.line) });
  }
  for (const { tail } of actors) tail.sort((a, b) => seqOf(a) - seqOf(b));
  return actors;
}

/** An actor as its rows come in. */
interface Filling extends ActorKey {
  snapshot: StoredActor["snapshot"];
  readonly tail: Tail[];
}

function newStored(key: ActorKey): Filling {
  return { ...key, snapshot: null, tail: [] };
}

function seqOf(entry: Tail): number {
  return entry.kind === "fact" ? entry.fact.seq : entry.usage.seq;
}

function factOf({ companyId, customerId }: ActorKey, record: FactRecord): FactRow {
  const { type, body } = record;
  return { companyId, customerId, seq: Number(record.seq), type, at: Number(record.at), body };
}
