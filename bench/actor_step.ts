// What one event costs an actor: found, decided and evolved, with its limit, beside unguarded numbers, Redis and Postgres.
import { Redis } from "ioredis";
import postgres from "postgres";
import { Companies } from "../shards/companies.ts";
import { Directory } from "../shards/directory.ts";
import { recover } from "../shards/recovery.ts";
import { postgresCatalogStore } from "../src/adapters/postgres/catalog_store.ts";
import { postgresCompanyStore } from "../src/adapters/postgres/company_store.ts";
import { connect, openPools } from "../src/adapters/postgres/pool.ts";
import { postgresShardStore } from "../src/adapters/postgres/shard_store.ts";
import { PlainMeters } from "./baselines/plain_meter.ts";
import { limitOfAll, limitScript, makeSpendTable } from "./baselines/services.ts";
import { Bench, type Subject } from "./harness.ts";
import { cpuMs } from "./machine.ts";
import { ActorSide } from "./world/actor_side.ts";
import { idOfClone } from "./world/clones.ts";
import { openDatabases } from "./world/databases.ts";
import { startProgram } from "./world/program.ts";
import { openRedis } from "./world/redis.ts";
import { makeCustomers } from "./world/work.ts";

const sizes = [10_000, 100_000] as const;
const [steps, calls] = [60_000, 1500];

const bench = new Bench("actor_step", "What does one event cost, found, decided and evolved in memory?");
const databases = await openDatabases();
const redis = await openRedis();
const closers: (() => Promise<void>)[] = [];
try {
  const { stored, company } = await template();
  const catalogAndSettings = { catalog: company.catalog, settings: company.settings };
  for (const size of sizes) {
    const directory = new Directory(() => ({ actors: size, bytes: Number.MAX_SAFE_INTEGER }));
    for (let i = 0; i < size; i++) {
      const key = { ...stored, customerId: idOfClone(i) };
      directory.touch(key, recover(key, company.catalog));
    }
    const plain = new PlainMeters(Array.from({ length: size }, (_, i) => idOfClone(i)));
    const now = Date.now();
    const actor = new ActorSide(directory, { companyId: stored.companyId, size, now, ...catalogAndSettings });
    const subjects: Subject[] = [
      { name: titled("an actor", size), unit: "ns", measure: () => actor.steps(steps) },
      { name: titled("plain numbers", size), unit: "ns", measure: () => plainSteps(plain, size, now) },
    ];
    if (size === 100_000) {
      subjects.push({ name: "a check by an actor", unit: "ns", measure: () => actor.checks(steps) });
      subjects.push(...(await engines()));
    }
    await bench.compare(subjects, 20);
  }
  judge();
} finally {
  for (const close of closers.toReversed()) await close();
  await redis?.stop();
  await databases.close();
}
await bench.finish();

function titled(name: string, size: number): string {
  return `${name}, ${size} customers`;
}

function judge(): void {
  for (const size of sizes)
    bench.ratio(
      `an actor to plain numbers, ${size} customers`,
      titled("an actor", size),
      titled("plain numbers", size),
      { atMost: 1.5 },
    );
  if (redis === null) bench.unmeasured("Redis to an actor's check", "no redis-server");
  else bench.ratio("Redis to an actor's check", "a script in Redis", "a check by an actor", { atLeast: 100 });
  bench.ratio("Postgres to an actor's check", "an update in Postgres", "a check by an actor", {
    atLeast: 300,
  });
  bench.note(
    "Of the loops in memory it is processor time; a call to Redis or Postgres is waited for, one by one.",
  );
  bench.note(
    "An actor finds its periods, rates two prices exactly, tests its limit and makes the facts to store.",
  );
  bench.plot(
    "Nanoseconds for an event",
    sizes.flatMap((size) => [titled("an actor", size), titled("plain numbers", size)]),
  );
}

/** A customer with a subscription and a limit, as it is stored. */
async function template() {
  const url = await databases.fresh("actor_step");
  const env = { DATABASE_URL: url, KAFKA_BROKERS: "", REDIS_URL: "", CLICKHOUSE_URL: "off" };
  const program = await startProgram(databases.folder("actor_step"), env);
  await makeCustomers(program, 1);
  await program.must("POST", "/spend-control/limits", {
    customer_id: "bench-0",
    monthly_limit: "1000000",
    action_on_exceed: "block",
    currency: "USD",
  });
  await program.stop();
  const pools = openPools(url);
  const owner = connect(url, { role: null, connections: 1 });
  closers.push(
    () => pools.close(),
    () => owner.end({ timeout: 5 }),
  );
  const [row] = await owner<{ company_id: string; id: string }[]>`select company_id, id from customers`;
  const key = { companyId: row?.company_id ?? "", customerId: row?.id ?? "" };
  const companies = new Companies(postgresCatalogStore(pools.requests), postgresCompanyStore(pools.shard));
  const company = await companies.meet(key.companyId);
  const [stored] = await postgresShardStore(pools.shard).loadActors([key]);
  if (company === null || stored === undefined) throw new Error("the customer is not stored");
  return { stored, company };
}

function plainSteps(meters: PlainMeters, size: number, at: number): number {
  const startedAt = cpuMs();
  for (let i = 0; i < steps; i++) {
    const event = { id: `e-${i}`, type: "work", at, properties: { n: (i % 97) + 1, model: "large" } };
    if (!meters.take(idOfClone((i * 49_999) % size), event)) throw new Error("an event was refused");
  }
  return ((cpuMs() - startedAt) / steps) * 1e6;
}

async function engines(): Promise<Subject[]> {
  const sql = postgres(await databases.fresh("actor_step_baseline"), { max: 1, onnotice: () => {} });
  closers.push(() => sql.end({ timeout: 5 }));
  await makeSpendTable(sql);
  const ofPostgres: Subject = {
    name: "an update in Postgres",
    unit: "ns",
    measure: () =>
      waited(async (i) => {
        const rows = await sql`
          update spend set amount = amount + 5
          where customer_id = ${`bench-${i}`} and amount + 5 <= ${limitOfAll} returning amount`;
        return rows.length === 1;
      }),
  };
  if (redis === null) return [ofPostgres];
  const client = new Redis(redis.url);
  closers.push(async () => {
    await client.quit();
  });
  const sha = String(await client.script("LOAD", limitScript));
  const ofRedis: Subject = {
    name: "a script in Redis",
    unit: "ns",
    measure: () =>
      waited(async (i) => {
        const told = await client.evalsha(sha, 1, `spend:{bench-${i}}`, "5", `${limitOfAll}`);
        return (told as [number, string])[0] === 1;
      }),
  };
  return [ofRedis, ofPostgres];
}

/** Nanoseconds of a call that is waited for. */
async function waited(call: (i: number) => Promise<boolean>): Promise<number> {
  const startedAt = performance.now();
  for (let i = 0; i < calls; i++) if (!(await call(i))) throw new Error("a call was refused");
  return ((performance.now() - startedAt) / calls) * 1e6;
}
