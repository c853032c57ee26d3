import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { stockBillingWorld, usage } from "../http/billing_world.ts";
import { type Heard, openSeveral } from "./several.ts";

type World = Awaited<ReturnType<typeof openSeveral>>;
let world: World;

beforeEach(async () => {
  world = await openSeveral();
}, 60_000);
afterEach(async () => {
  await world.stop();
  await world.close();
}, 60_000);

/** Calls that must succeed, to one process after the other. */
function around(): (method: string, path: string, body?: unknown) => Promise<Heard> {
  let next = 0;
  return async (method, path, body) => {
    const told = await world.ask(next++ % world.running.length, method, path, body);
    if (told.status >= 300) throw new Error(`${method} ${path}: ${told.text}`);
    return told;
  };
}

const names = ["ada", "eve", "joe", "kim", "lou", "max", "pat", "sam"];

/** A month of eight customers, every call to another process; what each of them owes in the end. */
async function month(between: (day: number) => Promise<void> = async () => {}): Promise<unknown> {
  const done = around();
  const { clock, customer } = await stockBillingWorld(done);
  for (const name of names.slice(1)) await customer(name);
  for (let day = 1; day <= 28; day += 3) {
    const at = `2023-11-${String(day).padStart(2, "0")}T12:00:00Z`;
    await done("POST", `/admin/test-clocks/${clock.id}/advance`, { to: at });
    const events = names.flatMap((name, n) =>
      [1, 2, 3].map((k) => usage(`${day}-${k}`, name, at, day * 1000 * (n + 1), k * (n + 7))),
    );
    const taken = await done("POST", `/usage/events${day % 2 === 0 ? "?wait=applied" : ""}`, { events });
    expect(taken.payload).toMatchObject({ accepted: events.length, rejected: 0 });
    if (day % 7 === 0) await done("POST", "/usage/events", { events }); // once more, which counts once
    if (day === 19) await done("POST", `/usage/events/4-1/void`, { customer_id: "eve" });
    await between(day);
  }
  await done("POST", `/admin/test-clocks/${clock.id}/advance`, { to: "2023-12-01T02:00:00Z" });
  const owed: Record<string, unknown> = {};
  for (const name of names) {
    const { payload } = await done("GET", `/invoicing/invoices?customer_id=${name}`);
    const invoices = payload as unknown as Record<string, unknown>[];
    owed[name] = invoices.map(({ status, total, line_items }) => ({
      status,
      total,
      lines: linesOf(line_items),
    }));
  }
  return owed;
}

function linesOf(lines: unknown): unknown {
  return (lines as Record<string, unknown>[]).map(({ description, quantity, amount }) => [
    description,
    quantity,
    amount,
  ]);
}

describe("several processes on one store", () => {
  test("bill what one would, whichever is asked, also with another number of them halfway", async () => {
    const totals: unknown[] = [];
    for (const counts of [[1], [2], [4], [3, 1, 2]]) {
      let turn = 0;
      await world.start(counts[0] ?? 1);
      totals.push(
        await month(async (day) => {
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
    const done = around();
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
    const { customer } = await stockBillingWorld(around());
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
