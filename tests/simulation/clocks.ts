import { BillingError } from "../../src/errors.ts";
import type { ClockStore, TestClock } from "../../src/ports/clock_store.ts";

/** Test clocks in memory, as far as the shard asks for them. */
export function memoryClocks(
  clocks: Map<string, TestClock>,
): Pick<ClockStore, "get" | "all" | "beginAdvance" | "step" | "finish"> {
  const change = (id: string, by: (clock: TestClock) => TestClock): void => {
    const clock = clocks.get(id);
    if (clock !== undefined) clocks.set(id, by(clock));
  };
  return {
    get: async (_companyId, id) => clocks.get(id) ?? null,
    all: async () => [...clocks.values()],
    beginAdvance: async (_companyId, id, to) => {
      const { target } = clocks.get(id) ?? { target: Number.NaN };
      if (target !== null && target !== to)
        throw new BillingError("RES_002", "The clock is being advanced to another instant");
      change(id, (clock) => ({ ...clock, target: to }));
    },
    step: async (_companyId, id, now) => change(id, (clock) => ({ ...clock, now: Math.max(clock.now, now) })),
    finish: async (_companyId, id, now) =>
      change(id, (clock) => (clock.target === now ? { ...clock, now, target: null } : clock)),
  };
}
