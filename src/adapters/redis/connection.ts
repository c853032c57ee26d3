import type { Redis } from "ioredis";
import { limits } from "../../limits.ts";
import { takeScript } from "./take_script.ts";

/** Redis or Dragonfly, with our one script. */
export type RedisClient = Redis & {
  /** @param more the keys, then the arguments */
  billaiTake(keys: number, ...more: string[]): Promise<string[]>;
};

/** A server that may be away: nobody waits for it, and nobody has to care. */
export interface RedisConnection {
  /**
   * What `work` answers. Null while the server is away, and when it fails or does not answer in time: then it counts
   * as away until it answers again. Never rejects.
   */
  ask<T extends object>(work: (client: RedisClient) => Promise<T>): Promise<T | null>;
  /** Rejects when the server cannot be used right now. */
  ping(): Promise<void>;
  /** Which server it is. Rejects when it cannot be used, or does not run our script. */
  describe(): Promise<string>;
  close(): void;
}

export interface RedisOptions {
  /** Such as `redis://user:password@host:6379/0`; `rediss:` for TLS. */
  readonly url: string;
  /** Begins every key, so that others may use the same server. */
  readonly prefix: string;
  /** Told when the server is away and when it is back. */
  readonly say: (line: string) => void;
}

const disconnected = "the connection is closed";

/** Connects, and goes on trying for as long as it takes; waits only a moment for the first answer. */
export async function openRedis({ url, prefix, say }: RedisOptions): Promise<RedisConnection> {
  const client = await connect(url, prefix);
  let away = true;
  let told = false;
  let reason = disconnected;
  let probe: Timer | null = null;
  let closed = false;

  function lost(error: unknown): void {
    away = true;
    if (!told && !closed) say(`The cache is away (${wordsOf(error)}); going on without it.`);
    told = true;
    if (probe === null && !closed) probe = setTimeout(tryAgain, limits.cacheProbeMs);
  }

  async function tryAgain(): Promise<void> {
    probe = null;
    try {
      await ping();
      if (told) say("The cache is back.");
      [away, told, reason] = [false, false, disconnected];
    } catch (error) {
      lost(error);
    }
  }

  /** Writes, for a replica that takes no writes, or a server without memory, would answer a ping. */
  async function ping(): Promise<void> {
    if (client.status !== "ready") throw new Error(reason);
    await inTime(client.set("alive", "1", "PX", limits.cacheProbeMs));
  }

  client.on("error", (error) => {
    reason = wordsOf(error);
  });
  const settled = Promise.withResolvers<void>();
  client.once("ready", settled.resolve);
  client.once("close", settled.resolve);
  const late = setTimeout(settled.resolve, limits.healthWaitMsMax);
  await settled.promise;
  clearTimeout(late);
  await tryAgain();
  return {
    async ask(work) {
      if (away) return null;
      try {
        return await inTime(work(client));
      } catch (error) {
        lost(client.status === "ready" ? error : reason);
        return null;
      }
    },
    async ping() {
      try {
        await ping();
      } catch (error) {
        lost(error);
        throw error;
      }
    },
    async describe() {
      await ping();
      return inTime(describe(client));
    },
    close() {
      closed = true;
      if (probe !== null) clearTimeout(probe);
      client.disconnect();
    },
  };
}

async function connect(url: string, keyPrefix: string): Promise<RedisClient> {
  const { Redis } = await import("ioredis");
  const client = new Redis(url, {
    keyPrefix,
    protocol: 2,
    disableClientInfo: true, // which not every server knows
    enableOfflineQueue: false, // what cannot be sent fails, rather than wait
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    socketTimeout: limits.cacheSilenceMsMax,
    connectTimeout: limits.cacheSilenceMsMax,
    retryStrategy: (attempts) => Math.min(50 * 2 ** Math.min(attempts, 10), limits.cacheReconnectMsMax),
  });
  client.defineCommand("billaiTake", { lua: takeScript });
  return client as RedisClient;
}

async function describe(client: RedisClient): Promise<string> {
  await client.billaiTake(1, "described", "", "0", "1", "1", "1", "1");
  const facts = new Map(
    (await client.info("server")).split(/\r?\n/).map((line) => line.split(":", 2) as Fact),
  );
  const dragonfly = facts.get("dragonfly_version");
  return dragonfly === undefined ? `Redis ${facts.get("redis_version")}` : `Dragonfly ${dragonfly}`;
}

type Fact = [name: string, value: string];

/**
 * The answer, if it comes in time. The time passes in two halves: after a pause of our own process the answer may
 * wait to be read, which happens between them.
 */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  const half = limits.cacheWaitMsMax / 2;
  const late = Promise.withResolvers<never>();
  let timer = setTimeout(() => {
    timer = setTimeout(() => late.reject(new Error("it does not answer")), half);
  }, half);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
