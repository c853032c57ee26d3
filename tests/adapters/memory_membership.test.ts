import { describe, expect, test } from "bun:test";
import { fixedMembership } from "../../src/adapters/memory/fixed_membership.ts";
import { membershipContract } from "../contracts/membership.ts";

membershipContract("the membership of a process that is told its partitions", {
  open: async () => ({ membership: fixedMembership([3, 1, 2], () => {}), partitions: [1, 2, 3] }),
});

describe("a fixed membership", () => {
  test("says why its partitions were not taken over", async () => {
    const said: string[] = [];
    const membership = fixedMembership([1], (line) => said.push(line));
    let calls = 0;
    await membership.join(async () => {
      calls++;
      if (calls === 1) throw new Error("no room");
    });
    expect(said).toEqual(["The partitions were not taken over (Error: no room); trying again"]);
  });

  test("of no partitions tells nothing", async () => {
    const told: unknown[] = [];
    const membership = fixedMembership([], () => {});
    await membership.join(async (set) => {
      told.push(set);
    });
    expect(membership.isCurrent()).toBe(true);
    await membership.leave();
    expect(told).toEqual([]);
  });
});
