import { afterEach, describe, expect, test } from "bun:test";
import type { Membership } from "../../src/ports/membership.ts";
import { until } from "../services/service.ts";

/** A membership of a process that is alone and is to own all of `partitions`, ascending. */
export interface MembershipSubject {
  open(): Promise<{ readonly membership: Membership; readonly partitions: readonly number[] }>;
  /** True where its server is not there; the name says so. */
  readonly skip?: boolean;
}

const waitMsMax = 20_000;

/** What every membership promises to a process that is alone; src/ports/membership.ts. */
export function membershipContract(name: string, subject: MembershipSubject): void {
  describe.skipIf(subject.skip === true)(name, () => {
    const opened: Membership[] = [];

    async function open(): Promise<{ membership: Membership; partitions: readonly number[] }> {
      const { membership, partitions } = await subject.open();
      opened.push(membership);
      return { membership, partitions };
    }

    afterEach(async () => {
      for (const membership of opened.splice(0)) await membership.leave();
    });

    test("tells everything once, and has told it when joining is done", async () => {
      const { membership, partitions } = await open();
      const told: unknown[] = [];
      expect(membership.isCurrent()).toBe(false);
      await membership.join(async (set) => {
        expect(membership.isCurrent()).toBe(true);
        await Bun.sleep(1);
        told.push(set);
      });
      expect(membership.isCurrent()).toBe(true);
      expect(told).toEqual([partitions]);
    });

    test("stays current while it lets go, and not beyond", async () => {
      const { membership, partitions } = await open();
      const told: unknown[] = [];
      await membership.join(async (set) => {
        told.push(set);
        await Bun.sleep(20);
        told.push(membership.isCurrent());
      });
      await membership.leave();
      expect(told).toEqual([partitions, true, [], true]);
      expect(membership.isCurrent()).toBe(false);
    });

    test("is out at once when it joins anew, lets go, and gets everything again", async () => {
      const { membership, partitions } = await open();
      const told: unknown[] = [];
      await membership.join(async (set) => {
        told.push([set, membership.isCurrent()]);
      });
      membership.rejoin();
      expect(membership.isCurrent()).toBe(false);
      await until("its partitions", waitMsMax, async () => told.length === 3);
      expect(told).toEqual([
        [partitions, true],
        [[], false],
        [partitions, true],
      ]);
    });

    test("may be asked to join anew from within the call", async () => {
      const { membership, partitions } = await open();
      const told: unknown[] = [];
      await membership.join(async (set) => {
        told.push(set);
        if (told.length === 1) membership.rejoin();
      });
      await until("its partitions", waitMsMax, async () => told.length === 3 && membership.isCurrent());
      expect(told).toEqual([partitions, [], partitions]);
    });

    test("tells one set after the other", async () => {
      const { membership } = await open();
      let busy = 0;
      const together: number[] = [];
      await membership.join(async () => {
        together.push(++busy);
        await Bun.sleep(30);
        busy--;
      });
      membership.rejoin();
      await membership.leave();
      expect(together.length).toBeGreaterThanOrEqual(2);
      expect(new Set(together)).toEqual(new Set([1]));
    });

    test("gives back what could not be taken over, and tries again", async () => {
      const { membership, partitions } = await open();
      const told: unknown[] = [];
      await membership.join(async (set) => {
        told.push(set);
        if (told.length <= 2) throw new Error("no room");
      });
      await until("its partitions", waitMsMax, async () => told.length === 3 && membership.isCurrent());
      expect(told).toEqual([partitions, [], partitions]);
    });

    test("leaves without having joined", async () => {
      const { membership } = await open();
      await membership.leave();
      expect(membership.isCurrent()).toBe(false);
    });

    test("leaves twice like once", async () => {
      const { membership, partitions } = await open();
      const told: unknown[] = [];
      await membership.join(async (set) => {
        told.push(set);
      });
      await Promise.all([membership.leave(), membership.leave()]);
      membership.rejoin();
      await membership.leave();
      expect(told).toEqual([partitions, []]);
      expect(membership.isCurrent()).toBe(false);
    });
  });
}
