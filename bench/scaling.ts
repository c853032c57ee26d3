// What an event costs in processor time, with one process and with several that share the customers.
import { Bench, type Subject } from "./harness.ts";
import { type Databases, openDatabases } from "./world/databases.ts";
import { startProgram } from "./world/program.ts";
import { StoredEvents } from "./world/stored_events.ts";
import { makeCustomers, sendEvents } from "./world/work.ts";

const processes = [1, 2, 4];
const customers = 1000;
/** Sent for each process before anything is measured: customers become live, code becomes hot. */
const warmUp = 60_000;
const measured = 60_000;
const kafka = process.env.KAFKA_BROKERS ?? "";

const bench = new Bench(
  "scaling",
  "What does a million events cost in CPU seconds with 1, 2 and 4 shard processes?",
);
const databases = await openDatabases();
const rates = new Map<string, number[]>();
const closers: (() => Promise<void>)[] = [];
try {
  const log = kafka === "" ? "files" : "Kafka";
  const subjects = await subjectsOf(log, databases);
  await bench.compare(subjects, 120);
  for (const [name, values] of rates) bench.add(`${name}: throughput`, "events/s", values);
  for (const count of processes.slice(1))
    bench.ratio(`${named(log, count)} to one: CPU per event`, named(log, count), named(log, 1), {
      atMost: 1.15,
    });
  if (kafka === "") bench.unmeasured("4 processes on Kafka to one", "no KAFKA_BROKERS");
  bench.note(
    "Of the program's processes alone; the client's and the engines' are not in it. Events in batches of 1,000.",
  );
  bench.plot(
    "CPU seconds per million events",
    subjects.map(({ name }) => name),
  );
} finally {
  for (const close of closers) await close();
  await databases.close();
}
await bench.finish();

function named(log: string, count: number): string {
  return `${count} on ${log}`;
}

/** One installation whose number of processes changes with every measurement. */
async function subjectsOf(log: string, { folder, fresh }: Databases): Promise<Subject[]> {
  const name = `scaling_${log.toLowerCase()}`;
  const [dataDir, url] = [folder(name), await fresh(name)];
  const env = {
    DATABASE_URL: url,
    KAFKA_BROKERS: log === "Kafka" ? kafka : "",
    REDIS_URL: "",
    CLICKHOUSE_URL: "off",
  };
  const first = await startProgram(dataDir, { ...env, BILLAI_SHARDS: "1" });
  await makeCustomers(first, customers);
  await first.stop();
  const stored = new StoredEvents(url);
  closers.push(() => stored.close());
  let runs = 0;
  let sent = 0;
  return processes.map((count) => ({
    name: named(log, count),
    unit: "CPU s per million",
    async measure() {
      const program = await startProgram(dataDir, { ...env, BILLAI_SHARDS: `${count}` });
      runs += 1;
      const send = async (run: string, events: number): Promise<void> => {
        await sendEvents(program, run, customers, events);
        sent += events;
        await stored.reach(sent);
      };
      await send(`warm-${runs}`, warmUp * count);
      const [startedAt, usedBefore] = [performance.now(), program.processorSeconds()];
      await send(`run-${runs}`, measured);
      const used = program.processorSeconds() - usedBefore;
      const seconds = (performance.now() - startedAt) / 1000;
      rates.set(named(log, count), [...(rates.get(named(log, count)) ?? []), measured / seconds]);
      await program.stop();
      return (used / measured) * 1e6;
    },
  }));
}
