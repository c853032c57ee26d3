import { expect, test } from "bun:test";
import { openMemoryRateLimiter } from "../../src/adapters/memory/rate_limiter.ts";
import { manualClock } from "../../src/adapters/system/manual_clock.ts";
import { rateRule } from "../../src/rate_limits/gcra.ts";
import { rateLimiterContract } from "../contracts/rate_limiter.ts";

rateLimiterContract(
  "the limiter in process",
  async () => {
    const clock = manualClock(1_770_000_000_000);
    return { clock, limiter: openMemoryRateLimiter(clock) };
  },
  500,
);

test("the limiter in process forgets the bucket used least recently when it has too many", async () => {
  const rule = rateRule("one", 1, 1, 1000);
  const limiter = openMemoryRateLimiter(manualClock(0), 2);
  const admits = async (key: string) => (await limiter.take([{ key, rule }], 1)).admitted;
  const looks = (key: string) => limiter.take([{ key, rule }], 0);
  expect([await admits("a"), await admits("b")]).toEqual([true, true]);
  await looks("a");
  expect(await admits("c")).toBe(true); // b goes
  expect([await admits("a"), await admits("c")]).toEqual([false, false]);
  expect(await admits("b")).toBe(true);
});
