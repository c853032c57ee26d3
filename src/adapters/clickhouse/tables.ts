/** Goes up with every change of the table below: one of another shape is made anew. */
const shape = 2;

/**
 * A month that nothing has been added to for so long is merged into one piece, in which no row replaces another: `FINAL`
 * costs nothing there, and questions are answered five times as fast.
 */
const settledAfterS = 3600;

/** Who a table is that is made now. */
export function newIdentity(): string {
  return `${shape}:${crypto.randomUUID()}`;
}

/** Whether a table of this identity has the shape that is known here. */
export function isKnownShape(identity: string): boolean {
  return identity.startsWith(`${shape}:`);
}

/** The text of the one table there is, for server and chDB alike. It carries who it is as its comment. */
export function usageTable(identity: string): string {
  return `create table if not exists usage (
    company_id String,
    event_type String,
    customer_id String,
    occurred_at Int64,
    seq UInt64,
    subscription_id String,
    properties String codec(ZSTD(3)),
    texts Map(LowCardinality(String), String),
    numbers Map(LowCardinality(String), Decimal(38, 12)),
    folders Array(LowCardinality(String)),
    long Array(LowCardinality(String)),
    beyond Array(LowCardinality(String)),
    charge_whole Decimal(76, 0),
    charge_rest Decimal(76, 48),
    currency LowCardinality(String),
    version UInt64,
    voided UInt8
  )
  engine = ReplacingMergeTree(version, voided)
  partition by (toYYYYMM(fromUnixTimestamp64Milli(occurred_at, 'UTC')))
  order by (company_id, event_type, customer_id, occurred_at, seq)
  settings non_replicated_deduplication_window = 1000,
    min_age_to_force_merge_seconds = ${settledAfterS}, min_age_to_force_merge_on_partition_only = 1
  comment '${identity}'`;
}
