import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { limits } from "../../src/limits.ts";
import { partitionOf } from "../../src/partitioning.ts";
import { openSharedLog, type Sent } from "./outside_log.ts";
import { COMPANY, openWorld, seed, subscribe, usageOf } from "./world.ts";

const shared = openSharedLog();
let world: Awaited<ReturnType<typeof openWorld>>;
let one: Awaited<ReturnType<typeof world.start>>;
let ada = "";
let names = 0;

beforeAll(async () => {
  world = await openWorld(shared.log);
  one = await world.start();
  ada = (await seed(one.services, ["ada"])).get("ada") ?? "";
}, 60_000);
afterAll(() => world.close());

/** A customer nobody else uses; its id. */
async function customer(): Promise<{ id: string; name: string }> {
  names += 1;
  const name = `customer_${names}`;
  return { id: await subscribe(one.services, name), name };
}

const native = (event_id: string, customer_id: string) => ({ event_id, event_type: "call", customer_id });

async function send(sent: Omit<Sent, "receivedAt">): Promise<[number, number]> {
  return shared.send({ receivedAt: one.services.clock.now(), ...sent });
}

describe("a record from outside", () => {
  test("counts like an event of a request: plain, CloudEvents structured and binary", async () => {
    const { id } = await customer();
    const key = `${COMPANY}|${id}`;
    await send({ key, value: native("plain", id) });
    const cloud = { specversion: "1.0", id: "cloud", source: "/gateway", type: "call", subject: id };
    await send({ key, value: { ...cloud, data: { a: 1 } } });
    const headers = { ce_specversion: "1.0", ce_id: "binary", ce_source: "/gateway", ce_type: "call" };
    await send({ key, value: { a: 1 }, headers: { ...headers, ce_subject: id } });
    await send({ key, value: undefined, headers: { ...headers, ce_id: "bare", ce_subject: id } });
    expect(await usageOf(one.services, id)).toBe("2");
  });

  test("and the same event by request are one", async () => {
    const { id } = await customer();
    await send({ key: `${COMPANY}|${id}`, value: { ...native("once", id), properties: {} } });
    const event = { event_id: "once", event_type: "call", customer_id: id, properties: {} };
    expect(await one.services.ingestion.ingest(COMPANY, [{ event }], true)).toMatchObject([
      { status: "duplicate" },
    ]);
    expect(await usageOf(one.services, id)).toBe("0.5");
  });

  test("without a time happened when the log took it in", async () => {
    const { id } = await customer();
    const receivedAt = one.services.clock.now() + 1000; // the period began a moment ago
    await send({ key: `${COMPANY}|${id}`, value: native("timeless", id), ...{ receivedAt } });
    expect(await usageOf(one.services, id)).toBe("0.5");
    const [row] = await world.database.owner`
      select received_at, occurred_at from usage_events where customer_id = ${id}`;
    expect(row).toEqual({ received_at: receivedAt, occurred_at: receivedAt });
  });

  test("under the customer's own name, or on a wrong partition, is brought home", async () => {
    const { id, name } = await customer();
    const home = partitionOf(COMPANY, id, limits.partitions);
    await applied(await send({ key: `${COMPANY}|${name}`, value: native("by_name", name) }));
    await applied(
      await send({
        key: `${COMPANY}|${id}`,
        value: native("astray", id),
        partition: (home + 1) % limits.partitions,
      }),
    );
    expect(await usageOf(one.services, id)).toBe("1");
  });

  test("of a customer nobody knows is an orphan event", async () => {
    await applied(await send({ key: `${COMPANY}|nobody`, value: native("lost", "nobody") }));
    const rows = await world.database.owner`
      select reason from orphan_events where company_id = ${COMPANY} and customer_ref = 'nobody'`;
    expect([...rows]).toEqual([{ reason: "no_customer" }]);
  });

  test("may be followed by marks of the log, which are passed over", async () => {
    const { id } = await customer();
    const partition = partitionOf(COMPANY, id, limits.partitions);
    await send({ key: `${COMPANY}|${id}`, value: native("before", id) });
    const [, offset] = await shared.mark(partition);
    expect(await usageOf(one.services, id)).toBe("0.5"); // decided after the mark
    const [row] = await world.database.owner`select next_offset from partitions where id = ${partition}`;
    expect(row).toEqual({ next_offset: offset + 1 });
  });
});

const valid = (): object => native("x", ada);
const faults: [string, () => Omit<Sent, "receivedAt">, string][] = [
  ["no key", () => ({ key: null, value: valid() }), "the key must be company_id|customer_id"],
  ["a key without a bar", () => ({ key: COMPANY, value: valid() }), "the key must be company_id|customer_id"],
  [
    "a key without a customer",
    () => ({ key: `${COMPANY}|`, value: valid() }),
    "the key must be company_id|customer_id",
  ],
  [
    "a company no id can be",
    () => ({ key: "a\0b|c", value: valid() }),
    "the key must be company_id|customer_id",
  ],
  ["a company nobody has", () => ({ key: `co_none|${ada}`, value: valid() }), "no such company"],
  ["no value", () => ({ key: `${COMPANY}|ada`, value: undefined }), "the value is not valid JSON in UTF-8"],
  [
    "bytes that are no text, with a NUL",
    () => ({ key: `${COMPANY}|ada`, value: Uint8Array.of(0, 0xff, 0x7b) }),
    "the value is not valid JSON in UTF-8",
  ],
  [
    "a list",
    () => ({ key: `${COMPANY}|ada`, value: [valid()] }),
    "Validation error: field 'event' must be an object",
  ],
  [
    "a missing field",
    () => ({ key: `${COMPANY}|ada`, value: { event_id: "x", customer_id: ada } }),
    "Validation error: field 'event_type' is required",
  ],
  [
    "a NUL in a property",
    () => ({ key: `${COMPANY}|ada`, value: { ...valid(), properties: { a: "\0" } } }),
    "Validation error: field 'properties.a'",
  ],
  [
    "a CloudEvent without a source",
    () => ({ key: `${COMPANY}|ada`, value: { specversion: "1.0", id: "x", type: "call", subject: ada } }),
    "Validation error: field 'source' is required",
  ],
  [
    "a time in the future",
    () => ({ key: `${COMPANY}|${ada}`, value: { ...valid(), timestamp: "2999-01-01T00:00:00Z" } }),
    "Validation error: field 'timestamp' lies in the future",
  ],
];

test.each(faults)(
  "a record with %s is a dead letter, shown with reason and place",
  async (_name, sent, reason) => {
    const [partition, offset] = await send(sent());
    await applied([partition, offset]);
    const [row] = await world.database.owner`
    select reason from dead_letters where partition = ${partition} and log_offset = ${offset}`;
    expect(row?.reason).toStartWith(reason);
    const shown = shared.buried.filter(
      (letter) => letter.partition === partition && letter.offset === offset,
    );
    expect(shown.map((letter) => [letter.index, letter.reason])).toEqual([[0, row?.reason]]);
  },
);

test("a log that takes no dead letters stops nothing", async () => {
  const { bury } = shared.log;
  shared.log.bury = () => Promise.reject(new Error("no such topic"));
  await applied(await send({ key: null, value: 1 }));
  shared.log.bury = bury;
  expect(one.warnings).toEqual(["1 dead letters are in the store alone: no such topic"]);
});

/** Waits until the store has passed a record, and where that was moved elsewhere, all that waits there. */
async function applied([partition, offset]: readonly [number, number]): Promise<void> {
  await one.services.shard.applied(partition, offset);
}
