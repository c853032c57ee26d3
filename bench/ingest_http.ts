// How many events a second are accepted over HTTP, durable before they are answered, beside services as people write them.
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Bench, progress, type Subject } from "./harness.ts";
import { cloneCustomers, idOfClone } from "./world/clones.ts";
import { openDatabases } from "./world/databases.ts";
import { eventsPerSecond, keyHeader } from "./world/ingestion.ts";
import { type Program, startProgram } from "./world/program.ts";
import { type Service, startService } from "./world/service.ts";
import { StoredEvents } from "./world/stored_events.ts";
import { makeCustomers } from "./world/work.ts";

const customers = 100_000;
const connections = 32;
/** Requests of one measurement, by how many events each holds; Postgres gets fewer of the small ones. */
const sizes = [
  { batch: 1, requests: 4000, ofPostgres: 1000 },
  { batch: 100, requests: 400, ofPostgres: 100 },
  { batch: 1000, requests: 40, ofPostgres: 20 },
] as const;
const memoryDisk = "/dev/shm";

const bench = new Bench(
  "ingest_http",
  "How many events a second does one process accept durably over HTTP, with 100,000 customers?",
);
const databases = await openDatabases();
const closers: (() => Promise<void>)[] = [];
try {
  const made = await makeInstallation("ingest_http");
  const forgetful = mkdtempSync(join(memoryDisk, "billai-bench-"));
  closers.push(async () => rmSync(forgetful, { recursive: true }));
  cpSync(made.dataDir, forgetful, { recursive: true });
  const volatileUrl = await databases.copy("ingest_http", "ingest_volatile");
  const durable = await withAllLive("the disk", made.dataDir, made.url);
  const volatile = await withAllLive("memory", forgetful, volatileUrl);
  const kept = await databases.fresh("ingest_kept");
  const [parsing, elysia, inserting] = [
    await started(startService("parsing")),
    await started(startService("parsing_elysia")),
    await started(startService("postgres_events", kept)),
  ];
  for (const size of sizes) {
    const { batch, requests, ofPostgres } = size;
    const beside = (name: string, { url }: Service, requests: number): Subject => ({
      name: `${name}, batch ${batch}`,
      unit: "events/s",
      measure: (round) =>
        eventsPerSecond(
          { url, headers: [], run: `${batch}-${round}`, batch, requests, customerOf: (i) => `bench-${i}` },
          connections,
        ),
    });
    const subjects = [
      durable.subject(`BillAI, batch ${batch}`, size),
      volatile.subject(`BillAI with its log in memory, batch ${batch}`, size),
      beside("only parsed", parsing, requests),
      beside("inserted into Postgres", inserting, ofPostgres),
    ];
    if (batch === 100) subjects.push(beside("only parsed, by Elysia", elysia, requests));
    await bench.compare(subjects, 40, 5);
  }
  judge();
} finally {
  for (const close of closers.toReversed()) await close();
  await databases.close();
}
await bench.finish();

async function started(service: Promise<Service>): Promise<Service> {
  const running = await service;
  closers.push(() => running.stop());
  return running;
}

/** All customers, in a store and with a log that nobody uses yet. */
async function makeInstallation(name: string): Promise<{ readonly dataDir: string; readonly url: string }> {
  const [dataDir, url] = [databases.folder(name), await databases.fresh(name)];
  const program = await startProgram(dataDir, environment(url));
  await makeCustomers(program, 1);
  await program.stop();
  progress(`ingest_http: making ${customers} customers`);
  await cloneCustomers(url, customers);
  return { dataDir, url };
}

function environment(url: string) {
  return { DATABASE_URL: url, KAFKA_BROKERS: "", REDIS_URL: "", CLICKHOUSE_URL: "off" };
}

/** The program with all customers live, and what is measured of it. */
async function withAllLive(log: string, dataDir: string, url: string) {
  const program: Program = await startProgram(dataDir, environment(url));
  const stored = new StoredEvents(url);
  closers.push(
    () => program.stop(),
    () => stored.close(),
  );
  const headers = [await keyHeader(program, ["events:write"])];
  let sent = 0;
  const send = async (run: string, batch: number, requests: number): Promise<number> => {
    // Steps through all customers, far apart, as real events come.
    const from = sent;
    const customerOf = (i: number): string => idOfClone(1 + (((from + i) * 49_999) % customers));
    const batches = { url: program.url, headers, run, batch, requests, customerOf };
    const rate = await eventsPerSecond(batches, connections);
    sent += batch * requests;
    await stored.reach(sent);
    return rate;
  };
  progress(`ingest_http: an event to every customer, with the log on ${log}`);
  for (let i = 0; i < 10; i++) await send(`live-${i}`, 1000, customers / 10_000);
  return {
    subject: (title: string, { batch, requests }: (typeof sizes)[number]): Subject => ({
      name: title,
      unit: "events/s",
      measure: (round) => send(`${batch}-${round}`, batch, requests),
    }),
  };
}

function judge(): void {
  const [ours, volatile] = ["BillAI", "BillAI with its log in memory"];
  const ratio = (of: string, by: string, batch: number, atLeast: number): void =>
    bench.ratio(`${of} to ${by}, batch ${batch}`, `${of}, batch ${batch}`, `${by}, batch ${batch}`, {
      atLeast,
    });
  ratio(ours, "only parsed", 100, 0.5);
  ratio(ours, "inserted into Postgres", 100, 10);
  ratio(ours, volatile, 1, 0.7);
  ratio(ours, volatile, 100, 0.9);
  ratio("only parsed, by Elysia", "only parsed", 100, 0.9);
  bench.note(
    `${connections} connections of a client of our own, in the bench's process, that makes its requests beforehand.`,
  );
  bench.note(
    "Every event is new and every customer live. Meanwhile the same process rates, checks and commits what it took.",
  );
  bench.note(`The log in memory is the same program with its data directory in ${memoryDisk}.`);
  bench.note("Elysia is measured by the service that only parses, mounted as the program mounts its routes.");
  for (const { batch } of sizes)
    bench.plot(
      `Events a second, batch ${batch}`,
      [ours, volatile, "only parsed", "inserted into Postgres"].map((name) => `${name}, batch ${batch}`),
    );
}
