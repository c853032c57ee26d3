import { expect, test } from "bun:test";
import fc from "fast-check";
import { TurnSlots } from "../../shards/turn_slots.ts";

/** What has come to rest once every promise that can has been kept. */
async function settled(): Promise<void> {
  for (let round = 0; round < 3; round++) await new Promise((resolve) => setImmediate(resolve));
}

test("as many as there are slots go on at once, the others in the order they came", async () => {
  const slots = new TurnSlots(2);
  const all = Array.from({ length: 4 }, () => slots.slot());
  const gone: number[] = [];
  for (const [i, slot] of all.entries()) void slot.take().then(() => gone.push(i));
  await settled();
  expect(gone).toEqual([0, 1]);
  all[1]?.leave();
  await settled();
  expect(gone).toEqual([0, 1, 2]);
  all[0]?.leave();
  await settled();
  expect(gone).toEqual([0, 1, 2, 3]);
});

test("who is told to hurry goes on without a slot, and gives none back", async () => {
  const slots = new TurnSlots(1);
  const [holder, hurried, third] = [slots.slot(), slots.slot(), slots.slot()];
  await holder.take();
  const without = hurried.take();
  hurried.hurry();
  await without;
  hurried.leave();
  let hasGone = false;
  void third.take().then(() => {
    hasGone = true;
  });
  await settled();
  expect(hasGone).toBe(false);
  holder.leave();
  await settled();
  expect(hasGone).toBe(true);
});

test("whatever they do, no more than there are slots are held, and none is lost", async () => {
  const deed = fc.record({ who: fc.nat({ max: 5 }), what: fc.constantFrom("take", "leave", "hurry") });
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { maxLength: 60 }), async (deeds) => {
      const slots = new TurnSlots(2);
      const all = Array.from({ length: 6 }, () => ({ slot: slots.slot(), state: "out", hurried: false }));
      for (const { who, what } of deeds) {
        const one = all[who];
        if (one === undefined) continue;
        if (what === "take" && one.state === "out") {
          Object.assign(one, { state: "waits", hurried: false });
          void one.slot.take().then(() => {
            one.state = "in";
          });
        } else if (what === "hurry") {
          one.hurried ||= one.state === "waits";
          one.slot.hurry();
        } else if (what === "leave" && one.state === "in") {
          one.slot.leave();
          one.state = "out";
        }
        await settled();
        const within = all.filter(({ state, hurried }) => state === "in" && !hurried).length;
        expect(within).toBeLessThanOrEqual(2);
        if (all.some(({ state }) => state === "waits")) expect(within).toBe(2);
      }
    }),
  );
});
