import { assert } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { Cache } from "../../ports/cache.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Instant } from "../../time/instant.ts";

/** What an entry costs beside its text: the map's slot, the object, two string headers. */
const entryOverheadBytes = 128;

interface Entry {
  readonly value: string;
  /** The first instant at which it is gone. */
  readonly expiresAt: Instant;
}

/**
 * The cache in process: when it is full, what was used least recently goes first. A value too large for the whole
 * cache is not kept.
 */
export function openMemoryCache(clock: Clock, bytesMax: number = limits.cacheBytesMax): Cache {
  const entries = new Map<string, Entry>(); // in order of use, the least recent first
  let bytes = 0;

  function remove(key: string): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    bytes -= sizeOf(key, entry);
  }

  /** The entry if it is still good, moved to the end as the most recently used. */
  function use(key: string): Entry | null {
    const entry = entries.get(key);
    if (entry === undefined) return null;
    if (entry.expiresAt <= clock.now()) {
      remove(key);
      return null;
    }
    entries.delete(key);
    entries.set(key, entry);
    return entry;
  }

  function put(key: string, entry: Entry): void {
    remove(key);
    entries.set(key, entry);
    bytes += sizeOf(key, entry);
    for (const oldest of entries.keys()) {
      if (bytes <= bytesMax) return;
      remove(oldest);
    }
  }

  function expiry(ttlMs: number): Instant {
    assert(
      Number.isSafeInteger(ttlMs) && ttlMs > 0,
      "a time to live is a whole number of milliseconds, at least 1",
    );
    return clock.now() + ttlMs;
  }

  return {
    async get(key) {
      return use(key)?.value ?? null;
    },
    async set(key, value, ttlMs) {
      put(key, { value, expiresAt: expiry(ttlMs) });
    },
    async delete(key) {
      remove(key);
    },
    async increment(key, ttlMs) {
      const fresh = expiry(ttlMs);
      const current = use(key);
      const count = Number(current?.value ?? "0") + 1;
      assert(Number.isSafeInteger(count), `the entry ${key} holds no count`);
      put(key, { value: `${count}`, expiresAt: current?.expiresAt ?? fresh });
      return count;
    },
  };
}

/** Two bytes a character: the most a string takes. */
function sizeOf(key: string, entry: Entry): number {
  return 2 * (key.length + entry.value.length) + entryOverheadBytes;
}
