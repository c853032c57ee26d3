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

const value = "v".repeat(1000); // about 2.1 kB with key and overhead: four fit in 10 kB
const put = (cache: Cache, key: string, text = value) => cache.through(key, 1000, async () => text);
const isKept = async (cache: Cache, key: string): Promise<boolean> =>
  (await cache.through(key, 1000, async () => null)) !== null;

describe("the time of an entry in process", () => {
  test("ends with the millisecond", async () => {
    const clock = manualClock(0);
    const cache = openMemoryCache(clock);
    await put(cache, "a");
    clock.advance(999);
    expect(await isKept(cache, "a")).toBe(true);
    clock.advance(1);
    expect(await isKept(cache, "a")).toBe(false);
  });

  test("runs from when its load began, and nobody joins a load that began too long ago", async () => {
    const clock = manualClock(0);
    const cache = openMemoryCache(clock);
    const slow = Promise.withResolvers<string>();
    const first = cache.through("a", 1000, () => slow.promise);
    clock.advance(999);
    const joined = cache.through("a", 1000, async () => "not asked for");
    clock.advance(1);
    expect(await put(cache, "a", "new")).toBe("new");
    slow.resolve("old");
    expect(await Promise.all([first, joined])).toEqual(["old", "old"]);
    expect(await put(cache, "a", "newer")).toBe("new");

    const late = Promise.withResolvers<string>();
    const loading = cache.through("b", 1000, () => late.promise);
    clock.advance(1000);
    late.resolve("old");
    await loading;
    expect(await isKept(cache, "b")).toBe(false);
  });

  test("that is no time is a bug", async () => {
    const cache = openMemoryCache(manualClock(0));
    for (const ttlMs of [0, -1, 2.5, Number.NaN]) {
      await expect(cache.through("a", ttlMs, async () => "1")).rejects.toThrow("time to live");
    }
  });
});

describe("the bound of the cache in process", () => {
  const clock = manualClock(0);
  const keptOf = async (cache: Cache, keys: string): Promise<string> => {
    let kept = "";
    for (const key of keys) if (await isKept(cache, key)) kept += key;
    return kept;
  };

  test("what was used least recently goes first", async () => {
    const cache = openMemoryCache(clock, 10_000);
    for (const key of "abcdae") await put(cache, key);
    expect(await keptOf(cache, "abcde")).toBe("acde");
  });

  test("replacing and deleting give room back", async () => {
    const cache = openMemoryCache(clock, 10_000);
    for (let i = 0; i < 100; i += 1) {
      await cache.delete("a");
      await put(cache, "a");
    }
    for (const key of "bcd") await put(cache, key);
    await cache.delete("b");
    await put(cache, "e");
    expect(await keptOf(cache, "abcde")).toBe("acde");
  });

  test("empty values weigh something too", async () => {
    const cache = openMemoryCache(clock, 10_000);
    for (let i = 0; i < 1000; i += 1) await put(cache, `${i}`, "");
    let kept = 0;
    for (let i = 0; i < 1000; i += 1) if (await isKept(cache, `${i}`)) kept += 1;
    expect(kept).toBeGreaterThan(10);
    expect(kept).toBeLessThan(100);
    expect(await isKept(cache, "999")).toBe(true);
  });

  test("a value larger than the cache is not kept", async () => {
    const cache = openMemoryCache(clock, 10_000);
    await put(cache, "a", "v".repeat(10_000));
    expect(await isKept(cache, "a")).toBe(false);
    await put(cache, "b");
    expect(await isKept(cache, "b")).toBe(true);
  });
});
