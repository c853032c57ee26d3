import { assert } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Bucket, RateLimiter, Taken } from "../../ports/rate_limiter.ts";
import { type Fill, filled, standing } from "../../rate_limits/gcra.ts";
import type { RedisConnection } from "./connection.ts";

/**
 * The limiter that processes share, on top of the one each has for itself: `near` is asked first and refuses alone.
 * So whatever becomes of the server, a process never admits more than a limit, and all of them never more than that
 * many times it; and what near ones have counted survives a server that forgets.
 * @param clock in place of the server's own
 */
export function openRedisRateLimiter(
  redis: RedisConnection,
  near: RateLimiter,
  clock: Clock | null = null,
): RateLimiter {
  return {
    async take(buckets, cost) {
      const here = await near.take(buckets, cost);
      if (!here.admitted) return here;
      const now = clock === null ? "" : `${clock.now()}`;
      const rules = buckets.flatMap(({ rule }) => [`${rule.burst}`, `${rule.units}`, `${rule.perMs}`]);
      const keys = buckets.map(({ key }) => key);
      const told = await redis.ask((client) =>
        client.billaiTake(keys.length, ...keys, now, `${cost}`, `${limits.rateBucketKeptMs}`, ...rules),
      );
      return told === null ? here : tighter(here, readAnswer(told, buckets, cost));
    },
    async reset(bucket) {
      await near.reset(bucket);
      await redis.ask(async (client) => [await client.del(bucket.key)]);
    },
  };
}

function readAnswer([verdict, ...fills]: readonly string[], buckets: readonly Bucket[], cost: number): Taken {
  assert(fills.length === buckets.length, "one fill for every bucket");
  const admitted = verdict === "1";
  const standings = buckets.map(({ rule }, i) => {
    const [level, at] = (fills[i] ?? "").split("|").map(Number);
    assert(Number.isSafeInteger(level) && Number.isSafeInteger(at), `a bucket is no ${fills[i]}`);
    const before: Fill = { level: level ?? 0, at: at ?? 0 };
    return admitted ? standing(filled(before, rule, cost), rule, 1) : standing(before, rule, cost);
  });
  return { admitted, standings };
}

/** What the server says, but no more left than this process knows of. */
function tighter(here: Taken, there: Taken): Taken {
  const standings = there.standings.map((far, i) => {
    const near = here.standings[i] ?? far;
    return {
      remaining: Math.min(near.remaining, far.remaining),
      waitMs: Math.max(near.waitMs, far.waitMs),
    };
  });
  return { admitted: there.admitted, standings };
}
