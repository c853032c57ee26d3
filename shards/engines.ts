import { join } from "node:path";
import { openMemoryCache } from "../src/adapters/memory/cache.ts";
import { fixedMembership } from "../src/adapters/memory/fixed_membership.ts";
import { openMemoryRateLimiter } from "../src/adapters/memory/rate_limiter.ts";
import { openPools } from "../src/adapters/postgres/pool.ts";
import { hasCurrentSchema, probePostgres } from "../src/adapters/postgres/probe.ts";
import { postgresUsageFeed } from "../src/adapters/postgres/usage/feed.ts";
import { logFileName, logOwnerOf } from "../src/adapters/sqlite/arrange_logs.ts";
import { probeSqliteEventLog } from "../src/adapters/sqlite/probe.ts";
import { systemClock } from "../src/adapters/system/clock.ts";
import type { Config } from "../src/config.ts";
import { BillingError } from "../src/errors.ts";
import { limits } from "../src/limits.ts";
import { everyPartition } from "../src/partitioning.ts";
import type { CacheServer } from "../src/ports/cache_server.ts";
import type { Ledger } from "../src/ports/ledger.ts";
import type { Membership } from "../src/ports/membership.ts";
import { type Finding, fine, type Probe } from "../src/ports/probe.ts";
import { alone, openKafka, openServer, type Share } from "./ground.ts";
import type { Say } from "./say.ts";

/** A ledger that is not in the store. */
export interface RemoteLedger {
  readonly ledger: Ledger;
  close(): Promise<void>;
}

/** The database as it is, and whether its schema is this release's; for a look that changes nothing. */
export async function openCurrentDatabase(config: Config) {
  const { url, close } = await openServer(config, () => {});
  try {
    return { url, isCurrent: await hasCurrentSchema(url), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Who decides which partitions this process owns: the brokers, or its share of the machine's where there are none. */
export async function openMembership(
  { kafkaBrokers: brokers }: Config,
  { index, count }: Share,
  say: Say,
): Promise<Membership> {
  if (brokers === null) {
    const own = everyPartition.filter((partition) => logOwnerOf(partition, count) === index);
    return fixedMembership(own, say);
  }
  const { openKafkaMembership } = await import("../src/adapters/kafka/membership.ts");
  return openKafkaMembership({ brokers, partitions: limits.partitions, say });
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
    limiter: openRedisRateLimiter(redis, near.nearLimiter),
    nearLimiter: near.nearLimiter,
    ping: redis.ping,
    describe: redis.describe,
    close: redis.close,
  };
}

/**
 * Opens analytics, not yet connected: it may be away. chDB belongs to one process, the first of those on a machine.
 * Null where there is none: not wanted, another process's, or not installed.
 */
export async function openAnalytics({ dataDir, clickHouseUrl }: Config, { index }: Share = alone) {
  if (clickHouseUrl === "off") return null;
  const { openChdb, openClickHouse } = await import("../src/adapters/clickhouse/open.ts");
  if (clickHouseUrl !== null) return openClickHouse(clickHouseUrl);
  return index === 0 ? openChdb(join(dataDir, "analytics")) : null;
}

/** Has analytics fed from the beginning, into tables made anew. */
export async function restartFeed(url: string): Promise<void> {
  const pools = openPools(url);
  try {
    await postgresUsageFeed(pools.shard).restart();
  } finally {
    await pools.close();
  }
}

/** What `doctor` asks of each engine. */
export function probesOf(config: Config): readonly { readonly name: string; readonly probe: Probe }[] {
  return [
    { name: "event log", probe: () => probeLog(config) },
    { name: "database", probe: () => probeDatabase(config) },
    { name: "cache", probe: () => probeCache(config) },
    { name: "ledger", probe: () => probeLedger(config) },
    { name: "analytics", probe: () => probeAnalytics(config) },
  ];
}

async function probeLog(config: Config): Promise<readonly Finding[]> {
  const { kafkaBrokers: brokers } = config;
  if (brokers === null) {
    return probeSqliteEventLog({ file: logFileName(config.dataDir, 0), partitions: limits.partitions });
  }
  const log = await openKafka(brokers, () => {}, limits.eventLogAnswerMsMax);
  await log.close();
  return [fine(`answers at ${brokers.join(", ")}, with its topics in place`)];
}

async function probeDatabase(config: Config): Promise<readonly Finding[]> {
  const server = await openServer(config, () => {});
  try {
    return await probePostgres(server.url, systemClock);
  } finally {
    await server.close();
  }
}

async function probeCache({ redisUrl }: Config): Promise<readonly Finding[]> {
  const server = await openCacheServer(redisUrl, () => {});
  try {
    return [fine(await server.describe())];
  } finally {
    server.close();
  }
}

async function probeLedger(config: Config): Promise<readonly Finding[]> {
  const remote = await openRemoteLedger(config);
  try {
    await remote?.ledger.ping();
    return [fine(remote === null ? "is kept in the database" : "TigerBeetle answers")];
  } finally {
    await remote?.close();
  }
}

async function probeAnalytics({ clickHouseUrl }: Config): Promise<readonly Finding[]> {
  // chDB's folder belongs to the process that runs.
  if (clickHouseUrl === "off") return [fine("is off: the store answers reports")];
  if (clickHouseUrl === null) return [fine("is in process, where chDB is installed; else the store answers")];
  const { openClickHouse } = await import("../src/adapters/clickhouse/open.ts");
  const analytics = openClickHouse(clickHouseUrl);
  try {
    return [fine(await analytics.describe())];
  } finally {
    await analytics.close();
  }
}
