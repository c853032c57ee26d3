import { BillingError } from "./errors.ts";
import { limits } from "./limits.ts";

/**
 * Boundaries at which a process can be made to kill itself, to test what its death leaves there: before a step, while
 * it is under way, and after it but before anything that follows.
 */
export const crashPoints = [
  /** The event log: events become durable. */
  "before-append",
  "in-append",
  "after-append",
  /** The store: a batch, all of its rows written in a transaction that is not committed; the same with a snapshot in it. */
  "before-commit",
  "in-commit",
  "in-snapshot",
  "after-commit",
  /** Becoming the owner of partitions. */
  "before-claim",
  "in-claim",
  "after-claim",
  /** Passive customers are read to be made live again. */
  "before-load",
  "after-load",
  /** Rows of the outbox are read, and posted but not yet removed; only where the ledger is not in the store. */
  "before-publish",
  "after-publish",
] as const;
export type CrashPoint = (typeof crashPoints)[number];

/** Where the process is to die: at a point, the n-th time it gets there. */
export interface CrashAt {
  readonly point: CrashPoint;
  readonly nth: number;
}

/** The whole configuration; API.md §4. Read once at start, then passed down. */
export interface Config {
  readonly dataDir: string;
  readonly host: string;
  /** The front port; 0 picks a free one. */
  readonly port: number;
  readonly servicePorts: boolean;
  /** Null: Redis clients have none. */
  readonly respPort: number | null;
  readonly admin: { readonly email: string | null; readonly password: string | null };
  /** Null: on at the first start of an empty data directory. */
  readonly demo: boolean | null;
  readonly shards: number;
  readonly allowPrivateTargets: boolean;
  /** Null: the embedded Postgres. */
  readonly databaseUrl: string | null;
  /** The cluster that keeps the ledger, its replicas as `host:port`; null: the store keeps it. */
  readonly tigerBeetle: { readonly cluster: bigint; readonly addresses: readonly string[] } | null;
  /** Null: everything the cache does is done in process. */
  readonly redisUrl: string | null;
  /** `host:port` of some brokers of one cluster; null: the embedded event log. */
  readonly kafkaBrokers: readonly string[] | null;
  /** Null: nowhere, as always but in tests. */
  readonly crashAt: CrashAt | null;
  /** Where reports are answered from; null: chDB where it is installed, else the store; `off`: the store. */
  readonly clickHouseUrl: string | null;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** One line of the README's configuration table, which a test compares with this list. */
export interface Variable {
  readonly name: string;
  readonly fallback: string;
  readonly meaning: string;
}

/** Every variable the program reads. */
export const variables: readonly Variable[] = [
  { name: "BILLAI_DATA_DIR", fallback: "./data", meaning: "where the embedded engines keep their files" },
  { name: "BILLAI_HOST", fallback: "127.0.0.1", meaning: "address the ports listen on" },
  { name: "BILLAI_PORT", fallback: "8000", meaning: "the front port; `0` picks a free one and prints it" },
  { name: "BILLAI_SERVICE_PORTS", fallback: "on", meaning: "`off`: do not open the ten documented ports" },
  {
    name: "BILLAI_RESP_PORT",
    fallback: "off",
    meaning: "a port that Redis clients can ask for spend checks and reservations",
  },
  { name: "BILLAI_ADMIN_EMAIL", fallback: "admin@example.com", meaning: "the first admin, printed once" },
  { name: "BILLAI_ADMIN_PASSWORD", fallback: "made at first start", meaning: "its password, printed once" },
  { name: "BILLAI_DEMO", fallback: "on for an empty data directory", meaning: "seed the demo company" },
  {
    name: "BILLAI_SHARDS",
    fallback: "1",
    meaning: "shard processes on this machine, which share its ports and customers",
  },
  {
    name: "BILLAI_ALLOW_PRIVATE_TARGETS",
    fallback: "off",
    meaning: "`on`: tasks and webhooks may go to private addresses; nothing sends any yet",
  },
  {
    name: "DATABASE_URL",
    fallback: "embedded Postgres",
    meaning: "a Postgres to use instead of the embedded one",
  },
  {
    name: "KAFKA_BROKERS",
    fallback: "embedded log",
    meaning:
      "`host:port`, comma-separated: Kafka or Redpanda to keep the event log in, with plain connections",
  },
  {
    name: "CLICKHOUSE_URL",
    fallback: "chDB in process",
    meaning:
      "`http(s)://user:password@host:8123/database`: a ClickHouse for reports; `off`: the store answers them",
  },
  {
    name: "TIGERBEETLE_ADDRESSES",
    fallback: "embedded ledger",
    meaning: "`host:port` of every replica, commas between; `CLUSTER@` before them where its id is not 0",
  },
  { name: "REDIS_URL", fallback: "in process", meaning: "a Redis or Dragonfly that processes share" },
  {
    name: "BILLAI_CRASH_AT",
    fallback: "nowhere",
    meaning: "a testing aid: where the process kills itself; `tests/chaos/README.md` says more",
  },
];

/** Reads the environment. Throws VAL_001 naming the variable, what is wrong with it and what it takes. */
export function readConfig(env: Environment): Config {
  const clickHouseUrl = text(env, "CLICKHOUSE_URL");
  if (clickHouseUrl !== null && clickHouseUrl !== "off" && !isDatabaseUrl(clickHouseUrl)) {
    throw unusable("CLICKHOUSE_URL", "must be http(s)://user:password@host:8123/database, or off");
  }
  const databaseUrl = text(env, "DATABASE_URL");
  if (databaseUrl !== null && !/^postgres(ql)?:\/\//.test(databaseUrl)) {
    throw unusable("DATABASE_URL", "must begin with postgres://");
  }
  const redisUrl = text(env, "REDIS_URL");
  if (redisUrl !== null && !/^rediss?:\/\/[^/]/.test(redisUrl)) {
    throw unusable("REDIS_URL", "must begin with redis:// or rediss://");
  }
  return {
    dataDir: text(env, "BILLAI_DATA_DIR") ?? "./data",
    host: text(env, "BILLAI_HOST") ?? "127.0.0.1",
    port: integer(env, "BILLAI_PORT", 8000, 0, 65_535),
    servicePorts: flag(env, "BILLAI_SERVICE_PORTS") ?? true,
    respPort: respPort(env),
    admin: { email: text(env, "BILLAI_ADMIN_EMAIL"), password: password(env) },
    demo: flag(env, "BILLAI_DEMO"),
    shards: integer(env, "BILLAI_SHARDS", 1, 1, limits.partitions),
    allowPrivateTargets: flag(env, "BILLAI_ALLOW_PRIVATE_TARGETS") ?? false,
    databaseUrl,
    tigerBeetle: tigerBeetle(env),
    redisUrl,
    kafkaBrokers: brokers(env),
    crashAt: crashAt(env),
    clickHouseUrl,
  };
}

function crashAt(env: Environment): CrashAt | null {
  const [, name, nth = "1"] =
    /^([a-z-]+)(?::([1-9]\d{0,8}))?$/.exec(text(env, "BILLAI_CRASH_AT") ?? "") ?? [];
  const point = crashPoints.find((known) => known === name);
  if (point !== undefined) return { point, nth: Number(nth) };
  if (text(env, "BILLAI_CRASH_AT") === null) return null;
  throw unusable("BILLAI_CRASH_AT", `must be POINT or POINT:N, the point one of ${crashPoints.join(", ")}`);
}

/** One host and one database, with everything that is escaped in it readable. */
function isDatabaseUrl(address: string): boolean {
  if (!/^https?:\/\/[^?#]+$/.test(address) || !URL.canParse(address)) return false;
  const { username, password, pathname } = new URL(address);
  if (pathname.slice(1).includes("/")) return false;
  try {
    for (const part of [username, password, pathname]) decodeURIComponent(part);
    return true;
  } catch {
    return false; // URIError: an escape that is none, such as %zz
  }
}

function brokers(env: Environment): string[] | null {
  const list = text(env, "KAFKA_BROKERS")
    ?.split(",")
    .map((address) => address.trim());
  if (list === undefined) return null;
  const isAddress = (address: string): boolean => {
    const port = Number(/^[^\s:/]+:(\d{1,5})$/.exec(address)?.[1] ?? 0);
    return port > 0 && port <= 65_535;
  };
  if (list.every(isAddress)) return list;
  throw unusable("KAFKA_BROKERS", "must be host:port, or several of them separated by commas");
}

function text(env: Environment, name: string): string | null {
  const value = env[name]?.trim();
  return value === undefined || value === "" ? null : value;
}

function flag(env: Environment, name: string): boolean | null {
  const value = text(env, name);
  if (value === null) return null;
  if (value === "on" || value === "off") return value === "on";
  throw unusable(name, "must be `on` or `off`");
}

function integer(env: Environment, name: string, fallback: number, least: number, most: number): number {
  const value = text(env, name);
  if (value === null) return fallback;
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= least && number <= most) return number;
  throw unusable(name, `must be a whole number from ${least} to ${most}`);
}

function respPort(env: Environment): number | null {
  const given = text(env, "BILLAI_RESP_PORT") ?? "off";
  return given === "off" ? null : integer(env, "BILLAI_RESP_PORT", 0, 1, 65_535);
}

function password(env: Environment): string | null {
  const value = text(env, "BILLAI_ADMIN_PASSWORD");
  if (value !== null && value.length < 12)
    throw unusable("BILLAI_ADMIN_PASSWORD", "must have at least 12 characters");
  return value;
}

function tigerBeetle(env: Environment): Config["tigerBeetle"] {
  const value = text(env, "TIGERBEETLE_ADDRESSES");
  if (value === null) return null;
  const [, cluster = "0", listed = ""] = /^(?:(\d+)@)?(.*)$/.exec(value) ?? [];
  const addresses = listed.split(",").map((address) => address.trim());
  const isAddress = (address: string) => {
    const port = /^(?:[\w.-]+|\[[\da-fA-F:.]+\]):(\d{1,5})$/.exec(address)?.[1];
    return port !== undefined && Number(port) > 0 && Number(port) <= 65_535;
  };
  if (!addresses.every(isAddress) || BigInt(cluster) >> 128n !== 0n)
    throw unusable(
      "TIGERBEETLE_ADDRESSES",
      "must be host:port of every replica, such as 10.0.0.1:3000,10.0.0.2:3000",
    );
  return { cluster: BigInt(cluster), addresses };
}

function unusable(name: string, reason: string): BillingError {
  return new BillingError("VAL_001", `${name}: ${reason}`, { field: name });
}
