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

interface Loading {
  readonly value: Promise<string | null>;
  /** The first instant at which what it gives may be too old. */
  readonly expiresAt: Instant;
}

/**
 * The cache in process: when it is full, what was used least recently goes first. A value too large for the whole
 * cache is not kept.
 */
export function openMemoryCache(clock: Clock, bytesMax: number = limits.cacheBytesMax): Cache {
  const entries = new Map<string, Entry>(); // in order of use, the least recent first
  const loads = new Map<string, Loading>();
  let bytes = 0;

  function remove(key: string): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    bytes -= sizeOf(key, entry);
  }

  /** The value if it is still good; it becomes the most recently used. */
  function use(key: string): string | null {
    const entry = entries.get(key);
    if (entry === undefined) return null;
    if (entry.expiresAt <= clock.now()) {
      remove(key);
      return null;
    }
    entries.delete(key);
    entries.set(key, entry);
    return entry.value;
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

  /** Starts a load, whose value is kept unless the key is deleted or loaded anew meanwhile. */
  function start(
    key: string,
    expiresAt: Instant,
    load: () => Promise<string | null>,
  ): Promise<string | null> {
    const loading: Loading = { value: load(), expiresAt };
    loads.set(key, loading);
    const finish = (value: string | null): void => {
      if (loads.get(key) !== loading) return;
      loads.delete(key);
      if (value !== null && clock.now() < expiresAt) put(key, { value, expiresAt });
    };
    loading.value.then(finish, () => finish(null));
    return loading.value;
  }

  return {
    async through(key, ttlMs, load) {
      assert(
        Number.isSafeInteger(ttlMs) && ttlMs >= 1,
        "a time to live is a whole number of milliseconds, at least 1",
      );
      const found = use(key);
      if (found !== null) return found;
      const now = clock.now();
      const underWay = loads.get(key);
      if (underWay !== undefined && now < underWay.expiresAt) return underWay.value;
      return start(key, now + ttlMs, load);
    },
    async delete(key) {
      remove(key);
      loads.delete(key);
    },
  };
}

/** Two bytes a character: the most a string takes. */
function sizeOf(key: string, entry: Entry): number {
  return 2 * (key.length + entry.value.length) + entryOverheadBytes;
}
