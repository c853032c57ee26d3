// How soon a process serves again that was killed, and how fast customers are rebuilt from what is stored.
import type { Sql } from "postgres";
import { Companies } from "../shards/companies.ts";
import { recover } from "../shards/recovery.ts";
import { postgresCatalogStore } from "../src/adapters/postgres/catalog_store.ts";
import { postgresCompanyStore } from "../src/adapters/postgres/company_store.ts";
import { connect, openPools } from "../src/adapters/postgres/pool.ts";
import { postgresShardStore } from "../src/adapters/postgres/shard_store.ts";
import type { ActorKey } from "../src/ports/stored_rows.ts";
import { Bench, type Subject } from "./harness.ts";
import { openDatabases } from "./world/databases.ts";
import { type Program, startProgram } from "./world/program.ts";
import { StoredEvents } from "./world/stored_events.ts";
import { makeCustomers, sendEvents } from "./world/work.ts";

/** Customers, and events of each since its last snapshot: fewer than make the next one. */
const sizes = [
  { customers: 250, events: 20 },
  { customers: 1000, events: 20 },
  { customers: 4000, events: 20 },
  { customers: 250, events: 160 },
  { customers: 1000, events: 160 },
] as const;
const customersAtOnce = 100;

const bench = new Bench(
  "recovery",
  "How soon does a process serve again after kill -9, and how long does it take to rebuild every customer?",
);
const databases = await openDatabases();
const closers: (() => Promise<void>)[] = [];
try {
  const subjects: Subject[] = [];
  const ingested: number[] = [];
  for (const size of sizes) {
    const installation = await populated(size);
    ingested.push(installation.ingestedPerSecond);
    subjects.push(...installation.subjects);
  }
  await bench.compare(subjects, 60);
  for (const size of sizes) {
    const [rebuilt, read] = [named(size, "rebuild all"), named(size, "read the rows")];
    bench.ratio(`${named(size, "")}: rebuilding to reading`, rebuilt, read, { atMost: 1.5 });
  }
  const largest = sizes[4];
  const events = largest.customers * largest.events;
  const replayed = bench.values(named(largest, "rebuild all")).map((seconds) => events / seconds);
  bench.add("replay", "events/s", replayed);
  bench.add("live ingestion of the same", "events/s", [
    ingested[4] ?? 0,
    ...replayed.slice(1).map(() => ingested[4] ?? 0),
  ]);
  bench.ratio("replay to live ingestion", "replay", "live ingestion of the same", { atLeast: 1.5 });
  bench.note(
    "A process serves before all customers are rebuilt: each is when it is first asked for, the busiest at once.",
  );
  bench.plot(
    "Seconds to rebuild all customers",
    sizes.map((size) => named(size, "rebuild all")),
  );
} finally {
  for (const close of closers.toReversed()) await close();
  await databases.close();
}
await bench.finish();

function named({ customers, events }: { customers: number; events: number }, what: string): string {
  return `${customers} × ${events}${what === "" ? "" : `: ${what}`}`;
}

/** An installation that holds so much, and was killed. */
async function populated(size: (typeof sizes)[number]) {
  const { customers, events } = size;
  const name = `recovery_${customers}_${events}`;
  const [dataDir, url] = [databases.folder(name), await databases.fresh(name)];
  const env = { DATABASE_URL: url, KAFKA_BROKERS: "", REDIS_URL: "", CLICKHOUSE_URL: "off" };
  const start = (): Promise<Program> => startProgram(dataDir, env);
  const first = await start();
  await makeCustomers(first, customers);
  const startedAt = performance.now();
  await sendEvents(first, "all", customers, customers * events);
  const arrived = new StoredEvents(url);
  await arrived.reach(customers * events);
  const ingestedPerSecond = (customers * events) / ((performance.now() - startedAt) / 1000);
  await arrived.close();
  await first.kill();
  const pools = openPools(url);
  const owner = connect(url, { role: null, connections: 2 });
  closers.push(async () => {
    await pools.close();
    await owner.end({ timeout: 5 });
  });
  const keys = await everyCustomer(owner);
  if (keys.length !== customers) throw new Error(`${keys.length} customers are stored`);
  const store = postgresShardStore(pools.shard);
  const companies = new Companies(postgresCatalogStore(pools.requests), postgresCompanyStore(pools.shard));
  const company = await companies.meet(keys[0]?.companyId ?? "");
  if (company === null) throw new Error("the company is not stored");
  const subjects: Subject[] = [
    { name: named(size, "serve again"), unit: "s", measure: () => secondsToServe(start) },
    {
      name: named(size, "rebuild all"),
      unit: "s",
      measure: () =>
        secondsOf(keys, customers * events, async (some) => {
          let found = 0;
          for (const stored of await store.loadActors(some)) {
            const { state } = recover(stored, company.catalog);
            found +=
              state.subscriptions.length === 1 ? stored.tail.filter((one) => one.kind === "usage").length : 0;
          }
          return found;
        }),
    },
    {
      name: named(size, "read the rows"),
      unit: "s",
      measure: () => secondsOf(keys, customers * events, (some) => readRows(pools.shard, some)),
    },
  ];
  return { ingestedPerSecond, subjects };
}

/** From the start of the program to its first answer about a customer; then it is killed. */
async function secondsToServe(start: () => Promise<Program>): Promise<number> {
  const startedAt = performance.now();
  const program = await start();
  await program.must("GET", "/spend-control/status?customer_id=bench-0");
  const seconds = (performance.now() - startedAt) / 1000;
  await program.kill();
  return seconds;
}

/** Runs `work` over all customers, some at a time; it answers how many events it has met. */
async function secondsOf(
  keys: readonly ActorKey[],
  events: number,
  work: (some: readonly ActorKey[]) => Promise<number>,
): Promise<number> {
  const startedAt = performance.now();
  let found = 0;
  for (let i = 0; i < keys.length; i += customersAtOnce)
    found += await work(keys.slice(i, i + customersAtOnce));
  if (found !== events) throw new Error(`${found} of ${events} events were met`);
  return (performance.now() - startedAt) / 1000;
}

/** The same rows, and nothing made of them. */
async function readRows(sql: Sql, keys: readonly ActorKey[]): Promise<number> {
  const customers = keys.map(({ customerId }) => customerId);
  const company = keys[0]?.companyId ?? "";
  const [usage] = await Promise.all([
    sql`select * from usage_events where company_id = ${company} and customer_id = any(${customers}::text[])`,
    sql`select * from facts where company_id = ${company} and customer_id = any(${customers}::text[])`,
    sql`select * from snapshots where company_id = ${company} and customer_id = any(${customers}::text[])`,
  ]);
  return usage.length;
}

async function everyCustomer(owner: Sql): Promise<ActorKey[]> {
  const rows = await owner<
    { company_id: string; id: string }[]
  >`select company_id, id from customers order by id`;
  return rows.map((row) => ({ companyId: row.company_id, customerId: row.id }));
}
