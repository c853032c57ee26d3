import type { Fragment, Sql } from "postgres";
import { assert } from "../../errors.ts";
import type { ActorKey, UsageRow } from "../../ports/stored_rows.ts";

/** A row of usage_events: its key and `usageColumns`. */
export interface UsageRecord {
  company_id: string;
  customer_id: string;
  seq: string;
  event_id: string;
  source: string;
  event_type: string;
  subscription_id: string;
  occurred_at: string;
  received_at: string;
  recorded_at: string;
  properties: string;
  charge: string;
  currency: string;
  while_suspended: boolean;
}

/** The columns of usage_events beside its key; as text what would lose digits as numbers. */
export function usageColumns(sql: Sql): Fragment {
  return sql`
    event_id, source, event_type, subscription_id, occurred_at, received_at, recorded_at,
    properties::text as properties, charge::text as charge, currency, while_suspended`;
}

/** A stored usage row as it was committed. */
export function usageRowOf(record: UsageRecord): UsageRow {
  return {
    companyId: record.company_id,
    customerId: record.customer_id,
    seq: Number(record.seq),
    eventId: record.event_id,
    source: record.source,
    eventType: record.event_type,
    subscriptionId: record.subscription_id,
    occurredAt: Number(record.occurred_at),
    receivedAt: Number(record.received_at),
    recordedAt: Number(record.recorded_at),
    properties: record.properties,
    charge: record.charge,
    currency: record.currency,
    whileSuspended: record.while_suspended,
  };
}

/** What no text of ours holds: names are without control characters, and JSON writes them in other words. */
const between = "\u001f";

/** A row of usage_events in one text, which costs the driver a fraction of what its columns would. */
export function usageLine(sql: Sql): Fragment {
  return sql`concat_ws(${between}::text, seq, event_id, source, event_type, subscription_id, occurred_at, received_at,
    recorded_at, properties, charge, currency, while_suspended)`;
}

/** The row that `usageLine` has given of a customer. */
export function usageOfLine({ companyId, customerId }: ActorKey, line: string): UsageRow {
  const parts = line.split(between);
  assert(parts.length === 12, "a row of usage has twelve columns");
  const text = (column: number): string => parts[column] ?? "";
  return {
    companyId,
    customerId,
    seq: Number(parts[0]),
    eventId: text(1),
    source: text(2),
    eventType: text(3),
    subscriptionId: text(4),
    occurredAt: Number(parts[5]),
    receivedAt: Number(parts[6]),
    recordedAt: Number(parts[7]),
    properties: text(8),
    charge: text(9),
    currency: text(10),
    whileSuspended: parts[11] === "t",
  };
}
