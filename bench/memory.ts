// What customers and remembered events take in memory, live and passive, and how long a full collection pauses for them.
import { heapStats } from "bun:jsc";
import { readFileSync } from "node:fs";
import { Companies } from "../shards/companies.ts";
import { Directory } from "../shards/directory.ts";
import { RecentIds } from "../shards/recent_ids.ts";
import { recover } from "../shards/recovery.ts";
import { postgresCatalogStore } from "../src/adapters/postgres/catalog_store.ts";
import { postgresCompanyStore } from "../src/adapters/postgres/company_store.ts";
import { connect, openPools } from "../src/adapters/postgres/pool.ts";
import { postgresShardStore } from "../src/adapters/postgres/shard_store.ts";
import type { StoredActor } from "../src/ports/shard_store.ts";
import { Bench, progress } from "./harness.ts";
import { cloneCustomers, idOfClone } from "./world/clones.ts";
import { openDatabases } from "./world/databases.ts";
import { startProgram } from "./world/program.ts";
import { makeCustomers } from "./world/work.ts";

const live = 100_000;
const ids = 1_000_000;
const known = 1_000_000;
/** Of these so many are asked for, one after the other, by so many clients. */
const [asked, clients] = [20_000, 16];
const mebibyte = 2 ** 20;

const bench = new Bench(
  "memory",
  "What do customers, live and passive, and remembered event ids take in memory?",
);
const databases = await openDatabases();
try {
  const [dataDir, url] = [databases.folder("memory"), await databases.fresh("memory")];
  const env = { DATABASE_URL: url, KAFKA_BROKERS: "", REDIS_URL: "", CLICKHOUSE_URL: "off" };
  const first = await startProgram(dataDir, env);
  await makeCustomers(first, 1);
  await first.stop();
  await liveOnes(url);
  rememberedIds();
  progress(`memory: making ${known} customers`);
  await cloneCustomers(url, known);
  const program = await startProgram(dataDir, env);
  await Bun.sleep(3000);
  bench.add(`resident, ${known} customers known, all passive`, "MiB", [residentMiB(program.pid)]);
  let next = 0;
  const ask = async (): Promise<void> => {
    for (let i = next++; i < asked; i = next++)
      await program.must("GET", `/spend-control/status?customer_id=${idOfClone(1 + ((i * 49_999) % known))}`);
  };
  await Promise.all(Array.from({ length: clients }, ask));
  bench.add(`resident, ${asked} of them live`, "MiB", [residentMiB(program.pid)]);
  bench.value("1,000,000 known customers, in MiB", `resident, ${asked} of them live`, { atMost: 4096 });
  await program.stop();
} finally {
  await databases.close();
}
await bench.finish();

/** Rebuilds one customer so often under other names, and looks at what the heap has grown by. */
async function liveOnes(url: string): Promise<void> {
  const pools = openPools(url);
  const owner = connect(url, { role: null, connections: 1 });
  const [row] = await owner<{ company_id: string; id: string }[]>`select company_id, id from customers`;
  if (row === undefined) throw new Error("there is no customer");
  const companies = new Companies(postgresCatalogStore(pools.requests), postgresCompanyStore(pools.shard));
  const company = await companies.meet(row.company_id);
  const [stored] = await postgresShardStore(pools.shard).loadActors([
    { companyId: row.company_id, customerId: row.id },
  ]);
  if (company === null || stored === undefined) throw new Error("the customer is not stored");
  const bytes: number[] = [];
  const pauses: number[] = [];
  for (let round = 0; round < 5; round++) {
    const before = heapBytes();
    const directory = new Directory(() => ({ actors: live, bytes: Number.MAX_SAFE_INTEGER }));
    for (let i = 0; i < live; i++) {
      const key: StoredActor = { ...stored, customerId: idOfClone(i) };
      directory.touch(key, recover(key, company.catalog));
    }
    bytes.push((heapBytes() - before) / live);
    const startedAt = performance.now();
    Bun.gc(true);
    pauses.push(performance.now() - startedAt);
    if (directory.size !== live) throw new Error(`${directory.size} customers are live`);
    directory.clear();
  }
  bench.add("a live customer with one subscription", "B", bytes);
  bench.add(`full collection at ${live} live customers`, "ms", pauses);
  bench.value("a live customer, in bytes", "a live customer with one subscription", { atMost: 800 });
  bench.value("a full collection, in ms", `full collection at ${live} live customers`, { atMost: 40 });
  await pools.close();
  await owner.end({ timeout: 5 });
}

function rememberedIds(): void {
  const bytes: number[] = [];
  for (let round = 0; round < 5; round++) {
    const digest = (i: number): string => Bun.hash(`${round} ${i}`).toString(16).padStart(16, "0");
    const before = heapBytes();
    const recent = new RecentIds(ids + 1);
    for (let i = 0; i < ids; i++) recent.add(digest(i));
    bytes.push((heapBytes() - before) / ids);
    if (!recent.has(digest(0))) throw new Error("it forgets");
  }
  bench.add("a remembered event id", "B", bytes);
  bench.value("a remembered event id, in bytes", "a remembered event id", { atMost: 24 });
}

function heapBytes(): number {
  Bun.gc(true);
  return heapStats().heapSize; // typed arrays are in it
}

function residentMiB(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return (Number(kibibytes) * 1024) / mebibyte;
}
