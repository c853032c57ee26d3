import { BillingError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { Cache } from "../../ports/cache.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Instant } from "../../time/instant.ts";

interface Known {
  readonly value: string;
  /** When it was last known to be true. */
  readonly at: Instant;
}

/**
 * A cache that outlives the store its values are loaded from: where a load fails because the store is away, or is
 * silent for long, it answers what it gave before, unless that is too old. Nothing can be revoked in a store that is
 * away; a load that succeeds always counts, also one that finds nothing any more.
 */
export function openLastKnownCache(cache: Cache, clock: Clock): Cache {
  const known = new Map<string, Known>(); // the longest known first
  /** The latest load of each key; one that began before the key was deleted does not count. */
  const loads = new Map<string, symbol>();
  /** True while a load was not answered in time and none has been since: then nobody else waits. */
  let silent = false;

  function note(key: string, value: string | null, at: Instant): void {
    known.delete(key);
    if (value !== null) known.set(key, { value, at });
    const [oldest] = known.keys();
    if (known.size > limits.credentialsKnownMax && oldest !== undefined) known.delete(oldest);
  }

  /** What was true so many milliseconds ago, or later. */
  function knownFor(key: string, agoMsMax: number): string | null {
    const found = known.get(key);
    return found === undefined || clock.now() - found.at > agoMsMax ? null : found.value;
  }

  /** What the cache says; where the store is away, what is known of it. */
  async function asked(
    key: string,
    ttlMs: number,
    load: () => Promise<string | null>,
  ): Promise<string | null> {
    const told = cache.through(key, ttlMs, async () => {
      const mine = Symbol(key);
      const at = clock.now();
      loads.set(key, mine);
      try {
        const value = await load();
        silent = false;
        if (loads.get(key) === mine) note(key, value, at);
        return value;
      } finally {
        if (loads.get(key) === mine) loads.delete(key);
      }
    });
    const found = knownFor(key, limits.credentialKnownMs);
    if (found === null || typeof told === "string") return told;
    try {
      return await unlessSilent(told, silent ? 0 : limits.credentialWaitMsMax, () => {
        silent = true;
        return found;
      });
    } catch (error) {
      if (error instanceof BillingError && error.code === "DEP_001") return found;
      throw error;
    }
  }

  return {
    through(key, ttlMs, load) {
      // What is recent is what the cache would say, without a timer.
      return knownFor(key, ttlMs - 1) ?? asked(key, ttlMs, load);
    },
    async delete(key) {
      known.delete(key);
      loads.delete(key);
      await cache.delete(key);
    },
  };
}

/** What is told, or what `otherwise` gives where that takes too long. */
async function unlessSilent<T>(told: Promise<T>, waitMsMax: number, otherwise: () => T): Promise<T> {
  const late = Promise.withResolvers<T>();
  const timer = setTimeout(() => late.resolve(otherwise()), waitMsMax);
  try {
    return await Promise.race([told, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
