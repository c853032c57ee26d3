import type { RateRule, Standing } from "../rate_limits/gcra.ts";

/** What is limited, and how. */
export interface Bucket {
  /** Part of it in braces, if any: buckets taken from together share that part. */
  readonly key: string;
  readonly rule: RateRule;
}

export interface Taken {
  readonly admitted: boolean;
  /** What the buckets have left after it, in their order. */
  readonly standings: readonly Standing[];
}

/**
 * Limits rates by GCRA, src/rate_limits. Losable by definition: a bucket that is lost is an empty one, which admits
 * more, and nothing that decides money or uniqueness may depend on it.
 */
export interface RateLimiter {
  /** Takes `cost` units from all of the buckets or, where one is too full, from none. A cost of 0 only looks. */
  take(buckets: readonly Bucket[], cost: number): Promise<Taken>;
  /** Empties a bucket: as if nothing had been taken. */
  reset(bucket: Bucket): Promise<void>;
}

/** A limiter of one process, which has nobody to wait for. */
export interface NearRateLimiter extends RateLimiter {
  /** As `take`, at once. */
  takeNow(buckets: readonly Bucket[], cost: number): Taken;
}
