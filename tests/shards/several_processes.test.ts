import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { stockBillingWorld } from "../http/billing_world.ts";
import { openSeveral, type Several } from "./several.ts";
import { around, month, names } from "./several_month.ts";

let world: Several;

beforeEach(async () => {
  world = await openSeveral();
}, 60_000);
afterEach(async () => {
  await world.stop();
  await world.close();
}, 60_000);

describe("several processes on one store", () => {
  test("bill what one would, whichever is asked, also with another number of them halfway", async () => {
    const totals: unknown[] = [];
    for (const counts of [[1], [2], [4], [3, 1, 2]]) {
      let turn = 0;
      await world.start(counts[0] ?? 1);
      totals.push(
        await month(world, async (day) => {
          if ((day !== 10 && day !== 19) || counts.length === 1) return;
          await world.stop();
          await world.start(counts[++turn] ?? 1);
        }),
      );
      await world.stop();
      await world.close();
      world = await openSeveral();
    }
    expect(totals[0]).toMatchObject({ ada: [{ status: "issued" }], sam: [{ status: "issued" }] });
    for (const other of totals.slice(1)) expect(other).toEqual(totals[0]);
  }, 300_000);

  test("answer for each other's customers as their own, errors and kept answers included", async () => {
    await world.start(2);
    const done = around(world);
    const { customer } = await stockBillingWorld(done);
    await customer("eve");
    for (const name of ["ada", "eve", "bob"]) {
      const answers = await Promise.all(
        [0, 1].map((n) => world.ask(n, "GET", `/spend-control/status?customer_id=${name}`)),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(answers[0]?.payload).toEqual(answers[1]?.payload ?? {});
      for (const answer of answers) expect(answer.headers.get("ratelimit")).not.toBeNull();
      const limit = { customer_id: name, monthly_limit: 5, action_on_exceed: "notify" };
      const kept = await Promise.all(
        [0, 1].map((n) => world.ask(n, "POST", "/spend-control/limits", limit, `k-${name}`)),
      );
      const replays = await Promise.all(
        [0, 1].map((n) => world.ask(n, "POST", "/spend-control/limits", limit, `k-${name}`)),
      );
      const ids = [...kept, ...replays].filter(({ status }) => status === 201).map(({ id }) => id);
      expect(new Set(ids).size).toBe(1);
      for (const n of [0, 1]) {
        const wrong = await world.ask(n, "POST", "/spend-control/check", {
          customer_id: name,
          event_type: "none",
        });
        expect(wrong.status).toBe(
          (await world.ask(1 - n, "POST", "/spend-control/check", { customer_id: name, event_type: "none" }))
            .status,
        );
      }
    }
    const nobody = await world.ask(1, "GET", "/spend-control/status?customer_id=nobody");
    expect(nobody.status).toBe(404);
  }, 60_000);

  test("a request for a customer whose process starts again waits for it", async () => {
    await world.start(2);
    const { customer } = await stockBillingWorld(around(world));
    for (const name of names.slice(1)) await customer(name);
    const restarted = world.restart(1);
    const answers = await Promise.all(
      names.map((name) => world.ask(0, "GET", `/spend-control/status?customer_id=${name}`)),
    );
    await restarted;
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 200));
  }, 60_000);

  test("lets nobody in who is not one of them", async () => {
    await world.start(2);
    const [address = ""] = [...((await world.running[0]?.services.store.owners()) ?? [])].map(
      (owner) => owner.address,
    );
    expect(address).toStartWith("http://127.0.0.1:");
    const strangers: Record<string, string>[] = [
      {},
      { "x-billai-peer": "1.2" },
      { "x-billai-peer": `${Date.now() + 1000}.${"0".repeat(64)}` },
    ];
    for (const headers of strangers) {
      const { status } = await fetch(`${address}/api/v1/admin/health`, { headers });
      expect(status).toBe(404);
    }
    const front = await world.ask(0, "GET", "/../../peer/clock");
    expect(front.status).toBe(404);
  }, 60_000);
});
