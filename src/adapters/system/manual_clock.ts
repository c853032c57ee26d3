import type { Clock } from "../../ports/clock.ts";
import type { Instant } from "../../time/instant.ts";

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  set(at: Instant): void;
  advance(byMs: number): void;
}

/** A clock for tests, standing at `start`. */
export function manualClock(start: Instant): ManualClock {
  let now = start;
  return {
    now: () => now,
    set: (at) => {
      now = at;
    },
    advance: (byMs) => {
      now += byMs;
    },
  };
}
