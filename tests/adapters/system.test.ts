import { expect, test } from "bun:test";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { openIdSource } from "../../src/adapters/system/id_source.ts";
import { manualClock } from "../../src/adapters/system/manual_clock.ts";
import { isId } from "../../src/ids.ts";

const noon = Date.UTC(2026, 1, 1, 12);

test("the system clock tells whole milliseconds of the machine's time", () => {
  const before = Date.now();
  const now = systemClock.now();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(Date.now());
  expect(Number.isInteger(now)).toBe(true);
});

test("a manual clock moves only when it is moved", () => {
  const clock = manualClock(noon);
  expect(clock.now()).toBe(noon);
  clock.advance(1500);
  expect(clock.now()).toBe(noon + 1500);
  clock.set(noon - 1);
  expect(clock.now()).toBe(noon - 1);
});

test("ids rise within a millisecond, over the next ones, and when the clock goes back", () => {
  const clock = manualClock(noon);
  const ids = openIdSource(clock);
  const made: string[] = [];
  for (const move of [0, 1, 0, 1000, -5000, 1]) {
    clock.advance(move);
    for (let i = 0; i < 700; i += 1) made.push(ids.next("task")); // more than one byte of the counter holds
  }
  expect(made.every((id) => isId("task", id))).toBe(true);
  expect([...made].sort()).toEqual(made);
  expect(new Set(made).size).toBe(made.length);
});

test("two sources on one clock do not meet", () => {
  const clock = manualClock(noon);
  const [one, other] = [openIdSource(clock), openIdSource(clock)];
  const made = Array.from({ length: 500 }, () => [one.next("req"), other.next("req")]).flat();
  expect(new Set(made).size).toBe(made.length);
});
