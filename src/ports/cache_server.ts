import type { Cache } from "./cache.ts";
import type { NearRateLimiter, RateLimiter } from "./rate_limiter.ts";

/** What processes share through a cache server; without one, what stands in for it in process. */
export interface CacheServer {
  readonly embedded: boolean;
  readonly cache: Cache;
  readonly limiter: RateLimiter;
  /** This process's own limiter. */
  readonly nearLimiter: NearRateLimiter;
  /** Rejects while the server is away; everything goes on without it. */
  ping(): Promise<void>;
  /** What it is, for people. Rejects where it cannot be used. */
  describe(): Promise<string>;
  close(): void;
}
