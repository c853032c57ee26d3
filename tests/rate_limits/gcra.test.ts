import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { openMemoryRateLimiter } from "../../src/adapters/memory/rate_limiter.ts";
import { manualClock } from "../../src/adapters/system/manual_clock.ts";
import { rateRule } from "../../src/rate_limits/gcra.ts";
import { accountFailuresRule, companyRules } from "../../src/rate_limits/rules.ts";
import { history, rules } from "../contracts/rate_limiter.ts";

describe("a rate limit", () => {
  test("never admits more than burst + rate × time, over any window of any history", async () => {
    await fc.assert(
      fc.asyncProperty(rules, history, async (rule, steps) => {
        const clock = manualClock(0);
        const limiter = openMemoryRateLimiter(clock);
        const admitted: { at: number; cost: number }[] = [];
        for (const { waitMs, cost } of steps) {
          clock.advance(waitMs);
          const wanted = Math.min(cost, rule.burst);
          const taken = await limiter.take([{ key: "a", rule }], wanted);
          if (taken.admitted) admitted.push({ at: clock.now(), cost: wanted });
        }
        for (const [i, first] of admitted.entries()) {
          let parts = 0;
          for (const { at, cost } of admitted.slice(i)) {
            parts += cost * rule.perMs;
            expect(parts).toBeLessThanOrEqual(rule.burst * rule.perMs + (at - first.at) * rule.units);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test("admits what it refused after exactly the wait it told, and not a millisecond sooner", async () => {
    await fc.assert(
      fc.asyncProperty(rules, fc.integer({ min: 1, max: 50 }), async (rule, cost) => {
        const wanted = Math.min(cost, rule.burst);
        const refusedAfter = async (advanceMs: (waitMs: number) => number) => {
          const clock = manualClock(0);
          const limiter = openMemoryRateLimiter(clock);
          await limiter.take([{ key: "a", rule }], rule.burst);
          const { standings } = await limiter.take([{ key: "a", rule }], wanted);
          clock.advance(advanceMs(standings[0]?.waitMs ?? 0));
          return !(await limiter.take([{ key: "a", rule }], wanted)).admitted;
        };
        expect(await refusedAfter((waitMs) => waitMs)).toBe(false);
        expect(await refusedAfter((waitMs) => waitMs - 1)).toBe(true);
      }),
    );
  });

  test("admits as many of the requests of one instant in whatever order they come", async () => {
    const callers = fc.array(fc.constantFrom("x", "y", "z"), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(rules, rules, callers, fc.nat(), async (company, caller, order, seed) => {
        const count = async (requests: readonly string[]) => {
          const limiter = openMemoryRateLimiter(manualClock(0));
          let admitted = 0;
          for (const name of requests) {
            const buckets = [
              { key: "company", rule: company },
              { key: name, rule: caller },
            ];
            if ((await limiter.take(buckets, 1)).admitted) admitted += 1;
          }
          return admitted;
        };
        const [shuffled] = fc.sample(fc.shuffledSubarray([...order.keys()], { minLength: order.length }), {
          numRuns: 1,
          seed,
        });
        expect(await count((shuffled ?? []).map((i) => order[i] ?? ""))).toBe(await count(order));
      }),
    );
  });

  test("has numbers that are whole, positive and small enough to stay exact", () => {
    for (const [burst, units, perMs] of [
      [0, 1, 1],
      [1, 0, 1],
      [1, 1, 0],
      [1.5, 1, 1],
      [1, 1, Number.NaN],
      [2 ** 43, 1, 2 ** 10],
    ] as const) {
      expect(() => rateRule("wrong", burst, units, perMs)).toThrow("rule wrong");
    }
  });

  test("is asked for no more than it ever admits: that is a bug", async () => {
    const limiter = openMemoryRateLimiter(manualClock(0));
    for (const cost of [-1, 0.5, 11]) {
      const bucket = { key: "a", rule: rateRule("ten", 10, 1, 1) };
      await expect(limiter.take([bucket], cost)).rejects.toThrow("never fits into ten");
    }
  });
});

test("the rules are those of limits.ts", () => {
  const { company, caller } = companyRules.ingest;
  expect(company).toEqual({ name: "ingest", burst: 10_000_000, units: 1_000_000, perMs: 1000 });
  expect(caller).toEqual({ name: "ingest-caller", burst: 5_000_000, units: 500_000, perMs: 1000 });
  expect(accountFailuresRule).toEqual({ name: "auth-account", burst: 10, units: 10, perMs: 300_000 });
});
