// Kills the program, and its database, over and over under load, and then counts and audits: `npm run chaos -- --cycles 30`.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { doctor } from "../../shards/cli/doctor.ts";
import { tableLines } from "../../shards/cli/table.ts";
import { Load } from "./load.ts";
import { Server } from "./server.ts";
import { verify } from "./verify.ts";

const { values } = parseArgs({
  options: { cycles: { type: "string", default: "30" }, customers: { type: "string", default: "1000" } },
});
const cycles = Number(values.cycles);
const CLIENTS = 24;
const BATCH = 100;
const IN_FLIGHT_MIN = 1000;
/** A kill that meets fewer is repeated, so often at most. */
const KILLS_PER_CYCLE_MAX = 2;
const DAY_MS = 86_400_000;

const dataDir = mkdtempSync(join(tmpdir(), "billai-chaos-"));
chmodSync(dataDir, 0o755);
const server = new Server(dataDir);
process.on("exit", () => server.end()); // also where this script fails
const start = Date.now() - 3 * DAY_MS;

await server.start();
const names = Array.from({ length: Number(values.customers) }, (_, i) => `customer-${i}`);
await seed();
const load = new Load(names, BATCH, start);
const rows: string[][] = [];
let counted = 0;
for (let kill = 1; counted < cycles && kill <= cycles * KILLS_PER_CYCLE_MAX; kill++) {
  const before = { acknowledged: load.journal.size, broken: load.broken };
  const running = load.run(server, CLIENTS);
  // Every other time it may die before it acknowledges anything again: recovery must withstand that too.
  while (kill % 2 === 1 && load.journal.size === before.acknowledged)
    await Promise.race([Bun.sleep(1), running]);
  await Bun.sleep(200 + Math.floor(Math.random() * 800));
  while (load.inFlight < IN_FLIGHT_MIN) await Promise.race([Bun.sleep(1), running]);
  const withDatabase = kill % 3 === 0;
  const killed = server.kill(withDatabase);
  load.stop();
  await Promise.all([killed, running]);
  // Sent, and never answered: an answer that was already on its way is none that the kill cut off.
  const inFlight = load.broken - before.broken;
  if (inFlight >= IN_FLIGHT_MIN) counted++;
  const from = performance.now();
  await server.start();
  const ms = Math.round(performance.now() - from);
  const what = withDatabase ? "program, database" : "program";
  rows.push([kill, what, inFlight, load.journal.size - before.acknowledged, ms].map(String));
  process.stdout.write(
    `kill ${kill}: ${inFlight} events in flight${inFlight < IN_FLIGHT_MIN ? ", too few to count" : ""}, ` +
      `serving again in ${ms} ms; ${counted} of ${cycles}\n`,
  );
}
await load.settle(server);
const header = ["Kill", "Killed", "In flight", "Acknowledged", "Restart ms"];
process.stdout.write(`\n${tableLines(header, rows, [0, 2, 3, 4]).join("\n")}\n\n`);
const wrong = await verify(server, load);
if (counted < cycles) wrong.push(`only ${counted} kills met at least ${IN_FLIGHT_MIN} events in flight`);
await server.stop();
// Every charge is rated anew from what is stored, and compared with the ledger.
const audit = await doctor({ ...process.env, BILLAI_DATA_DIR: dataDir }, (line) =>
  process.stdout.write(line),
);
if (audit !== 0) wrong.push("the doctor finds something, see above");
for (const line of wrong.slice(0, 20)) process.stdout.write(`WRONG ${line}\n`);
process.stdout.write(
  `${rows.length} kills, ${counted} of them with at least ${IN_FLIGHT_MIN} events in flight; ${names.length} customers, ` +
    `${load.journal.size} events acknowledged, ${load.duplicates} sent again: ${wrong.length} differences\n`,
);
rmSync(dataDir, { recursive: true, force: true });
process.exit(wrong.length === 0 ? 0 : 1);

async function seed(): Promise<void> {
  await server.must("POST", "/master-data/metrics", {
    key: "jobs",
    name: "Jobs",
    event_type: "work",
    aggregation: "count",
  });
  const units = { key: "units", name: "Units", event_type: "work", aggregation: "sum", field: "n" };
  await server.must("POST", "/master-data/metrics", units);
  const tiers = [
    { up_to: "50", unit_amount: "0.01" },
    { up_to: null, unit_amount: "0.005" },
  ];
  const prices = [
    { model: "graduated", metric_id: "jobs", tiers },
    { model: "per_unit", metric_id: "units", unit_amount: "0.001" },
  ];
  await server.must("POST", "/master-data/plans", { key: "work", name: "Work", currency: "USD", prices });
  for (let i = 0; i < names.length; i += 50) await Promise.all(names.slice(i, i + 50).map(subscribe));
}

async function subscribe(name: string): Promise<void> {
  await server.must("POST", "/master-data/customers", { external_id: name, name });
  const subscription = {
    customer_id: name,
    plan_id: "work",
    external_id: `sub-${name}`,
    anchor: "anniversary",
  };
  await server.must("POST", "/subscriptions", { ...subscription, start: new Date(start).toISOString() });
}
