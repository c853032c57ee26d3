import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { assign, type Claim } from "../../src/adapters/kafka/assignment.ts";
import { Lease } from "../../src/adapters/kafka/lease.ts";
import { Telling } from "../../src/adapters/kafka/telling.ts";

function claim(id: string, partitions: readonly number[], generation = 1): Claim {
  return { id, partitions, generation };
}

function shares(claims: readonly Claim[], partitions: number): Record<string, number[]> {
  return Object.fromEntries(assign(claims, partitions));
}

describe("sharing partitions out", () => {
  test("gives one member everything, and two members half each", () => {
    expect(shares([claim("a", [])], 4)).toEqual({ a: [0, 1, 2, 3] });
    expect(shares([claim("a", []), claim("b", [])], 5)).toEqual({ a: [0, 1, 2], b: [3, 4] });
  });

  test("leaves out what a member still uses that is to go to another", () => {
    const before = [claim("a", [0, 1, 2, 3]), claim("b", [], -1)];
    expect(shares(before, 4)).toEqual({ a: [0, 1], b: [] });
    expect(shares([claim("a", [0, 1], 2), claim("b", [], 2)], 4)).toEqual({ a: [0, 1], b: [2, 3] });
  });

  test("moves nothing where everything is even, wherever it lies", () => {
    expect(shares([claim("b", [0, 3]), claim("a", [1, 2, 4])], 5)).toEqual({ a: [1, 2, 4], b: [0, 3] });
  });

  test("spreads what a member left behind", () => {
    expect(shares([claim("a", [0, 1]), claim("c", [4, 5])], 6)).toEqual({ a: [0, 1, 2], c: [3, 4, 5] });
  });

  test("leaves members beyond the number of partitions without any", () => {
    expect(shares([claim("a", [0]), claim("b", [1]), claim("c", [])], 2)).toEqual({ a: [0], b: [1], c: [] });
  });

  test("believes the younger of two claims, and gives what is doubtful to neither's rival", () => {
    const claims = [claim("a", [0, 1], 3), claim("b", [1], 4), claim("c", [], 4)];
    expect(shares(claims, 3)).toEqual({ a: [0], b: [1], c: [2] });
  });
});

/** Claims as they can be: members hold different partitions. */
const claimsOf = fc
  .record({
    partitions: fc.integer({ min: 1, max: 70 }),
    members: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 9 }),
    seed: fc.array(fc.nat(), { minLength: 70, maxLength: 70 }),
  })
  .map(({ partitions, members, seed }) => {
    const held = new Map(members.map((id) => [id, [] as number[]]));
    for (let partition = 0; partition < partitions; partition++) {
      const owner = members[(seed[partition] ?? 0) % (members.length + 1)]; // or nobody's
      if (owner !== undefined) held.get(owner)?.push(partition);
    }
    return { partitions, claims: members.map((id) => claim(id, held.get(id) ?? [])) };
  });

describe("law: sharing partitions out", () => {
  test("never gives anyone what another uses, nor one partition twice", () => {
    fc.assert(
      fc.property(claimsOf, ({ partitions, claims }) => {
        const given = [...assign(claims, partitions)].flatMap(([id, share]) => share.map((p) => ({ id, p })));
        expect(new Set(given.map(({ p }) => p)).size).toBe(given.length);
        for (const { id, p } of given) {
          expect(claims.every((other) => other.id === id || !other.partitions.includes(p))).toBe(true);
        }
      }),
    );
  });

  test("is complete, even and at rest in the second round", () => {
    fc.assert(
      fc.property(claimsOf, ({ partitions, claims }) => {
        const first = assign(claims, partitions);
        const next = claims.map(({ id }) => claim(id, first.get(id) ?? [], 2));
        const second = assign(next, partitions);
        const sizes = [...second.values()].map((share) => share.length);
        expect([...second.values()].flat().sort((a, b) => a - b)).toEqual(
          Array.from({ length: partitions }, (_, id) => id),
        );
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        const third = claims.map(({ id }) => claim(id, second.get(id) ?? [], 3));
        expect(assign(third, partitions)).toEqual(second);
      }),
    );
  });

  test("takes from a member only what is above an even share", () => {
    fc.assert(
      fc.property(claimsOf, ({ partitions, claims }) => {
        const given = assign(claims, partitions);
        for (const { id, partitions: before } of claims) {
          const kept = before.filter((partition) => given.get(id)?.includes(partition));
          expect(kept.length).toBeGreaterThanOrEqual(
            Math.min(before.length, Math.floor(partitions / claims.length)),
          );
        }
      }),
    );
  });

  test("does not depend on the order in which members are told", () => {
    fc.assert(
      fc.property(claimsOf, ({ partitions, claims }) => {
        expect(shares(claims.toReversed(), partitions)).toEqual(shares(claims, partitions));
      }),
    );
  });
});

const times = { sessionMs: 1000, heartbeatMs: 100, rebalanceMs: 2500 };

describe("a lease", () => {
  function begun(): { lease: Lease; at(ms: number): boolean; go(ms: number): void } {
    let now = 5000;
    const lease = new Lease(times, () => now);
    expect(lease.isCurrent).toBe(false);
    lease.begin(5000);
    const go = (ms: number) => {
      now = 5000 + ms;
    };
    return {
      lease,
      go,
      at: (ms) => {
        go(ms);
        return lease.isCurrent;
      },
    };
  }

  test("lasts a session from when the question was sent that was answered", () => {
    const { lease, at, go } = begun();
    expect(at(999)).toBe(true);
    lease.renew(5300, true); // its answer took 699 ms
    expect(at(1299)).toBe(true);
    expect(at(1300)).toBe(false);
    go(0);
    lease.lose("the end");
  });

  test("does not come back by an answer that comes late", async () => {
    const { lease, at } = begun();
    expect(at(1000)).toBe(false);
    lease.renew(5999, true);
    expect(at(1001)).toBe(false);
    expect(lease.isLost).toBe(true);
    expect(await lease.lost).toBe("not heard of within the session's time");
  });

  test("is not prolonged for ever while the group waits for it to take part", () => {
    const { lease, at } = begun();
    expect(at(900)).toBe(true);
    lease.renew(5900, true); // the last answer that all is well
    for (const ms of [1800, 2700, 3300]) {
      expect(at(ms)).toBe(true);
      lease.renew(5000 + ms, false);
    }
    expect(at(3399)).toBe(true);
    expect(at(3400)).toBe(false); // 900 + 2500
    lease.lose("the end");
  });

  test("is held on to while nobody else has taken what is held, and not taken up again once it is over", () => {
    const { lease, at } = begun();
    expect(at(900)).toBe(true);
    expect(lease.silentMs).toBe(900);
    lease.bridge(5900, 250);
    expect(at(1149)).toBe(true);
    lease.bridge(5100, 250); // an answer that took long shortens nothing
    expect(at(1149)).toBe(true);
    expect(at(1150)).toBe(false);
    lease.bridge(6150, 250);
    expect(at(1151)).toBe(false);
    lease.lose("the end");
  });

  test("is over as soon as it is lost, also before it begins", async () => {
    const { lease, at } = begun();
    lease.lose("fenced");
    expect(at(1)).toBe(false);
    lease.renew(5001, true);
    expect(at(2)).toBe(false);
    expect(await lease.lost).toBe("fenced");
    const early = new Lease(times);
    early.lose("left");
    expect([early.isCurrent, early.isLost]).toEqual([false, true]);
  });
});

describe("telling an owner", () => {
  test("leaves out what was overtaken, and ends with the newest", async () => {
    const told: (readonly number[])[] = [];
    const turn = Promise.withResolvers<void>();
    const telling = new Telling(
      async (set) => {
        told.push(set);
        await turn.promise;
      },
      () => {},
    );
    const first = telling.tell([1]);
    await Promise.resolve(); // it is being told
    telling.tell([1, 2]);
    const last = telling.tell([2]);
    turn.resolve();
    await Promise.all([first, last]);
    expect(told).toEqual([[1], [2]]);
    await telling.tell([2]);
    expect(told).toHaveLength(2);
  });
});
