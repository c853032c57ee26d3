import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ManualClock } from "../../src/adapters/system/manual_clock.ts";
import type { Bucket, RateLimiter } from "../../src/ports/rate_limiter.ts";
import { type RateRule, rateRule } from "../../src/rate_limits/gcra.ts";

/** A limiter that has admitted nothing yet, on a clock of the test's. */
export interface RateLimiterSubject {
  readonly limiter: RateLimiter;
  readonly clock: ManualClock;
}

const threeThenTen = rateRule("three", 3, 10, 1000); // 3 at once, one more every 100 ms
const bucket = (key: string, rule: RateRule = threeThenTen): Bucket => ({ key, rule });

/** What every limiter promises; src/ports/rate_limiter.ts. */
export function rateLimiterContract(
  name: string,
  open: () => Promise<RateLimiterSubject>,
  runs: number,
): void {
  describe(name, () => {
    test("admits a burst, then the rate, and tells what is left and how long to wait", async () => {
      const { limiter, clock } = await open();
      const take = async (cost: number) => {
        const { admitted, standings } = await limiter.take([bucket("a")], cost);
        return [admitted, standings[0]?.remaining, standings[0]?.waitMs];
      };
      expect(await take(0)).toEqual([true, 3, 0]);
      expect(await take(2)).toEqual([true, 1, 100]);
      expect(await take(2)).toEqual([false, 1, 100]);
      expect(await take(1)).toEqual([true, 0, 100]);
      expect(await take(3)).toEqual([false, 0, 300]);
      clock.advance(99);
      expect(await take(1)).toEqual([false, 0, 1]);
      clock.advance(1);
      expect(await take(1)).toEqual([true, 0, 100]);
      clock.advance(250);
      expect(await take(0)).toEqual([true, 2, 50]);
      clock.advance(50);
      expect(await take(0)).toEqual([true, 3, 0]);
      expect(await take(3)).toEqual([true, 0, 100]);
    });

    test("takes from all buckets or from none", async () => {
      const { limiter } = await open();
      const both = [bucket("{c}:company"), bucket("{c}:caller", rateRule("one", 1, 1, 1000))];
      const other = [bucket("{c}:company"), bucket("{c}:other", rateRule("one", 1, 1, 1000))];
      expect((await limiter.take(both, 1)).admitted).toBe(true);
      const refused = await limiter.take(both, 1);
      expect(refused.admitted).toBe(false);
      expect(refused.standings.map(({ remaining }) => remaining)).toEqual([2, 0]);
      const { admitted, standings } = await limiter.take(other, 1);
      expect([admitted, ...standings.map(({ remaining }) => remaining)]).toEqual([true, 1, 0]);
    });

    test("a bucket that is reset is empty, and no other is", async () => {
      const { limiter } = await open();
      for (const key of ["a", "b"]) await limiter.take([bucket(key)], 3);
      await limiter.reset(bucket("a"));
      await limiter.reset(bucket("never there"));
      const [a, b] = [await limiter.take([bucket("a")], 0), await limiter.take([bucket("b")], 0)];
      expect([a.standings[0]?.remaining, b.standings[0]?.remaining]).toEqual([3, 0]);
    });

    test("a clock that is set back neither fills a bucket nor keeps it from draining", async () => {
      const { limiter, clock } = await open();
      const admits = async () => (await limiter.take([bucket("a")], 1)).admitted;
      await limiter.take([bucket("a")], 3);
      clock.advance(-60_000);
      expect(await admits()).toBe(false);
      clock.advance(100);
      await admits(); // by now whoever keeps the bucket has seen the new time
      clock.advance(100);
      expect(await admits()).toBe(true);
      expect(await admits()).toBe(false);
    });

    test("numbers of sixteen digits are exact", async () => {
      const { limiter, clock } = await open();
      const rule = rateRule("large", 9_007_199_252, 1_000_003, 1_000_000);
      expect((await limiter.take([bucket("a", rule)], 9_007_199_251)).standings[0]?.remaining).toBe(1);
      clock.advance(1);
      // 1,000,003 parts drained: one unit of 1,000,000 and 3 parts of the next
      const { standings } = await limiter.take([bucket("a", rule)], 2);
      expect(standings[0]).toEqual({ remaining: 0, waitMs: 1 });
      expect((await limiter.take([bucket("a", rule)], 1)).admitted).toBe(false);
    });

    test("gives the verdicts of virtual scheduling, over any history", async () => {
      await fc.assert(
        fc.asyncProperty(rules, history, async (rule, steps) => {
          const { limiter, clock } = await open();
          const schedules = new Map(["a", "b"].map((key) => [key, virtualSchedule(rule)]));
          for (const { key, waitMs, cost } of steps) {
            clock.advance(waitMs);
            const wanted = Math.min(cost, rule.burst);
            const { admitted } = await limiter.take([bucket(key, rule)], wanted);
            expect(admitted).toBe(schedules.get(key)?.(clock.now(), wanted) ?? false);
          }
        }),
        { numRuns: runs },
      );
    });
  });
}

/** Rules small and large, whose units do not divide their time. */
export const rules: fc.Arbitrary<RateRule> = fc
  .tuple(
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 1, max: 70 }),
    fc.constantFrom(1, 7, 100, 999, 1000),
  )
  .map(([burst, units, perMs]) => rateRule("any", burst, units, perMs));

/** Requests in a row, often at the same instant. */
export const history = fc.array(
  fc.record({
    key: fc.constantFrom("a", "b"),
    waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 3000 })),
    cost: fc.integer({ min: 0, max: 10 }),
  }),
  { maxLength: 40 },
);

/**
 * The other form of the algorithm (ITU-T I.371): the time at which a bucket will be empty, here in parts of a
 * millisecond and without bounds. Shares no code with ours.
 */
function virtualSchedule({ burst, units, perMs }: RateRule): (now: number, cost: number) => boolean {
  let empty = 0n;
  return (at, cost) => {
    const now = BigInt(at) * BigInt(units);
    const next = (empty > now ? empty : now) + BigInt(cost) * BigInt(perMs);
    if (next - now > BigInt(burst) * BigInt(perMs)) return false;
    empty = next;
    return true;
  };
}
