import { join } from "node:path";
import { argonPasswords } from "../src/adapters/bun/passwords.ts";
import { newSigningKey, openJoseTokens } from "../src/adapters/jose/tokens.ts";
import { openMemoryCache } from "../src/adapters/memory/cache.ts";
import { openMemoryRateLimiter } from "../src/adapters/memory/rate_limiter.ts";
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
import { migrate } from "../src/adapters/postgres/migrate.ts";
import { postgresOrphanStore } from "../src/adapters/postgres/orphans.ts";
import { openPools, type Pools } from "../src/adapters/postgres/pool.ts";
import { postgresShardStore } from "../src/adapters/postgres/shard_store.ts";
import { openSqliteEventLog } from "../src/adapters/sqlite/event_log.ts";
import { systemClock } from "../src/adapters/system/clock.ts";
import { openIdSource } from "../src/adapters/system/id_source.ts";
import { systemRandom } from "../src/adapters/system/random.ts";
import { Authenticator } from "../src/auth/authenticator.ts";
import { adminRealm } from "../src/auth/realm.ts";
import { Sessions } from "../src/auth/sessions.ts";
import type { Config } from "../src/config.ts";
import { BillingError } from "../src/errors.ts";
import { limits } from "../src/limits.ts";
import { partitionOf } from "../src/partitioning.ts";
import type { CacheServer } from "../src/ports/cache_server.ts";
import type { EventLog } from "../src/ports/event_log.ts";
import type { Ledger } from "../src/ports/ledger.ts";
import { ClockAdvance } from "./clock_advance.ts";
import { Companies } from "./companies.ts";
import { CustomerRefs } from "./customer_refs.ts";
import { Ingestion } from "./ingest.ts";
import { LedgerAuditor } from "./ledger_auditor.ts";
import { LedgerPublisher } from "./ledger_publisher.ts";
import { Ledgers } from "./ledgers.ts";
import { OrphanRecovery } from "./orphan_recovery.ts";
import type { Say } from "./say.ts";
import type { AuthServices, Services } from "./services.ts";
import { Shard } from "./shard.ts";
import { TestClocks } from "./test_clocks.ts";

/** The database the program runs on, brought to this version. */
export interface Database {
  readonly url: string;
  readonly embedded: boolean;
  readonly migrated: readonly string[];
  close(): Promise<void>;
}

/** A ledger that is not in the store. */
export interface RemoteLedger {
  readonly ledger: Ledger;
  close(): Promise<void>;
}

/** Everything put together, not yet started. */
export interface Wired {
  readonly services: Services;
  readonly auth: AuthServices;
  /** Closes the stores; nothing may be under way any more. */
  close(): Promise<void>;
}

/** Starts the embedded Postgres, or takes the one configured, and migrates it. */
export async function openDatabase(config: Config, say: Say): Promise<Database> {
  const embedded = config.databaseUrl === null ? await openEmbedded(config.dataDir, say) : null;
  const url = config.databaseUrl ?? embedded?.url ?? "";
  const close = async () => embedded?.stop(); // which leaves a server running that another process uses
  try {
    const migrated = await migrate(url);
    return { url, embedded: embedded !== null, migrated, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openEmbedded(dataDir: string, say: Say) {
  const { openEmbeddedPostgres } = await import("../src/adapters/postgres/embedded/open.ts");
  return openEmbeddedPostgres({ dataDir, log: say });
}

/**
 * Opens the event log. The embedded one's file is locked for as long: one process at a time owns a data directory.
 * @param waitMsMax how long brokers that are away are waited for
 */
export async function openEventLog(
  config: Config,
  say: Say,
  waitMsMax: number = Number.POSITIVE_INFINITY,
): Promise<EventLog> {
  const { dataDir, kafkaBrokers: brokers } = config;
  const { partitions } = limits;
  if (brokers === null) return openSqliteEventLog({ file: join(dataDir, "events.sqlite"), partitions });
  const { openKafkaEventLog } = await import("../src/adapters/kafka/open.ts");
  return openKafkaEventLog({ brokers, partitions, say, waitMsMax });
}

/** The engine that keeps the ledger, not yet connected: it may be away. Its client is loaded only here. */
export async function openRemoteLedger({ tigerBeetle }: Config): Promise<RemoteLedger | null> {
  if (tigerBeetle === null) return null;
  const { openTigerBeetle } = await import("../src/adapters/tigerbeetle/open.ts").catch((error) => {
    const why = error instanceof Error ? error.message : String(error);
    const msg = `TIGERBEETLE_ADDRESSES: the TigerBeetle client does not run on this machine: ${why}`;
    throw new BillingError("VAL_001", msg, { field: "TIGERBEETLE_ADDRESSES" });
  });
  return openTigerBeetle(tigerBeetle);
}

/** Throws VAL_001 where the ledger that is configured is not the one that has the books of this database. */
async function poolsWithBooks({ url }: Database, remoteLedger: Ledger | null): Promise<Pools> {
  const pools = openPools(url);
  try {
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
    return pools;
  } catch (error) {
    await pools.close();
    throw error;
  }
}

/** What needs no cache server. */
export function embeddedCacheServer(): CacheServer {
  const limiter = openMemoryRateLimiter(systemClock);
  const cache = openMemoryCache(systemClock);
  return {
    embedded: true,
    cache,
    limiter,
    nearLimiter: limiter,
    ping: async () => {},
    describe: async () => "in process",
    close: () => {},
  };
}

/** Connects to the cache server of REDIS_URL, if there is one. That it is away stops nothing. */
export async function openCacheServer(redisUrl: string | null, say: Say): Promise<CacheServer> {
  const near = embeddedCacheServer();
  if (redisUrl === null) return near;
  const [{ openRedis }, { openRedisCache }, { openRedisRateLimiter }] = await Promise.all([
    import("../src/adapters/redis/connection.ts"),
    import("../src/adapters/redis/cache.ts"),
    import("../src/adapters/redis/rate_limiter.ts"),
  ]);
  const redis = await openRedis({ url: redisUrl, prefix: "billai:", say });
  return {
    embedded: false,
    cache: openRedisCache(redis, near.cache),
    limiter: openRedisRateLimiter(redis, near.limiter),
    nearLimiter: near.limiter,
    ping: redis.ping,
    describe: redis.describe,
    close: redis.close,
  };
}

/** Engines beside the database and the log; without one its work is done in the store, or in process. */
export interface Engines {
  /** Keeps the ledger; null where the store does. */
  readonly ledger?: Ledger | null;
  readonly cacheServer?: CacheServer;
}

/** The composition root: the only place that names adapters. */
export async function wire(
  log: EventLog,
  database: Database,
  onFenced: (partition: number) => void,
  warn: Say,
  { ledger: remoteLedger = null, cacheServer = embeddedCacheServer() }: Engines = {},
): Promise<Wired> {
  const pools = await poolsWithBooks(database, remoteLedger);
  const store = postgresShardStore(pools.shard, remoteLedger === null ? embeddedLedger : ledgerOutbox);
  const catalogs = postgresCatalogStore(pools.requests);
  const companyStore = postgresCompanyStore(pools.shard);
  const documents = postgresDocuments(pools.requests);
  const clockStore = postgresClockStore(pools.requests, pools.shard);
  const companies = new Companies(catalogs, companyStore);
  const refs = new CustomerRefs(documents);
  const testClocks = new TestClocks(clockStore);
  const clock = systemClock;
  const ledgerDirectory = postgresLedgerDirectory(pools.requests, pools.shard);
  const ledgers = new Ledgers(ledgerDirectory, warn);
  const ledger = remoteLedger ?? postgresLedger(pools.requests, pools.shard);
  const shard = new Shard({ store, log, clock, companies, ledgers, refs, testClocks, onFenced, warn });
  const ingestion = new Ingestion(log, refs, shard, clock, testClocks);
  const orphans = postgresOrphanStore(pools.requests, pools.shard);
  const services: Services = {
    clock,
    ids: openIdSource(clock),
    shard,
    store,
    log,
    ingestion,
    companies,
    refs,
    testClocks,
    clockAdvance: new ClockAdvance(clockStore, store, testClocks, shard),
    catalogs,
    companyStore,
    documents,
    orphans,
    orphanRecovery: new OrphanRecovery(orphans, ingestion, warn),
    clockStore,
    ledger,
    ledgerDirectory,
    ledgerAuditor: auditorOf(pools, companies, ledger),
    ledgerPublisher:
      remoteLedger === null
        ? null
        : new LedgerPublisher(postgresLedgerOutbox(pools.shard), remoteLedger, warn),
    cacheServer,
    pingDatabase: async () => {
      await pools.shard`select 1`;
    },
  };
  return { services, auth: await wireAuth(pools, cacheServer), close: () => pools.close() };
}

/** An auditor by itself, for a look at what is stored. */
export async function wireAuditor(database: Database, remoteLedger: Ledger | null) {
  const pools = await poolsWithBooks(database, remoteLedger);
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

async function wireAuth(pools: Pools, { cache, limiter }: CacheServer): Promise<AuthServices> {
  const users = postgresAuthStore(pools.requests, pools.shard);
  const apiKeys = postgresApiKeyStore(pools.requests, pools.shard);
  const realm = adminRealm.name;
  const now = systemClock.now();
  const keys = await users.signingKeys(realm, await newSigningKey(realm, now, systemRandom));
  const tokens = await openJoseTokens(adminRealm, keys);
  const cursorSecret = Buffer.from(systemRandom(32)).toString("base64url");
  const [secret] = await users.signingKeys("cursors", {
    realm: "cursors",
    id: "1",
    secret: cursorSecret,
    createdAt: now,
  });
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
