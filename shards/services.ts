import type { Authenticator } from "../src/auth/authenticator.ts";
import type { Sessions } from "../src/auth/sessions.ts";
import type { IdSource } from "../src/ids.ts";
import type { ApiKeyStore } from "../src/ports/api_key_store.ts";
import type { AuthStore } from "../src/ports/auth_store.ts";
import type { Cache } from "../src/ports/cache.ts";
import type { CacheServer } from "../src/ports/cache_server.ts";
import type { CatalogStore } from "../src/ports/catalog_store.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { ClockStore } from "../src/ports/clock_store.ts";
import type { CompanyStore } from "../src/ports/company_store.ts";
import type { Documents } from "../src/ports/documents.ts";
import type { EventLog } from "../src/ports/event_log.ts";
import type { IdempotencyStore } from "../src/ports/idempotency_store.ts";
import type { Ledger } from "../src/ports/ledger.ts";
import type { LedgerDirectory } from "../src/ports/ledger_directory.ts";
import type { OrphanStore } from "../src/ports/orphan_store.ts";
import type { Passwords } from "../src/ports/passwords.ts";
import type { RandomBytes } from "../src/ports/random.ts";
import type { ShardStore } from "../src/ports/shard_store.ts";
import type { Tokens } from "../src/ports/tokens.ts";
import type { UsageAnalytics } from "../src/ports/usage_analytics.ts";
import type { UsageFeed } from "../src/ports/usage_feed.ts";
import type { UsageTotals } from "../src/ports/usage_totals.ts";
import type { Instant } from "../src/time/instant.ts";
import type { AnalyticsFeed } from "./analytics_feed.ts";
import type { ClockAdvance } from "./clock_advance.ts";
import type { Companies } from "./companies.ts";
import type { CustomerRefs } from "./customer_refs.ts";
import type { Ingestion } from "./ingest.ts";
import type { Intake } from "./intake.ts";
import type { LedgerAuditor } from "./ledger_auditor.ts";
import type { LedgerPublisher } from "./ledger_publisher.ts";
import type { OrphanRecovery } from "./orphan_recovery.ts";
import type { Peering } from "./peers/peering.ts";
import type { UsageReports } from "./reports/usage_reports.ts";
import type { Shard } from "./shard.ts";
import type { SpendNow } from "./spend_now.ts";
import type { TestClocks } from "./test_clocks.ts";
import type { Waker } from "./waker.ts";

/** What the HTTP resources work with; put together once, in wiring. */
export interface Services {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly shard: Shard;
  readonly store: ShardStore;
  readonly log: EventLog;
  readonly ingestion: Ingestion;
  readonly companies: Companies;
  readonly refs: CustomerRefs;
  readonly testClocks: TestClocks;
  readonly waker: Waker;
  readonly spendNow: SpendNow;
  readonly intake: Intake;
  /** This process among the others; null where it is alone. */
  readonly peering: Peering | null;
  readonly clockAdvance: ClockAdvance;
  readonly catalogs: CatalogStore;
  readonly companyStore: CompanyStore;
  readonly documents: Documents;
  readonly orphans: OrphanStore;
  readonly orphanRecovery: OrphanRecovery;
  readonly clockStore: ClockStore;
  readonly usageTotals: UsageTotals;
  /** Makes the partitions usage will need; answers their names. */
  readonly makeUsageMonths: (now: Instant) => Promise<string[]>;
  readonly ledger: Ledger;
  readonly ledgerDirectory: LedgerDirectory;
  readonly ledgerAuditor: LedgerAuditor;
  /** Null where commits post by themselves. */
  readonly ledgerPublisher: LedgerPublisher | null;
  readonly cacheServer: CacheServer;
  /** Null where there is none, or another process has it. */
  readonly analytics: UsageAnalytics | null;
  readonly usageFeed: UsageFeed;
  /** Null without analytics. */
  readonly analyticsFeed: AnalyticsFeed | null;
  readonly usageReports: UsageReports;
  /** Rejects when the database does not answer. */
  readonly pingDatabase: () => Promise<void>;
}

/** What proves and remembers who calls. */
export interface AuthServices {
  readonly users: AuthStore;
  readonly apiKeys: ApiKeyStore;
  readonly cache: Cache;
  readonly tokens: Tokens;
  readonly random: RandomBytes;
  readonly passwords: Passwords;
  readonly idempotency: IdempotencyStore;
  readonly sessions: Sessions;
  readonly authenticator: Authenticator;
  /** Signs list cursors. */
  readonly cursorSecret: Uint8Array;
}
