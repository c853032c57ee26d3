// How soon "may this customer go on?" is answered over HTTP, beside services that ask Redis and Postgres.
import { Bench, type Subject } from "./harness.ts";
import { quantile } from "./statistics.ts";
import { openDatabases } from "./world/databases.ts";
import { type Driven, drive, postOf } from "./world/http_client.ts";
import { keyHeader } from "./world/ingestion.ts";
import { startProgram } from "./world/program.ts";
import { openRedis } from "./world/redis.ts";
import { type Service, startService } from "./world/service.ts";
import { makeCustomers } from "./world/work.ts";

const customers = 1000;
const path = "/api/v1/spend-control/check";
/** How many ask at a time, and how often in one measurement. */
const kinds = [
  { title: "1 at a time", connections: 1, requests: 1500, spread: customers },
  { title: "64 at a time", connections: 64, requests: 6000, spread: customers },
  { title: "64 at a time, one customer", connections: 64, requests: 6000, spread: 1 },
] as const;
type Kind = (typeof kinds)[number];

const bench = new Bench("spend_check", "How soon does a spend check over HTTP answer?");
const databases = await openDatabases();
const redis = await openRedis();
const closers: (() => Promise<void>)[] = [];
/** The 99th percentiles, measured with the medians. */
const slow = new Map<string, number[]>();
const others = redis === null ? ["Postgres"] : ["Redis", "Postgres"];
try {
  const url = await databases.fresh("spend_check");
  const program = await startProgram(databases.folder("spend_check"), {
    DATABASE_URL: url,
    KAFKA_BROKERS: "",
    REDIS_URL: "",
    CLICKHOUSE_URL: "off",
  });
  closers.push(() => program.stop());
  await makeCustomers(program, customers);
  for (let i = 0; i < customers; i++)
    await program.must("POST", "/spend-control/limits", {
      customer_id: `bench-${i}`,
      monthly_limit: "1000000",
      action_on_exceed: "block",
      currency: "USD",
    });
  const header = await keyHeader(program, ["spend:read"]);
  const asked: [string, string, readonly string[]][] = [
    ["BillAI", program.url, [header]],
    ["a constant", (await started(startService("constant"))).url, []],
    [
      "Postgres",
      (await started(startService("postgres_limit", await databases.fresh("spend_postgres")))).url,
      [],
    ],
  ];
  if (redis !== null) asked.push(["Redis", (await started(startService("redis_limit", redis.url))).url, []]);
  for (const kind of kinds)
    await bench.compare(
      asked.map(([name, url, headers]) => subject(name, url, headers, kind)),
      30,
    );
  for (const [name, values] of slow) bench.add(name, "ms", values);
  for (const kind of kinds) judge(kind);
  bench.note(
    "A check rates the event and tests all limits; the services only add up, and nothing is kept by Redis.",
  );
  bench.note("Clients are connections of the bench's own process.");
} finally {
  for (const close of closers.toReversed()) await close();
  await redis?.stop();
  await databases.close();
}
await bench.finish();

async function started(service: Promise<Service>): Promise<Service> {
  const running = await service;
  closers.push(() => running.stop());
  return running;
}

function named(name: string, { title }: Kind, part: "p50" | "p99"): string {
  return `${name}, ${title}: ${part}`;
}

function subject(name: string, url: string, headers: readonly string[], kind: Kind): Subject {
  const { connections, requests, spread } = kind;
  const wire = Array.from({ length: requests }, (_, i) => {
    const body = {
      customer_id: `bench-${(i * 7) % spread}`,
      event_type: "work",
      properties: { n: (i % 97) + 1, model: "large" },
    };
    return postOf(url, path, JSON.stringify(body), headers);
  });
  return {
    name: named(name, kind, "p50"),
    unit: "ms",
    async measure() {
      const { millis }: Driven = await drive({
        url,
        connections,
        requests: wire,
        check: ({ status, body }) => status === 200 && body.includes('"allowed":true'),
      });
      const title = named(name, kind, "p99");
      slow.set(title, [...(slow.get(title) ?? []), quantile(millis, 0.99)]);
      return quantile(millis, 0.5);
    },
  };
}

function judge(kind: Kind): void {
  const [hot, alone] = [kind.spread === 1, kind.connections === 1];
  const faster = (by: string, part: "p50", atLeast: number): void =>
    bench.ratio(
      `${by} to BillAI, ${kind.title}: ${part}`,
      named(by, kind, part),
      named("BillAI", kind, part),
      {
        atLeast,
      },
    );
  const ours = (part: "p50" | "p99", atMost: number): void =>
    bench.ratio(
      `BillAI to a constant, ${kind.title}: ${part}`,
      named("BillAI", kind, part),
      named("a constant", kind, part),
      { atMost },
    );
  ours("p50", alone ? 1.25 : 1.5);
  ours("p99", 2);
  for (const other of others) faster(other, "p50", other === "Redis" ? 1 : hot ? 10 : 3);
  if (redis === null) bench.unmeasured(`Redis to BillAI, ${kind.title}`, "no redis-server");
  bench.plot(
    `Milliseconds until half are answered, ${kind.title}`,
    ["BillAI", "a constant", ...others].map((name) => named(name, kind, "p50")),
  );
}
