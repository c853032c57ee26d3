import { argonPasswords } from "../src/adapters/bun/passwords.ts";
import { newSigningKey, openJoseTokens } from "../src/adapters/jose/tokens.ts";
import { openLastKnownCache } from "../src/adapters/memory/last_known.ts";
import { postgresApiKeyStore } from "../src/adapters/postgres/api_key_store.ts";
import { postgresAuthStore } from "../src/adapters/postgres/auth_store.ts";
import { postgresCatalogStore } from "../src/adapters/postgres/catalog_store.ts";
import { postgresClockStore } from "../src/adapters/postgres/clock_store.ts";
import { postgresCompanyStore } from "../src/adapters/postgres/company_store.ts";
import { postgresDocuments } from "../src/adapters/postgres/documents.ts";
import { postgresIdempotencyStore } from "../src/adapters/postgres/idempotency_store.ts";
import { embeddedLedger, ledgerOutbox } from "../src/adapters/postgres/ledger/commit_ledger.ts";
import { postgresLedgerDirectory } from "../src/adapters/postgres/ledger/directory.ts";
import { whereBooksAre } from "../src/adapters/postgres/ledger/engine.ts";
import { postgresLedger } from "../src/adapters/postgres/ledger/ledger.ts";
import { postgresLedgerOutbox } from "../src/adapters/postgres/ledger/outbox.ts";
import { postgresOrphanStore } from "../src/adapters/postgres/orphans.ts";
import { openPools, type Pools } from "../src/adapters/postgres/pool.ts";
import { postgresShardStore } from "../src/adapters/postgres/shard_store.ts";
import { postgresUsageFeed } from "../src/adapters/postgres/usage/feed.ts";
import { makeUsageMonths } from "../src/adapters/postgres/usage/months.ts";
import { postgresReportRows } from "../src/adapters/postgres/usage/report_rows.ts";
import { postgresUsageTotals } from "../src/adapters/postgres/usage/totals.ts";
import { systemClock } from "../src/adapters/system/clock.ts";
import { openIdSource } from "../src/adapters/system/id_source.ts";
import { systemRandom } from "../src/adapters/system/random.ts";
import { Authenticator } from "../src/auth/authenticator.ts";
import { adminRealm } from "../src/auth/realm.ts";
import { Sessions } from "../src/auth/sessions.ts";
import type { CrashAt } from "../src/config.ts";
import { BillingError } from "../src/errors.ts";
import { limits } from "../src/limits.ts";
import { everyPartition, partitionOf } from "../src/partitioning.ts";
import type { CacheServer } from "../src/ports/cache_server.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { ClockStore } from "../src/ports/clock_store.ts";
import type { Documents } from "../src/ports/documents.ts";
import type { EventLog, LogEntry } from "../src/ports/event_log.ts";
import type { Ledger } from "../src/ports/ledger.ts";
import type { UsageAnalytics } from "../src/ports/usage_analytics.ts";
import { AnalyticsFeed } from "./analytics_feed.ts";
import { ClockAdvance } from "./clock_advance.ts";
import { Companies } from "./companies.ts";
import { crashing } from "./crash_points.ts";
import { CustomerRefs } from "./customer_refs.ts";
import { embeddedCacheServer } from "./engines.ts";
import type { Database } from "./ground.ts";
import { Ingestion } from "./ingest.ts";
import { Intake } from "./intake.ts";
import { LedgerAuditor } from "./ledger_auditor.ts";
import { LedgerPublisher } from "./ledger_publisher.ts";
import { Ledgers } from "./ledgers.ts";
import { OrphanRecovery } from "./orphan_recovery.ts";
import { openPeering, type PeerHost } from "./peers/peering.ts";
import type { Peers } from "./peers/peers.ts";
import { UsageReports } from "./reports/usage_reports.ts";
import type { Say } from "./say.ts";
import type { AuthServices, Services } from "./services.ts";
import { Shard, type ShardDeps } from "./shard.ts";
import { SpendNow } from "./spend_now.ts";
import { TestClocks } from "./test_clocks.ts";
import { Waker } from "./waker.ts";

/** Everything put together, not yet started. */
export interface Wired {
  readonly services: Services;
  readonly auth: AuthServices;
  /** Closes the stores; nothing may be under way any more. */
  close(): Promise<void>;
}

/**
 * Pools of a database, and what is made with them. Throws VAL_001 where the ledger that is configured is not the one
 * that has the books of this database.
 */
async function poolsWithBooks<T>(
  url: string,
  remoteLedger: Ledger | null,
  make: (pools: Pools) => Promise<T>,
  sharers = 1,
): Promise<{ readonly pools: Pools; readonly made: T }> {
  const pools = openPools(url, sharers);
  try {
    const making = make(pools);
    making.catch(() => {}); // waited for below
    const books = await whereBooksAre(pools.shard);
    const advice =
      books === "here" && remoteLedger !== null
        ? "the books of this database are in it and cannot be moved; unset it, or begin with an empty database"
        : books === "elsewhere" && remoteLedger === null
          ? "the books of this database are in TigerBeetle; set it"
          : null;
    if (advice !== null)
      throw new BillingError("VAL_001", `TIGERBEETLE_ADDRESSES: ${advice}`, {
        field: "TIGERBEETLE_ADDRESSES",
      });
    return { pools, made: await making };
  } catch (error) {
    await pools.close();
    throw error;
  }
}

/** Engines beside the database and the log; without one its work is done in the store, or in process. */
export interface Engines {
  /** Keeps the ledger; null where the store does. */
  readonly ledger?: Ledger | null;
  readonly cacheServer?: CacheServer;
  /** Answers questions about much usage; null where the store does. */
  readonly analytics?: UsageAnalytics | null;
  /** Where other processes reach this one; null where there are none. */
  readonly peerHost?: PeerHost | null;
  /** Where the process is to die; null but in tests. */
  readonly crashAt?: CrashAt | null;
}

/** The composition root: the only place that names adapters. */
export async function wire(
  log: EventLog,
  database: Database,
  onFenced: (partition: number) => void,
  warn: Say,
  engines: Engines = {},
): Promise<Wired> {
  const { ledger: remoteLedger = null, cacheServer = embeddedCacheServer(), peerHost = null } = engines;
  const clock = systemClock;
  const { pools, made: auth } = await poolsWithBooks(
    database.url,
    remoteLedger,
    (opened) => wireAuth(opened, cacheServer),
    database.sharers,
  );
  const { crashAt = null } = engines;
  const crash = crashAt === null ? null : crashing(crashAt);
  const stored = postgresShardStore(pools.shard, remoteLedger === null ? embeddedLedger : ledgerOutbox);
  const store = crash?.store(stored) ?? stored;
  const catalogs = postgresCatalogStore(pools.requests);
  const companyStore = postgresCompanyStore(pools.shard);
  const documents = postgresDocuments(pools.requests);
  const clockStore = postgresClockStore(pools.requests, pools.shard);
  const peering =
    peerHost === null ? null : await openPeering(peerHost, { ...auth, store, clock, say: warn });
  const peers = peering?.peers ?? null;
  const companies = new Companies(catalogs, companyStore, peers !== null);
  const ledgerDirectory = postgresLedgerDirectory(pools.requests, pools.shard);
  const ledgers = new Ledgers(ledgerDirectory, warn);
  const ledger = remoteLedger ?? postgresLedger(pools.requests, pools.shard);
  const outbox = postgresLedgerOutbox(pools.shard);
  const flow = flowOf(
    { store, log, clock, companies, ledgers, onFenced, warn },
    { documents, clockStore, peers },
  );
  const orphans = postgresOrphanStore(pools.requests, pools.shard);
  const services: Services = {
    clock,
    ids: openIdSource(clock),
    ...flow,
    store,
    log,
    companies,
    peering,
    catalogs,
    companyStore,
    documents,
    orphans,
    orphanRecovery: new OrphanRecovery(orphans, flow.ingestion, warn),
    clockStore,
    ...wireAnalytics(pools, clock, warn, engines.analytics ?? null, flow.shard),
    usageTotals: postgresUsageTotals(pools, database.url, database.usageTier),
    makeUsageMonths: (now) => makeUsageMonths(database.url, now),
    ledger,
    ledgerDirectory,
    ledgerAuditor: auditorOf(pools, companies, ledger),
    ledgerPublisher:
      remoteLedger === null
        ? null
        : new LedgerPublisher(crash?.outbox(outbox) ?? outbox, remoteLedger, warn, () => flow.shard.owned),
    cacheServer,
    pingDatabase: async () => {
      await pools.shard`select 1`;
    },
  };
  const close = async () => {
    await peering?.server.stop();
    await pools.close();
  };
  return { services, auth, close };
}

/** Analytics, and what feeds it; a process that has it alone feeds what all have committed. */
function wireAnalytics(
  pools: Pools,
  clock: Clock,
  warn: Say,
  analytics: UsageAnalytics | null,
  shard: Shard,
) {
  const usageFeed = postgresUsageFeed(pools.shard);
  const partitions = () => (analytics?.embedded === true ? everyPartition : shard.owned);
  const analyticsFeed =
    analytics === null ? null : new AnalyticsFeed(usageFeed, analytics, clock, warn, partitions);
  const usageReports = new UsageReports(analytics, analyticsFeed, postgresReportRows(pools.requests), clock);
  return { analytics, usageFeed, analyticsFeed, usageReports };
}

/** What events, commands and clocks go through on their way to the customers. */
function flowOf(
  deps: Omit<ShardDeps, "refs" | "testClocks" | "append">,
  given: { documents: Documents; clockStore: ClockStore; peers: Peers | null },
) {
  const { documents, clockStore, peers } = given;
  const { store, log, clock } = deps;
  const refs = new CustomerRefs(documents);
  const testClocks = new TestClocks(clockStore);
  const append = async (entries: readonly LogEntry[]): Promise<void> => {
    await Promise.all(entries.map((entry) => intake.take(entry, false)));
  };
  const shard = new Shard({ ...deps, refs, testClocks, append });
  const intake = new Intake(log, shard, peers);
  const waker = new Waker(shard, testClocks, peers);
  return {
    ...{ refs, testClocks, shard, intake, waker },
    ingestion: new Ingestion(intake, refs, clock, testClocks),
    spendNow: new SpendNow(shard, peers),
    clockAdvance: new ClockAdvance(clockStore, store, testClocks, waker),
  };
}

/** An auditor by itself, for a look at what is stored. */
export async function wireAuditor(url: string, remoteLedger: Ledger | null) {
  const { pools } = await poolsWithBooks(url, remoteLedger, async () => null);
  const companies = new Companies(postgresCatalogStore(pools.requests), postgresCompanyStore(pools.shard));
  const ledger = remoteLedger ?? postgresLedger(pools.requests, pools.shard);
  return { auditor: auditorOf(pools, companies, ledger), close: () => pools.close() };
}

function auditorOf({ requests, shard }: Pools, companies: Companies, ledger: Ledger): LedgerAuditor {
  const outbox = postgresLedgerOutbox(shard);
  return new LedgerAuditor({
    ...{ companies, ledger },
    store: postgresShardStore(shard),
    companyStore: postgresCompanyStore(shard),
    documents: postgresDocuments(requests),
    directory: postgresLedgerDirectory(requests, shard),
    isBehind: (key) => outbox.isBehind(partitionOf(key.companyId, key.customerId, limits.partitions)),
  });
}

async function wireAuth(pools: Pools, { cache: shared, limiter }: CacheServer): Promise<AuthServices> {
  const cache = openLastKnownCache(shared, systemClock);
  const users = postgresAuthStore(pools.requests, pools.shard);
  const apiKeys = postgresApiKeyStore(pools.requests, pools.shard);
  const realm = adminRealm.name;
  const now = systemClock.now();
  const cursorSecret = Buffer.from(systemRandom(32)).toString("base64url");
  const [tokens, [secret]] = await Promise.all([
    newSigningKey(realm, now, systemRandom)
      .then((first) => users.signingKeys(realm, first))
      .then((keys) => openJoseTokens(adminRealm, keys)),
    users.signingKeys("cursors", { realm: "cursors", id: "1", secret: cursorSecret, createdAt: now }),
  ]);
  const random = systemRandom;
  return {
    users,
    apiKeys,
    cache,
    tokens,
    random,
    passwords: argonPasswords,
    idempotency: postgresIdempotencyStore(pools.requests, pools.shard),
    sessions: new Sessions({
      store: users,
      tokens,
      passwords: argonPasswords,
      cache,
      limiter,
      random,
      realm,
    }),
    authenticator: new Authenticator({ users, apiKeys, tokens, cache, realm }),
    cursorSecret: Buffer.from(secret?.secret ?? cursorSecret, "base64url"),
  };
}
