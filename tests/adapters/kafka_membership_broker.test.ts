import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limits } from "../../src/limits.ts";
import { type Broker, startBroker } from "../services/kafka.ts";
import { until } from "../services/service.ts";
import { skipped } from "./kafka_fixture.ts";
import {
  joinHere,
  type Local,
  newScene,
  owned,
  type Scene,
  settle,
  times,
  Usage,
} from "./kafka_membership_fixture.ts";

const partitions = 8;
const waitMsMax = 40_000;
let broker: Broker;

describe.skipIf(skipped !== "")(`members of a group whose broker goes away${skipped}`, () => {
  const here: Local[] = [];

  beforeAll(async () => {
    broker = await startBroker(mkdtempSync(join(tmpdir(), "billai-kafka-group-")));
  }, 120_000);
  afterEach(async () => {
    await Promise.all(here.splice(0).map(({ membership }) => membership.leave()));
  });
  afterAll(async () => broker?.stop());

  async function local(scene: Scene, usage: Usage, sessionMs = times.sessionMs): Promise<Local> {
    const member = await joinHere(scene, { usage, sessionMs });
    here.push(member);
    return member;
  }

  /** What was said, without the reasons the client gives. */
  function told({ said }: Local): string[] {
    return said.map((line) => line.replace(/ \(.*\)/, ""));
  }

  const [away, back] = [
    () => `The group of shards at ${broker.address} is away; trying again`,
    () => `The group of shards at ${broker.address} is back`,
  ];
  const out = "This process is out of the group of shards; joining again";

  test("keep what they have through a pause shorter than the session, and say so once", async () => {
    const [scene, usage] = [newScene([broker.address], partitions), new Usage()];
    const members = [await local(scene, usage), await local(scene, usage)];
    await settle(scene, members);
    const before = members.map((member) => [...member.sets]);
    broker.pause();
    await until("them to notice", waitMsMax, async () => members.every(({ said }) => said.length > 0));
    broker.resume();
    await until("it to be back", waitMsMax, async () => members.every(({ said }) => said.length > 1));
    expect(members.map(told)).toEqual([
      [away(), back()],
      [away(), back()],
    ]);
    expect(members.map(({ sets }) => sets)).toEqual(before);
    expect(members.map((member) => member.isCurrent())).toEqual([true, true]);
  }, 120_000);

  test("keep what they have when it starts anew within the session", async () => {
    const [scene, usage] = [newScene([broker.address], partitions), new Usage()];
    const members = [await local(scene, usage, 120_000), await local(scene, usage, 120_000)];
    await settle(scene, members);
    const before = members.map((member) => [...member.sets]);
    await broker.kill();
    broker = await startBroker(broker.folder);
    await until("it to be back", 90_000, async () => members.every(({ said }) => said.length > 1));
    const third = await local(scene, usage);
    await settle(scene, [...members, third]);
    expect(members.map(told)).toEqual([
      [away(), back()],
      [away(), back()],
    ]);
    expect(members.map(({ sets }, i) => sets.slice(0, before[i]?.length))).toEqual(before);
    expect(members.flatMap(({ sets }) => sets.filter((set) => set.length === 0))).toEqual([]);
    expect(usage.breaches).toEqual([]);
  }, 240_000);

  test("let go when it was away for a session, and share anew when it is back", async () => {
    const [scene, usage] = [newScene([broker.address], partitions), new Usage()];
    const members = [await local(scene, usage), await local(scene, usage)];
    await settle(scene, members);
    const killedAt = performance.now();
    await broker.kill();
    await until("them to let go", waitMsMax, async () =>
      members.every((member) => owned(member).length === 0),
    );
    expect(performance.now() - killedAt).toBeGreaterThan(times.sessionMs / 2);
    expect(members.map((member) => member.isCurrent())).toEqual([false, false]);
    broker = await startBroker(broker.folder);
    await settle(scene, members, 90_000);
    expect(members.map(told)).toEqual([
      [away(), out, back()],
      [away(), out, back()],
    ]);
    expect(usage.breaches).toEqual([]);
  }, 240_000);

  test("keep what they have for as long as the store says that nobody else has claimed it", async () => {
    const scene = newScene([broker.address], partitions);
    const asked: (readonly number[])[] = [];
    let isStillOurs = true;
    const member = await joinHere(scene, {
      isStillOurs: async (held) => {
        asked.push(held);
        return isStillOurs;
      },
    });
    here.push(member);
    await settle(scene, [member]);
    expect(asked).toEqual([]); // as long as the broker is there nobody asks
    await broker.kill();
    const killedAt = performance.now();
    await until("two sessions to pass", waitMsMax, async () => {
      expect(member.isCurrent()).toBe(true);
      return performance.now() - killedAt > 2 * times.sessionMs;
    });
    expect(asked[0]).toEqual(owned(member));
    isStillOurs = false;
    await until("it to let go", waitMsMax, async () => owned(member).length === 0);
    expect(member.isCurrent()).toBe(false);
    broker = await startBroker(broker.folder);
    await settle(scene, [member], 90_000);
    expect(told(member)).toEqual([away(), out, back()]);
  }, 240_000);

  test("join when it comes up, and leave without it", async () => {
    const [scene, usage] = [newScene([broker.address], partitions), new Usage()];
    await broker.kill();
    const [a, quitter] = [await local(scene, usage), await local(scene, usage)];
    await until("them to notice", waitMsMax, async () => a.said.length > 0 && quitter.said.length > 0);
    await quitter.membership.leave();
    await quitter.joined;
    broker = await startBroker(broker.folder);
    await a.joined;
    await settle(scene, [a]);
    expect(told(a)).toEqual([away(), back()]);
    expect(told(quitter)).toEqual([away()]);
    await broker.kill();
    const leavingAt = performance.now();
    await a.membership.leave();
    expect(performance.now() - leavingAt).toBeLessThan(limits.groupLeaveMsMax * 2);
    expect(owned(a)).toEqual([]);
    expect(a.membership.isCurrent()).toBe(false);
    broker = await startBroker(broker.folder);
  }, 240_000);
});
