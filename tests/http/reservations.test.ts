import { afterAll, beforeAll, expect, test } from "bun:test";
import { type BillingWorld, openBillingWorld } from "./billing_world.ts";

let world: BillingWorld;
const done: BillingWorld["done"] = (...given) => world.done(...given);
const path = "/spend-control/reservations";
const call = (method: string, at: string, body?: unknown, key?: string) =>
  world.call(method, `/api/v1${at}`, body, key);

beforeAll(async () => {
  world = await openBillingWorld();
  // The plan's fee of 20 is spent from the start.
  const limit = { customer_id: "bob", monthly_limit: 100, action_on_exceed: "block" };
  await done("POST", "/spend-control/limits", limit);
}, 60_000);
afterAll(async () => {
  await world.app.close();
  expect(world.app.troubles).toEqual([]);
});

const event = (event_id: string, output_tokens: number) => ({
  event_id,
  event_type: "llm",
  properties: { input_tokens: 0, output_tokens },
});
const question = { customer_id: "bob", event_type: "llm", properties: { input_tokens: 0, output_tokens: 0 } };
const remaining = async () => (await done("POST", "/spend-control/check", question)).payload.remaining;

test("budget is held, committed with an event that counts once, and released", async () => {
  const before = Number(await remaining());
  const held = await done("POST", path, { customer_id: "bob", amount: "30", expires_in: 3600 });
  expect(held.payload).toMatchObject({ status: "held", amount: "30", currency: "USD" });
  expect(Number(await remaining())).toBe(before - 30);
  const committed = await done("POST", `${path}/${held.id}/commit`, { event: event("one", 1_000_000) });
  expect(committed.payload).toMatchObject({ status: "committed", cost: "15", excess: "0" });
  expect(Number(await remaining())).toBe(before - 15);
  // Again, however it comes: the event's id is the duplicate key.
  const again = await done("POST", `${path}/${held.id}/commit`, { event: event("one", 1_000_000) });
  expect(again.payload).toMatchObject({ event: { event_id: "one", status: "duplicate" } });
  expect((await call("POST", `${path}/${held.id}/commit`, { event: event("one", 2) })).error?.code).toBe(
    "RES_002",
  );
  const sent = { events: [{ ...event("one", 1_000_000), customer_id: "bob" }] };
  const { payload } = await done("POST", "/usage/events?wait=applied", sent);
  expect(payload.results).toMatchObject([{ event_id: "one", status: "duplicate" }]);
  expect(Number(await remaining())).toBe(before - 15);

  const cost = { event_type: "llm", properties: { input_tokens: 0, output_tokens: 2_000_000 } };
  const next = await done("POST", path, { customer_id: "bob", event: cost, expires_in: 60 });
  expect(next.payload).toMatchObject({ amount: "30" });
  expect((await done("POST", `${path}/${next.id}/release`)).payload).toMatchObject({ status: "released" });
  expect((await call("POST", `${path}/${next.id}/release`)).error?.code).toBe("RES_001");
  expect(Number(await remaining())).toBe(before - 15);
});

test("an event sent before its commit counts once", async () => {
  const before = Number(await remaining());
  const held = await done("POST", path, { customer_id: "bob", amount: "5", expires_in: 60 });
  await done("POST", "/usage/events?wait=applied", {
    events: [{ ...event("two", 100_000), customer_id: "bob" }],
  });
  const told = await done("POST", `${path}/${held.id}/commit`, { event: event("two", 100_000) });
  expect(told.payload).toMatchObject({ event: { status: "duplicate" } });
  expect(Number(await remaining())).toBe(before - 1.5);
});

test("of many reservations at once no more are given than the limit has room for", async () => {
  const before = Number(await remaining());
  const body = { customer_id: "bob", amount: 10, expires_in: 60 };
  const all = await Promise.all(Array.from({ length: 20 }, () => call("POST", path, body)));
  const given = all.filter(({ status }) => status === 201);
  expect(given.length).toBe(Math.floor(before / 10));
  expect(new Set(all.filter((told) => told.error !== null).map((told) => told.error?.code))).toEqual(
    new Set(["SPEND_001"]),
  );
  for (const { id } of given) await done("POST", `${path}/${id}/release`);
  expect(Number(await remaining())).toBe(before);
});

test("an Idempotency-Key holds budget once", async () => {
  const body = { customer_id: "bob", amount: 1, expires_in: 60 };
  const first = await call("POST", path, body, "once-1");
  expect((await call("POST", path, body, "once-1")).text).toBe(first.text);
  await done("POST", `${path}/${first.id}/release`);
});

test.each([
  [{}, "customer_id"],
  [{ customer_id: "bob", expires_in: 60 }, "amount"],
  [{ customer_id: "bob", amount: "0", expires_in: 60 }, "amount"],
  [{ customer_id: "bob", amount: "1" }, "expires_in"],
  [{ customer_id: "bob", amount: "1", expires_in: 0 }, "expires_in"],
  [{ customer_id: "bob", amount: "1", expires_in: 60, event: { event_type: "llm" } }, "amount"],
  [{ customer_id: "bob", event: {}, expires_in: 60 }, "event.event_type"],
])("bad input %p is refused naming %s", async (body, field) => {
  expect((await call("POST", path, body)).error).toMatchObject({ code: "VAL_001", field });
});

test("what is not there is refused", async () => {
  const held = await done("POST", path, { customer_id: "bob", amount: "1", expires_in: 60 });
  const at = `${path}/${held.id}/commit`;
  expect((await call("POST", at, { event: { event_id: "x" } })).error?.field).toBe("event.event_type");
  const ada = { ...event("x", 1), customer_id: "ada" };
  expect((await call("POST", at, { event: ada })).error?.field).toBe("event.customer_id");
  const odd = { ...event("x", 1), timestamp: "yesterday" };
  expect((await call("POST", at, { event: odd })).error?.field).toBe("event.timestamp");
  for (const id of ["rsv_1", `rsv_${"0".repeat(52)}`])
    expect((await call("POST", `${path}/${id}/release`)).error?.code).toBe("RES_001");
  await done("POST", `${path}/${held.id}/release`);
});
