import { afterAll, beforeAll, expect, test } from "bun:test";
import { parseInstant } from "../../src/time/instant.ts";
import { COMPANY, call, openWorld, seed } from "./world.ts";

const at = (day: string): number => parseInstant(`${day}T00:00:00Z`) ?? 0;
let world: Awaited<ReturnType<typeof openWorld>>;

beforeAll(async () => {
  world = await openWorld();
}, 60_000);
afterAll(() => world.close());

test("an advance cut short is taken up by the next process and ends the same", async () => {
  const one = await world.start();
  const { services } = one;
  await seed(services, []);
  const clock = {
    id: services.ids.next("clock"),
    company_id: COMPANY,
    name: "t",
    now: at("2026-01-01"),
    target: null,
    created_at: 0,
  };
  await services.clockStore.create(clock, null);
  services.testClocks.set(clock.id, clock.now);
  const customerId = services.ids.next("cust");
  const key = { companyId: COMPANY, customerId };
  const input = { name: "ada", external_id: "ada", test_clock_id: clock.id };
  await services.shard.send(key, { type: "create_customer", customerId, input });
  const subscription = {
    id: services.ids.next("sub"),
    externalId: null,
    planId: "pro",
    start: null,
    metadata: {},
  };
  await services.shard.send(key, { type: "start_subscription", ...subscription, anchor: "calendar" });
  const event = { ...call("ada", "e").event, timestamp: "2026-02-10T00:00:00Z" };
  await services.ingestion.ingest(COMPANY, [{ event }], false);

  // The target is stored, and the process is gone before anything has moved.
  await services.clockStore.beginAdvance(COMPANY, clock.id, at("2026-04-02"));
  await one.stop();
  const two = await world.start();
  await two.services.clockAdvance.resume();

  expect(await two.services.clockStore.get(COMPANY, clock.id)).toMatchObject({
    now: at("2026-04-02"),
    target: null,
  });
  const rows = await world.database.owner`
    select body ->> 'number' as number, body ->> 'total' as total, body ->> 'issued_at' as issued_at
    from invoices where customer_id = ${customerId} order by created_at`;
  expect(rows.map((row) => [row.number, row.total, row.issued_at])).toEqual([
    ["INV-2026-000001", "20.00", "2026-02-01T01:00:00Z"],
    ["INV-2026-000002", "20.50", "2026-03-01T01:00:00Z"],
    ["INV-2026-000003", "20.00", "2026-04-01T01:00:00Z"],
  ]);
});

test("advances to two instants at once are refused, to the same one they join", async () => {
  const { services } = await world.start();
  const clock = {
    id: services.ids.next("clock"),
    company_id: COMPANY,
    name: "u",
    now: at("2026-01-01"),
    target: null,
    created_at: 0,
  };
  await services.clockStore.create(clock, null);
  services.testClocks.set(clock.id, clock.now);
  const advance = (to: string) => services.clockAdvance.advance(COMPANY, clock.id, at(to));
  const first = advance("2026-02-01");
  await expect(advance("2026-03-01")).rejects.toMatchObject({ code: "RES_002" });
  await Promise.all([first, advance("2026-02-01")]);
  expect(services.testClocks.now(clock.id)).toBe(at("2026-02-01"));
});
