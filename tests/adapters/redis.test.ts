import { afterAll, describe, expect, test } from "bun:test";
import { openMemoryCache } from "../../src/adapters/memory/cache.ts";
import { openMemoryRateLimiter } from "../../src/adapters/memory/rate_limiter.ts";
import { openRedisCache } from "../../src/adapters/redis/cache.ts";
import { openRedisRateLimiter } from "../../src/adapters/redis/rate_limiter.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { manualClock } from "../../src/adapters/system/manual_clock.ts";
import { rateRule } from "../../src/rate_limits/gcra.ts";
import { companyRules } from "../../src/rate_limits/rules.ts";
import { cacheContract, keepsWithinTime } from "../contracts/cache.ts";
import { rateLimiterContract } from "../contracts/rate_limiter.ts";
import { redisFixture } from "./redis_fixture.ts";

const url = process.env.REDIS_URL;

if (url === undefined) {
  test.skip("unproven: cache and rate limits over Redis, for REDIS_URL is not set", () => {});
} else {
  const fixture = redisFixture(url);
  afterAll(() => fixture.close());

  cacheContract("the cache in Redis", () => fixture.cache());
  rateLimiterContract("the limiter in Redis", () => fixture.limiter("near"), 50);
  rateLimiterContract("the limiter's script in Redis, by itself", () => fixture.limiter("boundless"), 50);

  describe("entries in Redis", () => {
    test("are no older than their time in whichever process they are read", () =>
      keepsWithinTime(() => fixture.cache(3), ["read", "change", "pass"]));

    test("save another process the load, for the rest of their time", async () => {
      const { redis } = await fixture.connect();
      const open = () => openRedisCache(redis, openMemoryCache(systemClock));
      const [one, other] = [open(), open()];
      expect(await one.through("a", 60_000, async () => "1")).toBe("1");
      expect(await other.through("a", 60_000, async () => "not asked for")).toBe("1");
      await one.delete("a");
      expect(await open().through("a", 60_000, async () => "2")).toBe("2");
    });

    test("are not written once their time has run out, however late the load ends", async () => {
      const { redis, prefix } = await fixture.connect();
      const cache = openRedisCache(redis, openMemoryCache(manualClock(0))); // here no time passes, only there
      const slow = Promise.withResolvers<string>();
      const early = cache.through("a", 2, () => slow.promise);
      const begun = await serverTime();
      while ((await serverTime()) < begun + 2) await redis.ping();
      slow.resolve("old");
      await early;
      await redis.ping(); // after the entry was sent, on the same connection
      expect(await fixture.server.exists(`${prefix}a`)).toBe(0);
    });

    test("all end by themselves, at the latest a minute after a bucket is empty", async () => {
      const { redis, prefix } = await fixture.connect();
      const cache = openRedisCache(redis, openMemoryCache(systemClock));
      const limiter = openRedisRateLimiter(redis, openMemoryRateLimiter(systemClock));
      await cache.through("a", 900, async () => "1");
      const { company, caller } = companyRules.read;
      const buckets = [
        { key: "{co}", rule: company },
        { key: "{co}:key", rule: caller },
      ];
      await limiter.take(buckets, 50_000);
      const left = new Map<string, number>();
      for (const key of await fixture.server.keys(`${prefix}*`))
        left.set(key, await fixture.server.pttl(key));
      expect([...left.keys()].sort()).toEqual(
        ["a", "alive", "{co}", "{co}:key"].map((key) => prefix + key).sort(),
      );
      for (const ms of left.values()) expect(ms).toBeGreaterThan(0);
      expect(left.get(`${prefix}a`)).toBeLessThanOrEqual(450);
      expect(left.get(`${prefix}{co}:key`)).toBeLessThanOrEqual(70_000);
    });
  });

  describe("rate limits in Redis", () => {
    const rule = rateRule("ten", 10, 1, 3_600_000);
    const openLimiter = async (prefix?: string) => {
      const { redis, prefix: own } = await fixture.connect(prefix);
      return { limiter: openRedisRateLimiter(redis, openMemoryRateLimiter(systemClock)), prefix: own };
    };
    const admitted = async (limiter: { take: (typeof one)["take"] }, requests: number) => {
      const takes = Array.from({ length: requests }, () => limiter.take([{ key: "a", rule }], 1));
      return (await Promise.all(takes)).filter((taken) => taken.admitted).length;
    };
    const { limiter: one } = { limiter: openMemoryRateLimiter(systemClock) };

    test("are one limit for all processes, on the server's clock", async () => {
      const { limiter, prefix } = await openLimiter();
      const others = await Promise.all([openLimiter(prefix), openLimiter(prefix)]);
      const counts = await Promise.all(
        [limiter, ...others.map((o) => o.limiter)].map((l) => admitted(l, 10)),
      );
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(10);
    });

    test("hold in each process by itself when the server forgets everything", async () => {
      const { limiter, prefix } = await openLimiter();
      const other = await openLimiter(prefix);
      expect(await admitted(limiter, 7)).toBe(7);
      await fixture.server.del(...(await fixture.server.keys(`${prefix}*`)));
      expect(await admitted(limiter, 10)).toBe(3);
      expect(await admitted(other.limiter, 20)).toBe(7); // the three were counted again
    });
  });

  async function serverTime(): Promise<number> {
    const [seconds, micros] = await fixture.server.time();
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  }
}
