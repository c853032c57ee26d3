// How soon the program answers after it was started on existing data, with all of its embedded engines, and what it takes idle.
import { Bench, type Subject } from "./harness.ts";
import { openDatabases } from "./world/databases.ts";
import { residentMiB } from "./world/processes.ts";
import { logIn, startProgram } from "./world/program.ts";
import { makeCustomers, sendEvents } from "./world/work.ts";

const [customers, events] = [200, 20_000];
const env = { DATABASE_URL: "", KAFKA_BROKERS: "", REDIS_URL: "", CLICKHOUSE_URL: "" };

const bench = new Bench("cold_start", "How soon does the program answer, started on existing data?");
const databases = await openDatabases();
const [loggedIn, ready]: [number[], number[]] = [[], []];
const idle: number[] = [];
try {
  const dataDir = databases.folder("cold_start");
  const first = await startProgram(dataDir, env);
  await makeCustomers(first, customers);
  await sendEvents(first, "all", customers, events);
  const { key } = await first.must("POST", "/admin/api-keys", { name: "bench", scopes: ["spend:read"] });
  await first.stop();
  const start: Subject = {
    name: "until the first answer",
    unit: "ms",
    async measure() {
      const startedAt = performance.now();
      const program = await startProgram(dataDir, env, { key: String(key) });
      const { spend } = await program.must("GET", "/spend-control/status?customer_id=bench-0");
      const answered = performance.now() - startedAt;
      if (!(Number(spend) > 0)) throw new Error("what was there is not there any more");
      await logIn(program.url);
      loggedIn.push(performance.now() - startedAt);
      while (!(await isReady(program.url))) await Bun.sleep(10);
      ready.push(performance.now() - startedAt);
      await Bun.sleep(2000);
      idle.push(residentMiB(program.pid));
      await program.stop();
      return answered;
    },
  };
  await bench.compare([start], 60);
  bench.add("until an admin is logged in as well", "ms", loggedIn);
  bench.add("until all is ready", "ms", ready);
  bench.add("idle memory, with its engines' processes", "MiB", idle);
  bench.value("until the first answer, in ms", "until the first answer", { atMost: 500 });
  bench.value("until all is ready, in ms", "until all is ready", { atMost: 1500 });
  bench.note(
    "Embedded: Postgres, log, ledger, and chDB where it is installed. The first answer is what a customer has spent; a " +
      "login, asked for after it, takes as long as a password is made to take.",
  );
  bench.note("Of memory that processes share, such as Postgres's buffers, each counts its part.");
  bench.plot("Milliseconds from the start", ["until the first answer", "until all is ready"]);
} finally {
  await databases.close();
}
await bench.finish();

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health`);
  const { status } = (await response.json()) as { status: string };
  return status === "healthy";
}
