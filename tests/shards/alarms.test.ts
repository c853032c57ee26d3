import { expect, test } from "bun:test";
import { Alarms } from "../../shards/alarms.ts";
import { COMPANY, openWorld, seed } from "./world.ts";

const DAY = 86_400_000;

test("what fell due while nobody was there happens once, in order, and holds nobody up", async () => {
  const world = await openWorld();
  const one = await world.start();
  await seed(one.services, []);
  const customers = Array.from({ length: 100 }, () => one.services.ids.next("cust"));
  const start = one.services.clock.now() - 75 * DAY; // two periods have ended since, for everybody at one instant
  const began = customers.map(async (customerId, n) => {
    const key = { companyId: COMPANY, customerId };
    const input = { name: `c${n}`, external_id: `c${n}` };
    await one.services.shard.send(key, { type: "create_customer", customerId, input });
    const id = one.services.ids.next("sub");
    const given = { id, externalId: null, planId: "pro", start, metadata: {} };
    await one.services.shard.send(key, { type: "start_subscription", anchor: "anniversary", ...given });
  });
  await Promise.all(began);
  await one.stop(); // with most of what is due still waiting

  const two = await world.start();
  const alarms = new Alarms(two.services.store, two.services.clock, two.services.shard);
  const ringing = alarms.ring();
  const [customerId = ""] = customers;
  const read = { type: "read", read: () => "told" } as const;
  expect(await two.services.shard.send({ companyId: COMPANY, customerId }, read)).toBe("told");
  await ringing;
  await alarms.ring();
  const drafts = await world.database.owner<{ customer_id: string; start: string }[]>`
    select customer_id, body ->> 'period_start' as start from invoices
    where body ->> 'status' = 'draft' order by id`;
  const perCustomer = Map.groupBy(drafts, (draft) => draft.customer_id);
  expect(perCustomer.size).toBe(customers.length);
  for (const own of perCustomer.values()) {
    const starts = own.map(({ start }) => start);
    expect(new Set(starts).size).toBe(2);
    expect(starts).toEqual(starts.toSorted());
  }
  expect(await two.services.store.dueWakes(null, two.services.clock.now(), 10)).toEqual([]);
  await world.close();
}, 120_000);
