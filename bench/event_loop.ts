// How long a shard's loop stands still while events come, commits are made, projections are fed and reports are asked.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Bench, type Subject } from "./harness.ts";
import { quantile } from "./statistics.ts";
import { openDatabases } from "./world/databases.ts";
import { startProgram } from "./world/program.ts";
import { makeCustomers } from "./world/work.ts";

const customers = 1000;
const seconds = 6;
/** A third of what one process can do, so that it is not the want of a processor that is measured. */
const eventsPerSecond = 4000;
const batch = 200;
const reportEveryMs = 250;

const bench = new Bench(
  "event_loop",
  "How late is what a shard's loop is to do, while stores, projections and reports run?",
);
const databases = await openDatabases();
const longest: number[] = [];
const own: number[] = [];
try {
  const folder = databases.folder("event_loop");
  const probe = join(folder, "late.txt");
  const program = await startProgram(
    folder,
    {
      DATABASE_URL: await databases.fresh("event_loop"),
      KAFKA_BROKERS: "",
      REDIS_URL: "",
      CLICKHOUSE_URL: "", // chDB within the program, if it is installed
      BENCH_PROBE: probe,
    },
    { preload: [join(import.meta.dir, "world/loop_probe.ts")] },
  );
  const lines = (): Lateness[] =>
    existsSync(probe) ? readFileSync(probe, "utf8").split("\n").filter(Boolean).map(latenessOf) : [];
  /** By how much the loop was late during the work. */
  const lateness = async (work: () => Promise<void>): Promise<Lateness[]> => {
    const before = lines().length;
    await work();
    await Bun.sleep(1100); // until the last of it is written
    const late = lines().slice(before);
    if (late.length === 0) throw new Error("the probe has noted nothing");
    return late;
  };
  await makeCustomers(program, customers);
  let sent = 0;
  const work = async (): Promise<void> => {
    const until = performance.now() + seconds * 1000;
    const every = async (ms: number, act: () => Promise<unknown>): Promise<void> => {
      for (let at = performance.now(); at < until; at += ms) {
        await Bun.sleep(Math.max(0, at - performance.now()));
        await act();
      }
    };
    const send = async (): Promise<void> => {
      const events = Array.from({ length: batch }, () => ({
        event_id: `e-${sent++}`,
        event_type: "work",
        customer_id: `bench-${(sent * 7) % customers}`,
        properties: { n: (sent % 97) + 1, model: "large" },
      }));
      await program.must("POST", "/usage/events", { events });
    };
    const today = new Date(Date.now() - 86_400_000).toISOString();
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    const span = `from=${today}&to=${tomorrow}`;
    await Promise.all([
      every((1000 * batch) / eventsPerSecond, send),
      every(reportEveryMs, () =>
        program.must("GET", `/usage/aggregate?metric=units&${span}&window=hour&group_by=customer_id`),
      ),
      every(reportEveryMs, () => program.must("GET", "/admin/ledger/trial-balance?currency=USD")),
    ]);
  };
  await work(); // until everything has been compiled
  const during = (name: string, act: () => Promise<void>): Subject => ({
    name,
    unit: "ms",
    async measure() {
      const found = await lateness(act);
      const late = ascending(found.map(({ late }) => late));
      if (act === work) {
        longest.push(late.at(-1) ?? 0);
        own.push(quantile(ascending(found.map(({ late, waited }) => Math.max(0, late - waited))), 0.99));
      }
      return quantile(late, 0.99);
    },
  });
  await bench.compare(
    [during("at work: p99", work), during("idle: p99", () => Bun.sleep(seconds * 1000))],
    90,
    5,
  );
  bench.add("at work: p99 but for waiting for a processor", "ms", own);
  bench.add("at work: the longest", "ms", longest);
  bench.value("p99", "at work: p99", { atMost: 10 });
  bench.note(
    `A timer of one millisecond in the program's own loop; ${eventsPerSecond} events/s, ${1000 / reportEveryMs} reports and as many trial balances a second, analytics fed meanwhile.`,
  );
  await program.stop();
} finally {
  await databases.close();
}
await bench.finish();

/** By how much a timer was late, and how long of that the loop waited for a processor, in milliseconds. */
interface Lateness {
  readonly late: number;
  readonly waited: number;
}

function latenessOf(line: string): Lateness {
  const [late = Number.NaN, waited = Number.NaN] = line.split(" ").map(Number);
  return { late, waited };
}

function ascending(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}
