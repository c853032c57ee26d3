import { mkdirSync } from "node:fs";
import { isLostWrite } from "../src/adapters/postgres/store_errors.ts";
import type { UsageTier } from "../src/adapters/postgres/usage/tier.ts";
import { arrangeLogs, hasSeveralLogs, logFileName } from "../src/adapters/sqlite/arrange_logs.ts";
import { openSqliteEventLog } from "../src/adapters/sqlite/event_log.ts";
import { systemClock } from "../src/adapters/system/clock.ts";
import type { Config } from "../src/config.ts";
import { limits } from "../src/limits.ts";
import { everyPartition } from "../src/partitioning.ts";
import type { EventLog } from "../src/ports/event_log.ts";
import { Closers } from "./closers.ts";
import { crashing } from "./crash_points.ts";
import type { Say } from "./say.ts";

// What a process begins with, so that both are on their way while everything else is loaded: this imports little, and
// what is of Postgres only when it is needed.

/** Which of several processes on one machine this is: they share its ports, its data directory and its customers. */
export interface Share {
  readonly index: number;
  readonly count: number;
}

/** A process that has everything to itself. */
export const alone: Share = { index: 0, count: 1 };

/** The database the program runs on, brought to this version. */
export interface Database {
  readonly url: string;
  readonly embedded: boolean;
  readonly migrated: readonly string[];
  /** How it keeps usage. */
  readonly usageTier: UsageTier;
  /** Processes on this machine that use it as this one does; 1 where it is not said. */
  readonly sharers?: number;
  close(): Promise<void>;
}

/** What everything else stands on. */
export interface Ground {
  readonly log: EventLog;
  /** Its server is starting. */
  readonly database: Promise<Database>;
  /** How to end what is open, which whoever takes this over adds to. */
  readonly closers: Closers;
}

/** Whether an error that nobody could catch hurts nobody: an engine's client threw it, and copes with it. */
export const isHarmless = isLostWrite;

/**
 * Opens the log and then the database. Resolves once nothing is left to do here but to wait: then is the time to load
 * everything else, which keeps this process busy.
 *
 * @param share which of several processes on this machine it is
 */
export async function openGround(config: Config, say: Say, share: Share = alone): Promise<Ground> {
  if (share.count === 1) await arrangeEventLog(config, 1, say);
  if (config.databaseUrl === null) void loadEmbedded(); // while the log opens on its thread
  const log = await openEventLog(config, say, share); // first: the embedded one's lock keeps a second process off everything else
  const closers = new Closers(say);
  closers.add("the event log", () => log.close());
  try {
    const server = await beginServer(config, say, share.count === 1);
    const database = prepare(server, say, share);
    database.catch(() => {}); // whoever waits for it is told
    return { log, database, closers };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

const loadEmbedded = () => import("../src/adapters/postgres/embedded/open.ts");

/** A Postgres that is starting, or is there. */
interface Server {
  readonly url: string;
  readonly embedded: boolean;
  close(): Promise<void>;
}

/** Starts the embedded Postgres, or takes the one configured. */
export async function openServer(config: Config, say: Say, revive = false): Promise<Server> {
  return (await beginServer(config, say, revive)).opened;
}

async function beginServer({ databaseUrl, dataDir }: Config, say: Say, revive: boolean) {
  if (databaseUrl !== null)
    return { opened: Promise.resolve({ url: databaseUrl, embedded: false, close: async () => {} }) };
  const { beginEmbeddedPostgres } = await loadEmbedded();
  const { opened } = await beginEmbeddedPostgres({ dataDir, log: say, revive });
  return {
    opened: opened.then((server) => ({ url: server.url, embedded: true, close: () => server.stop() })),
  };
}

/**
 * The database, migrated. One that is embedded and ends is started again, by the process that has it to itself or
 * supervises the others.
 *
 * @param waitMsMax how long one that is away is waited for, which is said
 */
export async function openDatabase(
  config: Config,
  say: Say,
  share: Share = alone,
  waitMsMax = Number.POSITIVE_INFINITY,
): Promise<Database> {
  return prepare(await beginServer(config, say, share.count === 1), say, share, waitMsMax);
}

async function prepare(
  { opened }: { readonly opened: Promise<Server> },
  say: Say,
  { count }: Share,
  waitMsMax = Number.POSITIVE_INFINITY,
): Promise<Database> {
  const { url, embedded, close } = await opened;
  try {
    const { prepareDatabase } = await import("../src/adapters/postgres/prepare.ts");
    const prepared = await prepareDatabase(url, { say, waitMsMax, now: systemClock.now() });
    return { url, embedded, ...prepared, sharers: count, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Opens the event log. The embedded one's file is locked for as long: one process at a time writes it. */
export async function openEventLog(config: Config, say: Say, { index }: Share = alone): Promise<EventLog> {
  const log = await (config.kafkaBrokers === null
    ? openSqliteEventLog({ file: logFileName(config.dataDir, index), partitions: limits.partitions })
    : openKafka(config.kafkaBrokers, say, Number.POSITIVE_INFINITY));
  return config.crashAt === null ? log : crashing(config.crashAt).log(log);
}

/** @param waitMsMax how long brokers that are away are waited for */
export async function openKafka(brokers: readonly string[], say: Say, waitMsMax: number): Promise<EventLog> {
  const { openKafkaEventLog } = await import("../src/adapters/kafka/open.ts");
  return openKafkaEventLog({ brokers, partitions: limits.partitions, say, waitMsMax });
}

/**
 * Makes the embedded log's files those of so many processes, before any of them starts; quick where they are already.
 * Throws DEP_001 where BillAI is running.
 */
export async function arrangeEventLog(config: Config, count: number, say: Say): Promise<void> {
  const { dataDir, kafkaBrokers } = config;
  mkdirSync(dataDir, { recursive: true });
  if (kafkaBrokers !== null || (count === 1 && !hasSeveralLogs(dataDir))) return;
  const [{ openPools }, { postgresShardStore }] = await Promise.all([
    import("../src/adapters/postgres/pool.ts"),
    import("../src/adapters/postgres/shard_store.ts"),
  ]);
  const database = await openDatabase(config, say);
  const pools = openPools(database.url);
  try {
    const applied = everyPartition.map(() => 0);
    for (const owner of await postgresShardStore(pools.shard).owners())
      applied[owner.partition] = owner.nextOffset;
    arrangeLogs(dataDir, count, applied);
  } finally {
    await pools.close();
    await database.close();
  }
}
