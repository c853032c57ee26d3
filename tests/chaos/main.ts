// Ends processes, logs and databases of a running BillAI over and over under load, and then counts and audits.
import { chmodSync, mkdirSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableLines } from "../../shards/cli/table.ts";
import { Random } from "../oracle/random.ts";
import { startBroker } from "../services/kafka.ts";
import { audit, drained, openBooks } from "./books.ts";
import { admin, Client } from "./client.ts";
import { Commands } from "./commands.ts";
import { Database } from "./database.ts";
import type { Broker } from "./faults.ts";
import { Journal } from "./journal.ts";
import { type Draw, Load } from "./load.ts";
import { Months } from "./months.ts";
import { type Options, readOptions } from "./options.ts";
import { Run } from "./run.ts";
import { type Expected, verifyAnswers } from "./verify_answers.ts";
import { verifyRows } from "./verify_rows.ts";
import { dayMs, seed, type World } from "./world.ts";

const clients = 5;
const batch = 40;
const differencesShown = 40;

const begin = performance.now();
process.exit(await main(readOptions()));

/** A run; answers the exit code: 1 where anything differs. */
async function main(options: Options): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "billai-chaos-"));
  chmodSync(folder, 0o755); // for the user Postgres runs as
  for (const name of ["data", "database"]) mkdirSync(join(folder, name));
  say(`seed ${options.seed}; files in ${folder}`);
  const database = await Database.open(join(folder, "database"));
  const broker = options.kafka ? await openBroker() : null;
  const ledgerUrl = options.outbox ? await openBooks(database.url) : null;
  const port = freeFrontPort(new Random(options.seed));
  const env = {
    BILLAI_DATA_DIR: join(folder, "data"),
    BILLAI_PORT: `${port}`,
    BILLAI_SERVICE_PORTS: "off",
    BILLAI_DEMO: "off",
    BILLAI_ADMIN_EMAIL: admin.email,
    BILLAI_ADMIN_PASSWORD: admin.password,
    DATABASE_URL: database.url,
    KAFKA_BROKERS: broker?.address ?? "",
    REDIS_URL: "",
    TIGERBEETLE_ADDRESSES: "",
  };
  const run = new Run({
    options,
    database,
    broker,
    ledgerUrl,
    env,
    log: openSync(join(folder, "program.log"), "a"),
    tell: say,
  });
  const end = async (): Promise<void> => {
    await run.kill();
    await broker?.stop();
    await database.stop();
    process.exit(130);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void end());
  const wrong: string[] = [];
  try {
    const urls = [`http://127.0.0.1:${port}`];
    const client = new Client(() => urls, new Random(options.seed, 3));
    const expected = await stormAndSettle(run, client, options);
    await drained(database.url);
    wrong.push(...(await verifyAnswers(client, expected)));
    for (const [line, times] of client.unexpected) wrong.push(`${times} times: ${line}`);
    await run.stop();
    wrong.push(...(await verifyRows(database.url, expected)));
    wrong.push(...(await audit(env, database.url, ledgerUrl)));
  } catch (error) {
    wrong.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    await run.kill();
  }
  await broker?.stop();
  await database.stop();
  for (const line of wrong.slice(0, differencesShown)) process.stdout.write(`WRONG ${line}\n`);
  say(`${wrong.length} differences`);
  if (wrong.length === 0) rmSync(folder, { recursive: true, force: true });
  return wrong.length === 0 ? 0 : 1;
}

/** A broker of this run's own, unless one is given: that one is not killed. */
async function openBroker(): Promise<Broker & { readonly address: string; stop(): Promise<void> }> {
  const given = process.env.KAFKA_BROKERS;
  const nothing = async (): Promise<void> => {};
  if (given !== undefined)
    return { address: given, isOurs: false, kill: nothing, start: nothing, stop: nothing };
  const folder = mkdtempSync(join(tmpdir(), "billai-chaos-kafka-"));
  let broker = await startBroker(folder);
  return {
    address: broker.address,
    isOurs: true,
    kill: () => broker.kill(),
    start: async () => {
      broker = await startBroker(folder);
    },
    stop: () => broker.stop(),
  };
}

/** Faults under load, and then what must be so. Prints what happened. */
async function stormAndSettle(run: Run, client: Client, options: Options): Promise<Expected> {
  await run.start();
  const world = await seed(client, options.customers);
  const journal = new Journal();
  const months = new Months(client, new Random(options.seed, 4), world);
  const random = new Random(options.seed, 5);
  const load = new Load({ client, journal, random, draw: drawFrom(world, months, random), batch });
  const commands = new Commands({ client, random: new Random(options.seed, 6), world, journal, load });
  load.start(clients);
  months.start(load);
  commands.start();
  await run.storm(load, journal);
  say("calm: what is under way ends, and so do all months");
  await Promise.all([commands.stop(), months.stop()]);
  await load.stop();
  const ended = await months.end();
  report(run, { load, journal, commands, months });
  return { world, journal, done: commands.done, months: ended };
}

/** Mostly of customers on real time; now and then one that comes too late. */
function drawFrom(world: World, months: Months, random: Random): Draw {
  return () => {
    const kind = random.whole(1, 100);
    if (kind <= 2) return { customer: random.pick(world.late), at: months.anyTime(), mayBeLate: true };
    if (kind <= 30)
      return { customer: random.pick(world.punctual), at: months.punctualTime(), mayBeLate: false };
    const at = world.start + random.whole(0, 2 * dayMs);
    return { customer: random.pick(world.real), at, mayBeLate: true };
  };
}

function report(
  { counts, plan }: Run,
  done: { load: Load; journal: Journal; commands: Commands; months: Months },
): void {
  const { load, journal, months } = done;
  const { commands, replays, reads } = done.commands.done;
  const rows = [
    [
      "kill -9",
      `${counts.kills}, of these ${counts.wholeSets} of all and ${counts.databases} of the database`,
    ],
    ["rebalances", `${counts.rebalances}`],
    ["kill -9 of the broker", `${counts.brokers}, among the above`],
    ["zombies, stalls", `${counts.zombies}, ${counts.stalls}`],
    ...[...plan.hits].map(([point, hits]) => [`crash ${point}`, `${hits}`]),
    [
      "events",
      `${journal.size} acknowledged, ${journal.voids} voided, ${load.again} sent again in ${load.storms} storms and else`,
    ],
    ["commands", `${commands} done, ${replays} replayed, ${reads} reads held to what was acknowledged`],
    ["clocks", `${months.advances} advances`],
  ];
  process.stdout.write(`\n${tableLines(["What", "How often"], rows, []).join("\n")}\n\n`);
}

/** A port below those the system gives to connections: nobody takes it while all processes are down. */
function freeFrontPort(random: Random): number {
  for (;;) {
    const port = random.whole(20_000, 29_999);
    try {
      Bun.serve({ hostname: "127.0.0.1", port, fetch: () => new Response() }).stop(true);
      return port;
    } catch {
      // Somebody has it.
    }
  }
}

function say(line: string): void {
  process.stdout.write(`${((performance.now() - begin) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);
}
