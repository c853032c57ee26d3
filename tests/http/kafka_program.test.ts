import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openKafkaEventLog } from "../../src/adapters/kafka/open.ts";
import { deadTopicOf, eventsTopic } from "../../src/adapters/kafka/topics.ts";
import { limits } from "../../src/limits.ts";
import { partitionOf } from "../../src/partitioning.ts";
import { sendOutside, skipped } from "../adapters/kafka_fixture.ts";
import { Server } from "../chaos/server.ts";
import { type Broker, startBroker } from "../services/kafka.ts";
import { until } from "../services/service.ts";
import { stockBillingWorld, usage } from "./billing_world.ts";

const waitMs = 30_000;

/** The running program on a broker of its own, which is killed and started again. */
describe.skipIf(skipped !== "")(`the program on Kafka${skipped}`, () => {
  let folder = "";
  let broker: Broker;
  let server: Server;
  let clockId = "";
  let ada = "";
  let company = "";

  const done = async (method: string, path: string, body?: unknown) => {
    const payload = await server.must(method, path, body);
    return { id: String(payload.id), payload };
  };
  const health = async () => {
    const response = await fetch(`${server.url}/health`);
    const told = (await response.json()) as { dependencies: Record<string, string> };
    return [response.status, told.dependencies.message_broker];
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "billai-kafka-program-"));
    chmodSync(folder, 0o711); // as root, Postgres runs as someone else, who must get through
    broker = await startBroker(mkdtempSync(join(tmpdir(), "billai-kafka-broker-")));
    server = new Server(folder, { KAFKA_BROKERS: broker.address });
    await server.start();
    const world = await stockBillingWorld(done);
    clockId = world.clock.id;
    ada = String((await server.must("GET", "/master-data/customers/ada")).id);
    company = String((await server.must("GET", "/auth/me")).company_id);
  }, 180_000);

  afterAll(async () => {
    await server?.stop();
    await broker?.stop();
    if (folder !== "") rmSync(folder, { recursive: true, force: true });
  });

  test("bills what outside producers write to the topic, and buries what it cannot read", async () => {
    const key = `${company}|${ada}`;
    const event = (id: string, customer: string) => {
      return JSON.stringify(usage(id, customer, "2023-11-16T18:17:03.979Z", 1_000_000, 10_000));
    };
    const cloud = {
      specversion: "1.0",
      id: "cloud",
      source: "/gateway",
      type: "llm",
      subject: "ada",
      time: "2023-11-20T00:00:00Z",
      data: { input_tokens: 3_000_000, output_tokens: 115_896 },
    };
    const sent = await sendOutside({ topic: eventsTopic, compression: "lz4", at: broker.address }, [
      { key, value: event("by_id", ada) },
      { key, value: event("by_id", ada) },
      { key: `${company}|ada`, value: event("by_name", "ada") },
      { key: `${company}|somebody`, value: event("astray", ada) },
      { key: `${company}|ada`, value: JSON.stringify(cloud) },
      { key, value: '{"event_id": "broken"' },
      { key: null, value: event("nobody's", ada) },
    ]);
    expect(sent[0]?.partition).toBe(partitionOf(company, ada, limits.partitions));
    // 3 × 1,000,000 + 3,000,000 input, 3 × 10,000 + 115,896 output
    await until("what was sent to be billed", waitMs, async () => {
      const { line_items } = await server.must("POST", "/invoicing/preview", { customer_id: "ada" });
      const quantities = (line_items as { quantity: string }[]).map(({ quantity }) => quantity);
      return quantities.join() === "1,6000000,145896";
    });
    const brokers = [broker.address];
    const dead = await openKafkaEventLog({
      brokers,
      partitions: 1,
      topic: deadTopicOf(eventsTopic),
      say: () => {},
    });
    await until("two dead letters", waitMs, async () => (await dead.endOffset(0)) === 2);
    const letters = (await dead.read(0, 0, { records: 9, bytes: 100_000 })).map(({ bytes }) =>
      JSON.parse(new TextDecoder().decode(bytes)),
    );
    await dead.close();
    expect(letters.toSorted((a, b) => (a.reason < b.reason ? 1 : -1))).toMatchObject([
      {
        topic: eventsTopic,
        partition: sent[5]?.partition,
        offset: sent[5]?.offset,
        index: 0,
        reason: "the value is not valid JSON in UTF-8",
        record: '{"event_id": "broken"',
      },
      {
        partition: sent[6]?.partition,
        offset: sent[6]?.offset,
        reason: "the key must be company_id|customer_id",
      },
    ]);
  }, 120_000);

  test("refuses events while the broker is away, says so, and goes on by itself", async () => {
    expect(await health()).toEqual([200, "ok"]);
    const send = async (i: number): Promise<number> => {
      const event = usage(`s${i}`, "ada", "2023-11-17T00:00:00Z", 10_000, 1000);
      return (await server.call("POST", "/usage/events", event)).status;
    };
    let next = 0;
    while (next < 50) expect(await send(next++)).toBe(202);
    await broker.kill();
    for (let refusals = 0; refusals < 3; refusals++) expect(await send(next)).toBe(503);
    expect(await health()).toEqual([503, "down"]);
    broker = await startBroker(broker.folder);
    await until("an event to be taken again", waitMs, async () => (await send(next)) === 202);
    while (++next < 100) expect(await send(next)).toBe(202);
    await until("health", waitMs, async () => (await health()).join() === "200,ok");
  }, 120_000);

  test("killed together with its broker, and started before it, ends in the invoice that is due", async () => {
    await server.call("POST", "/usage/events", usage("unapplied", "ada", "2023-11-18T00:00:00Z", 1000));
    await server.kill(false);
    await broker.kill();
    const starting = server.start();
    broker = await startBroker(broker.folder);
    await starting;
    await server.must(
      "POST",
      "/usage/events?wait=applied",
      usage("s99", "ada", "2023-11-17T00:00:00Z", 10_000, 1000),
    );
    await server.must("POST", `/admin/test-clocks/${clockId}/advance`, { to: "2023-12-02T00:00:00Z" });
    const invoices = (await server.must("GET", "/invoicing/invoices?customer_id=ada")) as unknown as {
      status: string;
      total: string;
      number: string;
      line_items: { quantity: string; amount: string }[];
    }[];
    // Input 6,000,000 + 100 × 10,000 + 1,000: 5,000,000 × 0.000003 + 2,001,000 × 0.0000024 = 19.8024;
    // output 145,896 + 100 × 1,000: 245,896 × 0.000015 = 3.68844; and 20 for the month
    expect(invoices.map(({ number, status, total }) => ({ number, status, total }))).toEqual([
      { number: "INV-2023-000001", status: "issued", total: "43.49" },
    ]);
    expect(invoices[0]?.line_items.map(({ quantity, amount }) => [quantity, amount])).toEqual([
      ["1", "20.00"],
      ["7001000", "19.80"],
      ["245896", "3.69"],
    ]);
  }, 180_000);
});
