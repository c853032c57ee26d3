// How soon "may this customer go on?" is answered over a connection that is kept, beside a script in Redis.
import { Redis } from "ioredis";
import { limitOfAll, limitScript } from "./baselines/services.ts";
import { Bench, type Subject } from "./harness.ts";
import { quantile } from "./statistics.ts";
import { openDatabases } from "./world/databases.ts";
import { freePort } from "./world/free_port.ts";
import { startProgram } from "./world/program.ts";
import { openRedis } from "./world/redis.ts";
import { makeCustomers } from "./world/work.ts";

const customers = 1000;
const concurrency = 64;
const asked = 100_000;
const names = ["BillAI", "Redis", "Redis, only PING"] as const;
type Name = (typeof names)[number];

const bench = new Bench("spend_fast_port", "How soon does a spend check over RESP answer?");
const databases = await openDatabases();
const redis = await openRedis();
const slow = new Map<Name, number[]>(names.map((name) => [name, []]));
try {
  const port = freePort();
  const program = await startProgram(databases.folder("spend_fast_port"), {
    DATABASE_URL: await databases.fresh("spend_fast_port"),
    BILLAI_RESP_PORT: `${port}`,
    KAFKA_BROKERS: "",
    REDIS_URL: "",
    CLICKHOUSE_URL: "off",
  });
  await makeCustomers(program, customers);
  for (let i = 0; i < customers; i++)
    await program.must("POST", "/spend-control/limits", {
      customer_id: `bench-${i}`,
      monthly_limit: "1000000",
      action_on_exceed: "block",
      currency: "USD",
    });
  const { key } = await program.must("POST", "/admin/api-keys", { name: "bench", scopes: ["spend:read"] });
  const ours = new Redis(port, "127.0.0.1", { password: String(key) });
  const allowed = '{"allowed":true';
  const billAi = subject("BillAI", async (i) => {
    const properties = `{"n":${(i % 97) + 1},"model":"large"}`;
    const answer = await ours.call("BILLAI.CHECK", `bench-${(i * 7) % customers}`, "work", properties);
    if (!String(answer).startsWith(allowed)) throw new Error(`BillAI answered ${answer}`);
  });
  if (redis === null) {
    await bench.compare([billAi], 60);
    bench.unmeasured("BillAI to Redis: throughput and p99", "no redis-server");
  } else {
    const theirs = new Redis(redis.url);
    const sha = String(await theirs.script("LOAD", limitScript));
    const lua = subject("Redis", async (i) => {
      const spend = `spend:{bench-${(i * 7) % customers}}`;
      const [yes] = (await theirs.evalsha(sha, 1, spend, `${(i % 97) + 1}`, `${limitOfAll}`)) as [number];
      if (yes !== 1) throw new Error("Redis refused");
    });
    const ping = subject("Redis, only PING", async () => {
      if ((await theirs.ping()) !== "PONG") throw new Error("Redis did not answer");
    });
    await bench.compare([billAi, lua, ping], 60);
    theirs.disconnect();
  }
  ours.disconnect();
  for (const [name, values] of slow) if (values.length > 0) bench.add(`${name}: p99`, "ms", values);
  if (redis !== null) {
    bench.ratio("BillAI to Redis: throughput", "BillAI", "Redis", { atLeast: 1.3 });
    bench.ratio("BillAI to Redis: p99", "BillAI: p99", "Redis: p99", { atMost: 1 });
  }
  bench.note(
    `${concurrency} at a time on one connection of ioredis, ${asked} in a measurement, ${customers} customers.`,
  );
  bench.note(
    "A check rates the event and tests all limits; the script only adds up; PING is all the client can do.",
  );
  bench.plot("Checks a second", [...names]);
  await program.stop();
} finally {
  await redis?.stop();
  await databases.close();
}
await bench.finish();

function subject(name: Name, ask: (i: number) => Promise<void>): Subject {
  return {
    name,
    unit: "checks/s",
    async measure() {
      const millis: number[] = [];
      let next = 0;
      const go = async (): Promise<void> => {
        for (let i = next++; i < asked; i = next++) {
          const askedAt = performance.now();
          await ask(i);
          millis.push(performance.now() - askedAt);
        }
      };
      const startedAt = performance.now();
      await Promise.all(Array.from({ length: concurrency }, go));
      const seconds = (performance.now() - startedAt) / 1000;
      slow.get(name)?.push(
        quantile(
          millis.toSorted((a, b) => a - b),
          0.99,
        ),
      );
      return asked / seconds;
    },
  };
}
