import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { openMemoryCache } from "../../src/adapters/memory/cache.ts";
import { openMemoryRateLimiter } from "../../src/adapters/memory/rate_limiter.ts";
import { openRedisCache } from "../../src/adapters/redis/cache.ts";
import { openRedis, type RedisConnection } from "../../src/adapters/redis/connection.ts";
import { openRedisRateLimiter } from "../../src/adapters/redis/rate_limiter.ts";
import { manualClock } from "../../src/adapters/system/manual_clock.ts";
import type { Cache } from "../../src/ports/cache.ts";
import type { RateLimiter } from "../../src/ports/rate_limiter.ts";

/** The server's own view, and adapters on it, each under a prefix nobody else uses. */
export function redisFixture(url: string) {
  const server = new Redis(url, { lazyConnect: true });
  const open = new Set<RedisConnection>();
  const connect = async (prefix = `billai-test:${randomUUID()}:`) => {
    const redis = await openRedis({ url, prefix, say: () => {} });
    await redis.ping();
    open.add(redis);
    return { redis, prefix };
  };
  return {
    server,
    connect,
    /** @param processes each has its own near cache; calls go to them in turn */
    async cache(processes = 1) {
      const { redis, prefix } = await connect();
      const clock = manualClock(0);
      const caches = Array.from({ length: processes }, () => openRedisCache(redis, openMemoryCache(clock)));
      let calls = 0;
      const next = (): Cache => {
        const cache = caches[calls % processes];
        if (cache === undefined) throw new Error("there is no such process");
        calls += 1;
        return cache;
      };
      const cache: Cache = {
        through: (key, ttlMs, load) => next().through(key, ttlMs, load),
        delete: (key) => next().delete(key),
      };
      const pass = async (ms: number) => {
        clock.advance(ms);
        for (const key of await server.keys(`${prefix}*`)) {
          const left = (await server.pttl(key)) - ms;
          await (left > 0 ? server.pexpire(key, left) : server.del(key));
        }
      };
      return { cache, pass };
    },
    async limiter(near: "near" | "boundless") {
      const { redis } = await connect();
      const clock = manualClock(1_770_000_000_000);
      const first = near === "near" ? openMemoryRateLimiter(clock) : boundless;
      return { clock, limiter: openRedisRateLimiter(redis, first, clock) };
    },
    close() {
      for (const redis of open) redis.close();
      server.disconnect();
    },
  };
}

/** Leaves every decision to the server. */
const boundless: RateLimiter = {
  take: async (buckets) => {
    return {
      admitted: true,
      standings: buckets.map(() => ({ remaining: Number.MAX_SAFE_INTEGER, waitMs: 0 })),
    };
  },
  reset: async () => {},
};
