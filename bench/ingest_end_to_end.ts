// How many events a second go all the way, from HTTP to their commit, beside a loop that writes the same rows.
import { connect } from "../src/adapters/postgres/pool.ts";
import { BareInserts } from "./baselines/bare_inserts.ts";
import { Bench, type Subject } from "./harness.ts";
import { openDatabases } from "./world/databases.ts";
import { type Program, startProgram } from "./world/program.ts";
import { StoredEvents } from "./world/stored_events.ts";
import { makeCustomers, sendEvents } from "./world/work.ts";

const customers = 1000;
const warmUp = 20_000;
const measured = 40_000;
/** Events of one transaction of the bare loop. */
const batch = 1000;
const kafka = process.env.KAFKA_BROKERS ?? "";
const logs = kafka === "" ? ["files"] : ["files", "Kafka"];

const bench = new Bench(
  "ingest_end_to_end",
  "How many events a second go from HTTP to deduplicated, rated, checked and committed?",
);
const databases = await openDatabases();
const closers: (() => Promise<void>)[] = [];
try {
  for (const log of logs) await bench.compare(await subjectsOf(log), 60);
  for (const log of logs)
    bench.ratio(`BillAI on ${log} to the bare loop`, `BillAI on ${log}`, `a bare loop, beside ${log}`, {
      atLeast: 0.6,
    });
  if (kafka === "") bench.unmeasured("BillAI on Kafka to the bare loop", "no KAFKA_BROKERS");
  bench.note(
    `${customers} customers, ${measured} events in a measurement, sent 1,000 at a time by 8 clients.`,
  );
  bench.plot(
    "Events a second, from end to end",
    logs.flatMap((log) => [`BillAI on ${log}`, `a bare loop, beside ${log}`]),
  );
} finally {
  for (const close of closers.toReversed()) await close();
  await databases.close();
}
await bench.finish();

async function subjectsOf(log: string): Promise<Subject[]> {
  const name = `end_to_end_${log.toLowerCase()}`;
  const url = await databases.fresh(name);
  const program: Program = await startProgram(databases.folder(name), {
    DATABASE_URL: url,
    KAFKA_BROKERS: log === "Kafka" ? kafka : "",
    REDIS_URL: "",
    CLICKHOUSE_URL: "off",
  });
  const sql = connect(url, { role: null, connections: 1 });
  const stored = new StoredEvents(url);
  closers.push(
    () => program.stop(),
    () => stored.close(),
    () => sql.end({ timeout: 5 }),
  );
  await makeCustomers(program, customers);
  let sent = 0;
  const send = async (run: string, events: number): Promise<number> => {
    const startedAt = performance.now();
    await sendEvents(program, run, customers, events);
    sent += events;
    await stored.reach(sent);
    return events / ((performance.now() - startedAt) / 1000);
  };
  await send("warm", warmUp);
  const mark = await BareInserts.mark(sql);
  await send("copied", measured);
  const bare = await BareInserts.of(sql, mark);
  bench.note(`The bare loop beside ${log} writes ${bare.told}, as they are after ${measured} events.`);
  return [
    { name: `BillAI on ${log}`, unit: "events/s", measure: (round) => send(`run-${round}`, measured) },
    {
      name: `a bare loop, beside ${log}`,
      unit: "events/s",
      measure: async () => measured / (await bare.seconds(measured / batch)),
    },
  ];
}
