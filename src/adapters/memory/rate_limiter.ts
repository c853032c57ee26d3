import { limits } from "../../limits.ts";
import type { Clock } from "../../ports/clock.ts";
import type { NearRateLimiter } from "../../ports/rate_limiter.ts";
import { type Fill, filled, fillNow, fits, standing } from "../../rate_limits/gcra.ts";

/** The limiter of one process. When it holds too many buckets, the one used least recently is forgotten. */
export function openMemoryRateLimiter(
  clock: Clock,
  bucketsMax: number = limits.rateBucketsMax,
): NearRateLimiter {
  const kept = new Map<string, Fill>(); // in order of use, the least recent first

  function keep(key: string, fill: Fill): void {
    kept.delete(key);
    if (fill.level > 0) kept.set(key, fill);
    if (kept.size <= bucketsMax) return;
    for (const oldest of kept.keys()) {
      kept.delete(oldest);
      return;
    }
  }

  const takeNow: NearRateLimiter["takeNow"] = (buckets, cost) => {
    const now = clock.now();
    const asked = buckets.map(({ key, rule }) => {
      return { key, rule, fill: fillNow(kept.get(key) ?? null, rule, now) };
    });
    const admitted = asked.every(({ rule, fill }) => fits(fill, rule, cost));
    const standings = asked.map(({ key, rule, fill }) => {
      const after = admitted ? filled(fill, rule, cost) : fill;
      keep(key, after);
      return standing(after, rule, admitted ? 1 : cost);
    });
    return { admitted, standings };
  };

  return {
    takeNow,
    take: async (buckets, cost) => takeNow(buckets, cost),
    async reset({ key }) {
      kept.delete(key);
    },
  };
}
