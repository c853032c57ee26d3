import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { analyticsEngines } from "../adapters/clickhouse_fixture.ts";
import type { Told } from "./app.ts";
import { type BillingWorld, openBillingWorld, usage } from "./billing_world.ts";

const engine = analyticsEngines.find(({ analytics }) => analytics !== null)?.analytics ?? null;
let world: BillingWorld;

beforeAll(async () => {
  await engine?.clear();
  world = await openBillingWorld({ analytics: engine });
  await world.customer("cleo");
  const event = (id: string, customer: string, at: string, input: number, region: string) => {
    const { properties, ...rest } = usage(id, customer, at, input, 1);
    return { ...rest, properties: { ...properties, region, tags: ["a"], user: { id: `u${input % 2}` } } };
  };
  const events = [
    event("1", "ada", "2023-11-02T10:00:00Z", 10, "eu"),
    event("2", "ada", "2023-11-02T22:30:00Z", 21, "us"),
    event("3", "cleo", "2023-11-03T10:00:00Z", 30, "eu"),
    event("4", "cleo", "2023-11-04T10:00:00Z", 45, "eu"),
    event("5", "cleo", "2023-11-04T11:00:00Z", 1000, "eu"),
  ];
  await world.done("POST", "/usage/events?wait=applied", { events });
  await world.done("POST", "/usage/events/5/void", { customer_id: "cleo" });
}, 60_000);
afterAll(() => world.app.close());

const span = "from=2023-11-01T00:00:00Z&to=2023-12-01T00:00:00Z";
const ask = (query: string): Promise<Told> => world.call("GET", `/api/v1/usage/aggregate?${span}&${query}`);

async function rows(query: string): Promise<unknown[]> {
  const { payload, error } = await ask(query);
  expect(error).toBeNull();
  const customers = new Map<string, string>();
  for (const name of ["ada", "cleo"]) {
    const { id } = await world.done("GET", `/master-data/customers/${name}`);
    customers.set(id, name);
  }
  return (payload.rows as Record<string, unknown>[]).map((row) => {
    const group = Object.values(row.group as Record<string, string>).map(
      (part) => customers.get(part) ?? part,
    );
    return [String(row.window_start).slice(0, 13), ...group, row.value, row.events];
  });
}

/** The same questions, before and after analytics has been fed. */
function questions(): void {
  test("by metric, customer and day", async () => {
    expect(await rows("metric=input_tokens&group_by=customer_id&window=day")).toEqual([
      ["2023-11-02T00", "ada", "31", 2],
      ["2023-11-03T00", "cleo", "30", 1],
      ["2023-11-04T00", "cleo", "45", 1],
    ]);
  });

  test("by the clocks of a time zone", async () => {
    expect(await rows("metric=input_tokens&customer_id=ada&window=day&timezone=Europe/Berlin")).toEqual([
      ["2023-11-01T23", "31", 2],
    ]);
    expect(await rows("metric=input_tokens&customer_id=ada&window=day&timezone=Asia/Tokyo")).toEqual([
      ["2023-11-01T15", "10", 1],
      ["2023-11-02T15", "21", 1],
    ]);
  });

  test("whoever used most, by any property, with filters", async () => {
    expect(await rows("metric=input_tokens&group_by=customer_id&order=value&limit=1")).toEqual([
      ["2023-11-01T00", "cleo", "75", 2],
    ]);
    expect(await rows("event_type=llm&group_by=region,user.id&order=value")).toEqual([
      ["2023-11-01T00", "eu", "u0", "2", 2],
      ["2023-11-01T00", "eu", "u1", "1", 1],
      ["2023-11-01T00", "us", "u1", "1", 1],
    ]);
    const filters = encodeURIComponent(JSON.stringify([{ field: "region", op: "eq", values: ["eu"] }]));
    expect(await rows(`event_type=llm&aggregation=average&field=input_tokens&filters=${filters}`)).toEqual([
      ["2023-11-01T00", "28.333333333333", 3],
    ]);
    expect(await rows("event_type=llm&aggregation=percentile&percentile=50&field=input_tokens")).toEqual([
      ["2023-11-01T00", "21", 4],
    ]);
    expect(await rows("event_type=llm&aggregation=unique&field=region&subscription_id=sub_ada")).toEqual([
      ["2023-11-01T00", "2", 2],
    ]);
  });
}

describe("GET /usage/aggregate, from the store", () => {
  questions();

  test("says where from and as of when, and what was wrong", async () => {
    expect((await ask("event_type=llm")).payload).toMatchObject({
      source: "store",
      has_more: false,
      window: null,
    });
    const wrong: [string, string][] = [
      ["metric=none", "metric"],
      ["", "event_type"],
      ["event_type=llm&aggregation=sum", "field"],
      ["event_type=llm&aggregation=median", "aggregation"],
      ["metric=input_tokens&field=x", "field"],
      ["event_type=llm&window=minute", "window"],
      ["event_type=llm&timezone=Mars", "timezone"],
      ["event_type=llm&filters=[", "filters"],
      ["event_type=llm&filters=[{}]", "filters"],
      ["event_type=llm&group_by=a,a", "group_by"],
      ["event_type=llm&customer_id=nobody", "customer_id"],
      ["event_type=llm&limit=0", "limit"],
      ["event_type=llm&nothing=1", "nothing"],
    ];
    for (const [query, field] of wrong) {
      const { status, error } = await ask(query);
      expect([query, status, error?.code, error?.field]).toEqual([query, 400, "VAL_001", field]);
    }
    const { status } = await world.call(
      "GET",
      "/api/v1/usage/aggregate?event_type=llm&from=2023-11-02T00:00:00Z&to=2023-11-01T00:00:00Z",
    );
    expect(status).toBe(400);
  });

  test("shows nothing of another company", async () => {
    const told = await world.app.borea.call("GET", `/api/v1/usage/aggregate?${span}&event_type=llm`);
    expect(told.payload.rows).toEqual([]);
  });
});

describe.skipIf(engine === null)("GET /usage/aggregate, from analytics", () => {
  const feed = () => world.app.services.analyticsFeed?.drain();
  const source = async () => (await ask("event_type=llm")).payload.source;

  test("once it has been fed", async () => {
    await feed();
    expect(await source()).toBe("analytics");
  });
  questions();

  test("a proof shows what analytics has, or that it is behind", async () => {
    await world.done("POST", `/admin/test-clocks/${world.clock.id}/advance`, { to: "2023-12-01T00:10:00Z" });
    const [invoice] = (await world.done("GET", "/invoicing/invoices?customer_id=cleo")).rows;
    const proof = async () => (await world.done("GET", `/invoicing/invoices/${invoice?.id}/proof`)).payload;
    expect(await proof()).toMatchObject({ agrees: true, lines: [{ analytics: "unavailable" }, {}] });
    await feed();
    const { agrees, lines } = await proof();
    expect(agrees).toBe(true);
    for (const { actor, analytics } of lines as Record<string, unknown>[])
      expect(analytics).toEqual(actor as object);
  });

  test("dropped in mid-run it is rebuilt, and meanwhile the store answers the same", async () => {
    const before = await rows("metric=input_tokens&group_by=customer_id&window=day");
    await engine?.clear();
    expect(await rows("metric=input_tokens&group_by=customer_id&window=day")).toEqual(before);
    expect(await source()).toBe("store");
    await world.app.services.usageFeed.restart();
    await feed();
    expect(await source()).toBe("analytics");
    expect(await rows("metric=input_tokens&group_by=customer_id&window=day")).toEqual(before);
  });
});
