import { expect, test } from "bun:test";
import { Directory, newLiveActor } from "../../shards/directory.ts";
import { RecentIds } from "../../shards/recent_ids.ts";

const key = (customerId: string) => ({ companyId: "co_1", customerId });
const actor = (customerId: string, snapshotCharacters = 1) => ({
  ...newLiveActor(key(customerId)),
  snapshotCharacters,
});

test("beyond its bound the directory forgets whoever was used longest ago, and only after the batch", () => {
  const directory = new Directory(() => ({ actors: 2, bytes: 1000 }));
  const ada = actor("ada");
  directory.touch(key("ada"), ada);
  directory.touch(key("bob"), actor("bob"));
  directory.touch(key("cyd"), actor("cyd"));
  directory.touch(key("ada"), ada);
  expect(directory.size).toBe(3);
  directory.passivate();
  expect([directory.get(key("ada")), directory.get(key("bob")), directory.size]).toEqual([ada, undefined, 2]);
});

test("few actors with very much to remember make room, too, as they grow", () => {
  const directory = new Directory(() => ({ actors: 100, bytes: 3000 }));
  const ada = actor("ada", 100);
  for (const one of [ada, actor("bob", 500), actor("cyd", 300)]) directory.touch(one.state, one);
  directory.passivate();
  expect(directory.size).toBe(3);
  ada.snapshotCharacters = 400;
  directory.touch(ada.state, ada);
  directory.passivate();
  expect([directory.get(key("bob")), directory.size]).toEqual([undefined, 2]);
  directory.drop(key("cyd"));
  directory.touch(key("dee"), actor("dee", 590));
  directory.passivate();
  expect(directory.size).toBe(2);
});

test("remembered ids are bounded by two generations, the older of which is forgotten first", () => {
  const recent = new RecentIds(10);
  const digest = (n: number) => n.toString(16).padStart(13, "0").padEnd(32, "f");
  for (let n = 0; n < 25; n++) recent.add(digest(n));
  expect([
    recent.has(digest(9)),
    recent.has(digest(10)),
    recent.has(digest(24)),
    recent.has(digest(25)),
  ]).toEqual([false, true, true, false]);
});
