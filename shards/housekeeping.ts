import { limits } from "../src/limits.ts";
import type { IdempotencyStore } from "../src/ports/idempotency_store.ts";
import type { Services } from "./services.ts";

/**
 * Does from time to time what nobody waits for: forgets answers under Idempotency-Keys that have been kept long
 * enough, makes the partitions usage will need, sums usage up.
 *
 * @param isDue whether it is this process's turn: one of an installation is enough
 * @returns how to end it; what is under way is waited for
 */
export function keepHouse(
  services: Services,
  answers: IdempotencyStore,
  isDue: () => boolean,
): () => Promise<void> {
  const { clock, usageTotals, makeUsageMonths } = services;
  const whenDue = (ms: number, chore: () => Promise<unknown>) =>
    every(ms, async () => (isDue() ? chore() : undefined));
  const ends = [
    whenDue(limits.housekeepingEveryMs, () => answers.removeBefore(clock.now() - limits.idempotencyKeptMs)),
    whenDue(limits.housekeepingEveryMs, () => makeUsageMonths(clock.now())),
    whenDue(limits.usageTotalsEveryMs, () => usageTotals.refresh(clock.now())),
  ];
  return async () => {
    await Promise.all(ends.map((end) => end()));
  };
}

/** Runs a chore again and again, never twice at once. The store being away is no trouble: the next time comes. */
function every(ms: number, chore: () => Promise<unknown>): () => Promise<void> {
  let running: Promise<unknown> | null = null;
  const timer = setInterval(() => {
    running ??= chore()
      .catch(() => {})
      .finally(() => {
        running = null;
      });
  }, ms);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
