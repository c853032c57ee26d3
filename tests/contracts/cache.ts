import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Cache } from "../../src/ports/cache.ts";

/** An empty cache and the means to let its time pass. */
export interface CacheSubject {
  readonly cache: Cache;
  pass(ms: number): Promise<void>;
}

/** What every cache promises while it has room; src/ports/cache.ts. */
export function cacheContract(name: string, open: () => Promise<CacheSubject>): void {
  describe(name, () => {
    test("gives back what was set last, and null for what was not", async () => {
      const { cache } = await open();
      expect(await cache.get("a")).toBeNull();
      await cache.set("a", "1", 1000);
      await cache.set("b", "", 1000);
      await cache.set("a", "2é", 1000);
      expect(await cache.get("a")).toBe("2é");
      expect(await cache.get("b")).toBe("");
      await cache.delete("a");
      await cache.delete("never there");
      expect(await cache.get("a")).toBeNull();
      expect(await cache.get("b")).toBe("");
    });

    test("an entry is gone when its time to live has passed, which setting begins anew", async () => {
      const { cache, pass } = await open();
      await cache.set("a", "1", 1000);
      await cache.set("b", "1", 1000);
      await pass(500);
      await cache.set("b", "2", 1000);
      expect(await cache.get("a")).toBe("1");
      await pass(500);
      expect(await cache.get("a")).toBeNull();
      expect(await cache.get("b")).toBe("2");
      await pass(500);
      expect(await cache.get("b")).toBeNull();
    });

    test("counts from 1, and later increments do not extend the time to live", async () => {
      const { cache, pass } = await open();
      expect(await cache.increment("n", 1000)).toBe(1);
      await pass(900);
      expect(await cache.increment("n", 1000)).toBe(2);
      expect(await cache.get("n")).toBe("2");
      await pass(100);
      expect(await cache.increment("n", 1000)).toBe(1);
      await cache.delete("n");
      expect(await cache.increment("n", 1000)).toBe(1);
    });

    test("increments at once are all counted", async () => {
      const { cache } = await open();
      const counts = await Promise.all(Array.from({ length: 100 }, () => cache.increment("n", 1000)));
      expect(counts.toSorted((a, b) => a - b)).toEqual(counts.map((_, i) => i + 1));
    });

    test("agrees with a map that knows the time over any history", async () => {
      await fc.assert(fc.asyncProperty(history, async (steps) => followsModel(await open(), steps)));
    });
  });
}

interface Step {
  readonly type: "get" | "set" | "delete" | "pass";
  readonly key: string;
  readonly value: string;
  readonly ms: number;
}

const history: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    type: fc.constantFrom("get", "set", "delete", "pass"),
    key: fc.constantFrom("a", "b", "c"),
    value: fc.string({ maxLength: 5 }),
    ms: fc.integer({ min: 1, max: 50 }),
  }),
  { maxLength: 60 },
);

async function followsModel({ cache, pass }: CacheSubject, steps: readonly Step[]): Promise<void> {
  const model = new Map<string, { value: string; until: number }>();
  let now = 0;
  for (const { type, key, value, ms } of steps) {
    if (type === "set") {
      model.set(key, { value, until: now + ms });
      await cache.set(key, value, ms);
    } else if (type === "delete") {
      model.delete(key);
      await cache.delete(key);
    } else if (type === "pass") {
      now += ms;
      await pass(ms);
    } else {
      const entry = model.get(key);
      expect(await cache.get(key)).toBe(entry !== undefined && now < entry.until ? entry.value : null);
    }
  }
}
