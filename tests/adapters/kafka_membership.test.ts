import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { openKafkaMembership } from "../../src/adapters/kafka/membership.ts";
import { membershipContract } from "../contracts/membership.ts";
import { until } from "../services/service.ts";
import { brokers, skipped } from "./kafka_fixture.ts";
import {
  type HereOptions,
  joinElsewhere,
  joinHere,
  type Local,
  newScene,
  owned,
  type Remote,
  type Scene,
  settle,
  times,
  Usage,
} from "./kafka_membership_fixture.ts";

const partitions = 16;
const all = Array.from({ length: partitions }, (_, id) => id);
const waitMsMax = 40_000;

membershipContract(`a membership in a group of Kafka's${skipped}`, {
  skip: skipped !== "",
  open: async () => {
    const { group } = newScene(brokers, partitions);
    const membership = await openKafkaMembership({
      brokers,
      group,
      topic: group,
      partitions,
      times,
      say: () => {},
    });
    return { membership, partitions: all };
  },
});

describe.skipIf(skipped !== "")(`processes that share a group of Kafka's${skipped}`, () => {
  const here: Local[] = [];
  const elsewhere: Remote[] = [];

  afterEach(async () => {
    await Promise.all(here.splice(0).map(({ membership }) => membership.leave()));
    for (const remote of elsewhere.splice(0)) await remote.kill();
  });

  async function local(scene: Scene, options: HereOptions = {}): Promise<Local> {
    const member = await joinHere(scene, options);
    here.push(member);
    return member;
  }

  function remote(scene: Scene): Remote {
    const member = joinElsewhere(scene);
    elsewhere.push(member);
    return member;
  }

  test("share evenly, move no more than they must, and take over at once from one that leaves", async () => {
    const scene = newScene(brokers, partitions);
    const usage = new Usage();
    const a = await local(scene, { usage });
    await a.joined;
    expect(a.sets).toEqual([all]);
    const b = await local(scene, { usage });
    await settle(scene, [a, b]);
    expect(a.sets).toEqual([all, all.slice(0, 8)]);
    const c = await local(scene, { usage });
    await settle(scene, [a, b, c]);
    expect(all.slice(0, 8)).toEqual(expect.arrayContaining([...owned(a)]));
    expect(all.slice(8)).toEqual(expect.arrayContaining([...owned(b)]));
    const kept = [owned(a), owned(b)];
    await c.membership.leave();
    const handOverMs = await settle(scene, [a, b]);
    expect(handOverMs).toBeLessThan(times.sessionMs); // nobody waited for a session to end
    expect(owned(a)).toEqual(expect.arrayContaining([...(kept[0] ?? [])]));
    expect(owned(b)).toEqual(expect.arrayContaining([...(kept[1] ?? [])]));
    expect(c.sets.at(-1)).toEqual([]);
    expect(usage.breaches).toEqual([]);
    expect([...a.said, ...b.said, ...c.said]).toEqual([]);
  });

  test("beyond the number of partitions wait for one to be free", async () => {
    const scene = newScene(brokers, 1);
    const a = await local(scene);
    await a.joined;
    const b = await local(scene);
    await b.joined;
    expect(b.sets).toEqual([]);
    expect(b.membership.isCurrent()).toBe(true);
    await a.membership.leave();
    await settle(scene, [b]);
    expect(b.sets).toEqual([[0]]);
  });

  test("get a partition only after the one before has let it go, which stays a member meanwhile", async () => {
    const scene = newScene(brokers, partitions);
    const usage = new Usage();
    const letting = Promise.withResolvers<void>();
    let began = 0;
    const slow = await openKafkaMembership({
      ...scene,
      topic: scene.group,
      times,
      say: (line) => said.push(line),
    });
    const said: string[] = [];
    const sets: (readonly number[])[] = [];
    await slow.join(async (set) => {
      usage.take("slow", set);
      if (sets.length > 0 && began === 0) {
        began = performance.now();
        await letting.promise;
      }
      sets.push(set);
      usage.letGo("slow", set);
    });
    const a: Local = {
      name: "slow",
      membership: slow,
      said,
      sets,
      joined: Promise.resolve(),
      isCurrent: () => slow.isCurrent(),
    };
    here.push(a);
    const b = await local(scene, { usage });
    // Longer than both the session and a change of the group may take: another joins meanwhile.
    await until("the slow one to be asked", waitMsMax, async () => began > 0);
    const c = await local(scene, { usage });
    await c.joined;
    await until("a session and a half", waitMsMax, async () => {
      expect(slow.isCurrent()).toBe(true);
      return performance.now() - began > times.sessionMs * 1.5;
    });
    expect([...owned(b), ...owned(c)]).toEqual([]);
    letting.resolve();
    await settle(scene, [a, b, c]);
    expect(usage.breaches).toEqual([]);
    expect(said).toEqual([]);
  }, 120_000);

  test("take over from one that was killed when its session ends", async () => {
    const scene = newScene(brokers, partitions);
    const [a, b] = [await local(scene), remote(scene)];
    await settle(scene, [a, b]);
    const before = owned(a);
    await b.kill();
    const tookMs = await settle(scene, [a]);
    expect(owned(a)).toEqual(all);
    expect(a.sets.at(-2)).toEqual(before);
    expect(tookMs).toBeGreaterThan(times.sessionMs / 2);
    expect(a.membership.isCurrent()).toBe(true);
  }, 120_000);

  test("that were stopped for longer than a session know it at once, let go, and join again", async () => {
    const scene = newScene(brokers, partitions);
    const [a, b] = [await local(scene), remote(scene)];
    await settle(scene, [a, b]);
    const told = b.lines.length;
    b.freeze();
    await settle(scene, [a]);
    expect(b.lines).toHaveLength(told);
    b.thaw();
    await until("it to say something", waitMsMax, async () => b.lines.length > told);
    expect(b.lines[told]).toBe("thawed false");
    await settle(scene, [a, b]);
    const since = b.lines.slice(told + 1).filter((line) => /^(set|current)/.test(line));
    expect(since.slice(0, 3)).toEqual(["current false", "set []", "current true"]);
    expect(b.lines).toContain(
      "said This process is out of the group of shards (not heard of within the session's time); joining again",
    );
  }, 120_000);

  test("law: end even after any joins, leaves, deaths and new starts, and never use a partition twice", async () => {
    const step = fc.constantFrom("join", "join", "leave", "rejoin", "start", "kill");
    const history = fc.array(step, { minLength: 4, maxLength: 8 });
    const busy = fc.integer({ min: 0, max: 150 });
    await fc.assert(
      fc.asyncProperty(history, busy, async (steps, busyMs) => {
        const scene = newScene(brokers, partitions);
        const usage = new Usage();
        const [locals, remotes]: [Local[], Remote[]] = [[await local(scene, { usage })], []];
        for (const what of steps) {
          if (what === "join") locals.push(await local(scene, { usage, busyMs }));
          if (what === "leave" && locals.length > 1) await locals.shift()?.membership.leave();
          if (what === "rejoin") locals[0]?.membership.rejoin();
          if (what === "start" && remotes.length < 2) remotes.push(remote(scene));
          if (what === "kill") await remotes.shift()?.kill();
          await Bun.sleep(busyMs); // so that steps meet the group in any state
        }
        await settle(scene, [...locals, ...remotes], 60_000);
        expect(usage.breaches).toEqual([]);
        for (const each of locals) await each.membership.leave();
        for (const each of remotes) await each.kill();
      }),
      { numRuns: 4 },
    );
  }, 400_000);
});
