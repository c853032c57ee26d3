import { describe, expect, test } from "bun:test";
import { type Fault, faults } from "./faults.ts";
import { simulate } from "./run.ts";

const STEPS = 3000;
/** By when every fault is to be found. */
const SEEDS_MAX = 15;

/** The first of some seeds that finds something wrong; 0 where none does. */
function foundBy(fault?: Fault): number {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) if (simulate(seed, STEPS, fault).breach !== null) return seed;
  return 0;
}

test("a few lives end as they should", () => {
  for (let seed = 1; seed <= 6; seed++) {
    const { breach, last, commits } = simulate(seed, STEPS);
    expect(breach === null ? [] : [`seed ${seed}`, breach, ...last]).toEqual([]);
    expect(commits).toBeGreaterThan(20);
  }
});

test("a seed is the same life every time, and no other seed's", () => {
  const [one, again, other] = [simulate(3, STEPS), simulate(3, STEPS), simulate(4, STEPS)];
  expect(again).toEqual(one);
  expect(other.hash).not.toBe(one.hash);
});

test("a life that goes wrong goes wrong again at the same step", () => {
  const [one, again] = [0, 1].map(() => simulate(1, STEPS, faults["lost append"]));
  expect(one?.breach).not.toBeNull();
  expect(again).toEqual(one as never);
});

describe("a build that is broken on purpose is found out:", () => {
  for (const [name, fault] of Object.entries(faults))
    test(name, () => {
      expect(foundBy(fault)).toBeGreaterThan(0);
    });
});
