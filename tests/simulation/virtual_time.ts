import type { Scheduler } from "./scheduler.ts";

/** Real things of the process that tell or take time, or are random. */
const real = {
  ...{ setTimeout, setInterval, setImmediate, clearTimeout, clearInterval },
  sleep: Bun.sleep,
  performanceNow: performance.now.bind(performance),
  random: Math.random,
  dateNow: Date.now,
};

/**
 * Runs something synchronous with all timers of the process in the scheduler's hand. Nothing else can run meanwhile;
 * afterwards everything is as it was.
 */
export function inVirtualTime<T>(scheduler: Scheduler, run: () => T): T {
  const once = (ring: () => void, ms = 0) => scheduler.addTimer(ms, false, ring);
  const clear = (id: unknown) => scheduler.clearTimer(id);
  const fakes = {
    setTimeout: once,
    setInterval: (ring: () => void, ms = 0) => scheduler.addTimer(ms, true, ring),
    setImmediate: (ring: () => void) => scheduler.later(scheduler.current, "immediate", ring),
    clearTimeout: clear,
    clearInterval: clear,
  };
  Object.assign(globalThis, fakes);
  Object.assign(Bun, { sleep: (ms: number) => new Promise<void>((resolve) => once(resolve, ms)) });
  Object.assign(performance, { now: () => scheduler.now });
  Object.assign(Date, { now: () => scheduler.now });
  Object.assign(Math, { random: () => scheduler.random.whole(0, 2 ** 30) / 2 ** 30 });
  try {
    return run();
  } finally {
    const { sleep, performanceNow, random, dateNow, ...timers } = real;
    Object.assign(globalThis, timers);
    Object.assign(Bun, { sleep });
    Object.assign(performance, { now: performanceNow });
    Object.assign(Math, { random });
    Object.assign(Date, { now: dateNow });
  }
}
