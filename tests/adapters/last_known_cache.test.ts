import { describe, expect, test } from "bun:test";
import { openMemoryCache } from "../../src/adapters/memory/cache.ts";
import { openLastKnownCache } from "../../src/adapters/memory/last_known.ts";
import { manualClock } from "../../src/adapters/system/manual_clock.ts";
import { BillingError } from "../../src/errors.ts";
import { limits } from "../../src/limits.ts";
import { cacheContract } from "../contracts/cache.ts";

const open = () => {
  const clock = manualClock(1_000_000);
  return { clock, cache: openLastKnownCache(openMemoryCache(clock), clock) };
};

cacheContract("the cache that outlives the store", async () => {
  const { clock, cache } = open();
  return { cache, pass: async (ms) => clock.advance(ms) };
});

describe("while the store is away", () => {
  const ttlMs = 900;
  const away = () => Promise.reject(new BillingError("DEP_001", "away"));
  const silent = () => new Promise<string | null>(() => {});

  test("what was good before is believed for a while, and no longer", async () => {
    const { clock, cache } = open();
    await cache.through("a", ttlMs, async () => "good");
    clock.advance(limits.credentialKnownMs);
    expect(await cache.through("a", ttlMs, away)).toBe("good");
    clock.advance(1);
    await expect(cache.through("a", ttlMs, away)).rejects.toThrow("away");
  });

  test("what was never good, has been deleted, or was found gone, is not", async () => {
    const { clock, cache } = open();
    await expect(cache.through("unknown", ttlMs, away)).rejects.toThrow("away");
    for (const [key, end] of [
      ["deleted", () => cache.delete("deleted")],
      ["gone", () => cache.through("gone", ttlMs, async () => null)],
    ] as const) {
      await cache.through(key, ttlMs, async () => "good");
      clock.advance(ttlMs);
      await end();
      await expect(cache.through(key, ttlMs, away)).rejects.toThrow("away");
    }
  });

  test("nor is what a load still brings that began before it was deleted", async () => {
    const { clock, cache } = open();
    const read = Promise.withResolvers<string | null>();
    const loading = cache.through("a", ttlMs, () => read.promise);
    await cache.delete("a");
    read.resolve("good once");
    expect(await loading).toBe("good once");
    clock.advance(ttlMs);
    await expect(cache.through("a", ttlMs, away)).rejects.toThrow("away");
  });

  test("any other failure is passed on", async () => {
    const { clock, cache } = open();
    await cache.through("a", ttlMs, async () => "good");
    clock.advance(ttlMs);
    await expect(cache.through("a", ttlMs, () => Promise.reject(new Error("a bug")))).rejects.toThrow(
      "a bug",
    );
  });

  test("a store that does not answer is waited for once, and asked again by and by", async () => {
    const { clock, cache } = open();
    await cache.through("a", ttlMs, async () => "good");
    clock.advance(ttlMs);
    const begun = performance.now();
    expect(await cache.through("a", ttlMs, silent)).toBe("good");
    const waited = performance.now() - begun;
    expect(waited).toBeGreaterThanOrEqual(limits.credentialWaitMsMax - 1);
    clock.advance(ttlMs);
    expect(await cache.through("a", ttlMs, silent)).toBe("good");
    expect(performance.now() - begun - waited).toBeLessThan(limits.credentialWaitMsMax);
    clock.advance(ttlMs);
    const later = Promise.withResolvers<string | null>();
    expect(await cache.through("a", ttlMs, () => later.promise)).toBe("good");
    later.resolve(null); // back, and the key was revoked meanwhile
    await later.promise;
    expect(await cache.through("a", ttlMs, async () => null)).toBeNull();
  });
});
