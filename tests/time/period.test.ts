import { expect, test } from "bun:test";
import fc from "fast-check";
import { contains, durationMs, intersect } from "../../src/time/period.ts";

test("a period holds its start and not its end", () => {
  const period = { start: 10, end: 20 };
  expect([9, 10, 19, 20].map((at) => contains(period, at))).toEqual([false, true, true, false]);
  expect(durationMs(period)).toBe(10);
  expect(contains({ start: 10, end: 10 }, 10)).toBe(false);
});

test.each([
  [
    [0, 10],
    [5, 15],
    [5, 10],
  ],
  [
    [0, 10],
    [2, 3],
    [2, 3],
  ],
  [[0, 10], [10, 20], null],
  [[0, 10], [11, 20], null],
  [
    [0, 10],
    [0, 10],
    [0, 10],
  ],
] as [[number, number], [number, number], [number, number] | null][])(
  "%j and %j share %j",
  (a, b, shared) => {
    const period = ([start, end]: [number, number]) => ({ start, end });
    expect(intersect(period(a), period(b))).toEqual(shared === null ? null : period(shared));
    expect(intersect(period(b), period(a))).toEqual(shared === null ? null : period(shared));
  },
);

test("what two periods share is what both hold", () => {
  const periods = fc.tuple(fc.nat(50), fc.nat(50)).map(([start, length]) => ({ start, end: start + length }));
  fc.assert(
    fc.property(periods, periods, fc.nat(100), (a, b, at) => {
      const shared = intersect(a, b);
      expect(shared !== null && contains(shared, at)).toBe(contains(a, at) && contains(b, at));
    }),
  );
});
