import { limits } from "../src/limits.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { IdempotencyStore } from "../src/ports/idempotency_store.ts";

/** Forgets what has been kept long enough, every hour: answers under Idempotency-Keys. Returns how to end it. */
export function keepHouse(answers: IdempotencyStore, clock: Clock): () => void {
  const sweep = () => {
    // The store being away is no trouble: the next hour comes.
    answers.removeBefore(clock.now() - limits.idempotencyKeptMs).catch(() => {});
  };
  const timer = setInterval(sweep, limits.housekeepingEveryMs);
  return () => clearInterval(timer);
}
