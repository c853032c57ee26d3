import type { Cache } from "../../ports/cache.ts";
import type { RedisConnection } from "./connection.ts";

/**
 * A cache that processes share, behind the one each has for itself. Each keeps an entry for half of its time, so that
 * what a process took from the shared one when it was nearly too old is not too old at the end of the other half.
 *
 * The time of a shared entry is the server's, from before its load began: an entry that is written late, however late,
 * has run out already. So nothing has to be deleted for a revocation to be seen; deleting only makes it sooner.
 */
export function openRedisCache(redis: RedisConnection, near: Cache): Cache {
  async function shared(
    key: string,
    ttlMs: number,
    load: () => Promise<string | null>,
  ): Promise<string | null> {
    const told = await redis.ask((client) => Promise.all([client.time(), client.get(key)]));
    if (told === null) return load();
    const [[seconds, micros], found] = told;
    if (found !== null) return found;
    const value = await load();
    const until = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000) + ttlMs;
    if (value !== null) void redis.ask(async (client) => [await client.set(key, value, "PXAT", until)]);
    return value;
  }

  return {
    through(key, ttlMs, load) {
      const half = Math.floor(ttlMs / 2);
      return near.through(key, ttlMs - half, () => shared(key, half, load));
    },
    async delete(key) {
      await near.delete(key);
      await redis.ask(async (client) => [await client.del(key)]);
    },
  };
}
