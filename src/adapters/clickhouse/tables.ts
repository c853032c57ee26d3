/** All of it in one place: the text of every table, for server and chDB alike. */
export const tables: readonly string[] = [
  `create table if not exists usage (
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
    charge Decimal(76, 38),
    currency LowCardinality(String),
    version UInt64,
    voided UInt8
  )
  engine = ReplacingMergeTree(version, voided)
  partition by (toYYYYMM(fromUnixTimestamp64Milli(occurred_at, 'UTC')))
  order by (company_id, event_type, customer_id, occurred_at, seq)
  settings non_replicated_deduplication_window = 1000`,
  `create table if not exists identity (id String) engine = MergeTree order by id`,
];
