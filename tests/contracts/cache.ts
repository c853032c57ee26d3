import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Cache } from "../../src/ports/cache.ts";

/** An empty cache and the means to let its time pass. */
export interface CacheSubject {
  readonly cache: Cache;
  pass(ms: number): Promise<void>;
}

/** Long beside what a test takes, for some adapters live in real time. */
const ttlMs = 100_000;

/** What every cache promises while it has room; src/ports/cache.ts. */
export function cacheContract(name: string, open: () => Promise<CacheSubject>): void {
  describe(name, () => {
    test("loads a value once and keeps it for its time", async () => {
      const { cache, pass } = await open();
      const source = sourceOf("first é");
      expect(await cache.through("a", ttlMs, source.load)).toBe("first é");
      source.value = "second";
      expect(await cache.through("a", ttlMs, source.load)).toBe("first é");
      expect(source.loads).toBe(1);
      await pass(ttlMs);
      expect(await cache.through("a", ttlMs, source.load)).toBe("second");
      expect(source.loads).toBe(2);
    });

    test("keeps keys apart, and the empty text as well as any", async () => {
      const { cache } = await open();
      const [a, b] = [sourceOf(""), sourceOf("b")];
      for (let round = 0; round < 2; round += 1) {
        expect(await cache.through("a", ttlMs, a.load)).toBe("");
        expect(await cache.through("b", ttlMs, b.load)).toBe("b");
      }
      expect([a.loads, b.loads]).toEqual([1, 1]);
    });

    test("does not keep that there is nothing", async () => {
      const { cache } = await open();
      const source = sourceOf(null);
      expect(await cache.through("a", ttlMs, source.load)).toBeNull();
      source.value = "made";
      expect(await cache.through("a", ttlMs, source.load)).toBe("made");
    });

    test("rejects as loading does, and loads again next time", async () => {
      const { cache } = await open();
      const failing = () => Promise.reject(new Error("the store is away"));
      await expect(cache.through("a", ttlMs, failing)).rejects.toThrow("the store is away");
      expect(await cache.through("a", ttlMs, sourceOf("1").load)).toBe("1");
    });

    test("calls at the same time share one load", async () => {
      const { cache } = await open();
      const source = sourceOf("1");
      const calls = Array.from({ length: 50 }, () => cache.through("a", ttlMs, source.load));
      expect(new Set(await Promise.all(calls))).toEqual(new Set(["1"]));
      expect(source.loads).toBe(1);
    });

    test("forgets what is deleted, also while it is being loaded", async () => {
      const { cache } = await open();
      const source = sourceOf("old");
      await cache.through("a", ttlMs, source.load);
      source.value = "new";
      await cache.delete("a");
      await cache.delete("never there");
      expect(await cache.through("a", ttlMs, source.load)).toBe("new");

      const slow = Promise.withResolvers<string>();
      const early = cache.through("b", ttlMs, () => slow.promise);
      await cache.delete("b");
      expect(await cache.through("b", ttlMs, sourceOf("new").load)).toBe("new");
      slow.resolve("old");
      expect(await early).toBe("old");
      expect(await cache.through("b", ttlMs, sourceOf("newer").load)).toBe("new");
    });

    test("over any history, answers what was true within the time to live", () =>
      keepsWithinTime(open, ["read", "change", "delete", "pass"]));
  });
}

/** The law of `through`. Without `delete` it holds of several caches in turn too. */
export async function keepsWithinTime(
  open: () => Promise<CacheSubject>,
  types: readonly Step["type"][],
): Promise<void> {
  const step = fc.record({
    type: fc.constantFrom(...types),
    key: fc.constantFrom("a" as const, "b" as const),
    tenths: fc.integer({ min: 1, max: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => followsSource(await open(), steps)),
    { numRuns: 50 },
  );
}

function sourceOf(first: string | null) {
  const source = {
    value: first,
    loads: 0,
    load: async () => {
      source.loads += 1;
      return source.value;
    },
  };
  return source;
}

interface Step {
  readonly type: "read" | "change" | "delete" | "pass";
  readonly key: "a" | "b";
  readonly tenths: number;
}

async function followsSource({ cache, pass }: CacheSubject, steps: readonly Step[]): Promise<void> {
  const versions = {
    a: [{ value: "0", until: Number.POSITIVE_INFINITY }],
    b: [{ value: "0", until: Number.POSITIVE_INFINITY }],
  };
  let now = 0;
  for (const { type, key, tenths } of steps) {
    const current = versions[key].at(-1);
    if (current === undefined) throw new Error("there is always a current version");
    if (type === "change") {
      current.until = now;
      versions[key].push({ value: `${versions[key].length}`, until: Number.POSITIVE_INFINITY });
    } else if (type === "delete") {
      for (const version of versions[key]) if (version !== current) version.until = Number.NEGATIVE_INFINITY;
      await cache.delete(key);
    } else if (type === "pass") {
      const ms = (tenths * ttlMs) / 10;
      now += ms;
      await pass(ms);
    } else {
      const told = await cache.through(key, ttlMs, async () => current.value);
      const recent = versions[key].filter(({ until }) => until > now - ttlMs).map(({ value }) => value);
      expect(recent).toContain(told ?? "nothing");
    }
  }
}
