import { describe, expect, test } from "bun:test";
import { openMemoryCache } from "../../src/adapters/memory/cache.ts";
import { manualClock } from "../../src/adapters/system/manual_clock.ts";
import type { Cache } from "../../src/ports/cache.ts";
import { cacheContract } from "../contracts/cache.ts";

cacheContract("the cache in process", async () => {
  const clock = manualClock(1_000_000);
  return {
    cache: openMemoryCache(clock),
    pass: async (ms) => clock.advance(ms),
  };
});

describe("the bound of the cache in process", () => {
  const clock = manualClock(0);
  const value = "v".repeat(1000); // about 2.1 kB with key and overhead: four fit in 10 kB
  const kept = async (cache: Cache, keys: string): Promise<string> => {
    const found = await Promise.all([...keys].map((key) => cache.get(key)));
    return [...keys].filter((_, i) => found[i] !== null).join("");
  };

  test("what was used least recently goes first", async () => {
    const cache = openMemoryCache(clock, 10_000);
    for (const key of "abcd") await cache.set(key, value, 1000);
    await cache.get("a");
    await cache.set("e", value, 1000);
    expect(await kept(cache, "abcde")).toBe("acde");
  });

  test("replacing and deleting give room back", async () => {
    const cache = openMemoryCache(clock, 10_000);
    for (let i = 0; i < 100; i += 1) await cache.set("a", value, 1000);
    for (const key of "bcd") await cache.set(key, value, 1000);
    await cache.delete("b");
    await cache.set("e", value, 1000);
    expect(await kept(cache, "abcde")).toBe("acde");
  });

  test("empty values weigh something too", async () => {
    const cache = openMemoryCache(clock, 10_000);
    const keys = Array.from({ length: 1000 }, (_, i) => `${i}`);
    for (const key of keys) await cache.set(key, "", 1000);
    const found = await Promise.all(keys.map((key) => cache.get(key)));
    expect(found.filter((text) => text !== null).length).toBeLessThan(100);
    expect(found.at(-1)).toBe("");
  });

  test("a value larger than the cache is not kept", async () => {
    const cache = openMemoryCache(clock, 10_000);
    await cache.set("a", "v".repeat(10_000), 1000);
    expect(await cache.get("a")).toBeNull();
    await cache.set("b", value, 1000);
    expect(await cache.get("b")).toBe(value);
  });

  test("a time to live that is no time, or a count that is no count, is a bug", async () => {
    const cache = openMemoryCache(clock);
    for (const ttlMs of [0, -1, 1.5, Number.NaN]) {
      await expect(cache.set("a", "1", ttlMs)).rejects.toThrow("time to live");
    }
    await cache.set("a", "text", 1000);
    await expect(cache.increment("a", 1000)).rejects.toThrow("holds no count");
  });
});
