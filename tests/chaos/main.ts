// Kills the program, and its database, over and over under load, and then counts: `npm run chaos -- --cycles 30`.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
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
const DAY_MS = 86_400_000;

const dataDir = mkdtempSync(join(tmpdir(), "billai-chaos-"));
chmodSync(dataDir, 0o755);
const server = new Server(dataDir);
const start = Date.now() - 3 * DAY_MS;

await server.start();
const names = Array.from({ length: Number(values.customers) }, (_, i) => `customer-${i}`);
await seed();
const load = new Load(names, BATCH, start);
const rows: string[][] = [];
let fewestCut = Number.POSITIVE_INFINITY;
for (let cycle = 1; cycle <= cycles; cycle++) {
  const before = { acknowledged: load.journal.size, broken: load.broken };
  const running = load.run(server, CLIENTS);
  await Bun.sleep(200 + Math.floor(Math.random() * 800));
  while (load.inFlight < IN_FLIGHT_MIN) await Promise.race([Bun.sleep(1), running]);
  const inFlight = load.inFlight;
  const withDatabase = cycle % 3 === 0;
  const killed = server.kill(withDatabase);
  load.stop();
  await Promise.all([killed, running]);
  // Of those in flight the ones that were never answered: what the kill really cut off.
  const cut = load.broken - before.broken;
  fewestCut = Math.min(fewestCut, cut);
  const from = performance.now();
  await server.start();
  const ms = Math.round(performance.now() - from);
  const what = withDatabase ? "program, database" : "program";
  const acknowledged = load.journal.size - before.acknowledged;
  rows.push([cycle, what, inFlight, cut, acknowledged, ms].map(String));
  process.stdout.write(
    `cycle ${cycle} of ${cycles}: ${inFlight} events in flight at the kill, ${cut} of them never answered, ` +
      `serving again in ${ms} ms\n`,
  );
}
await load.settle(server);
const header = ["Cycle", "Killed", "In flight", "Never answered", "Acknowledged", "Restart ms"];
process.stdout.write(`\n${tableLines(header, rows, [0, 2, 3, 4, 5]).join("\n")}\n\n`);
const wrong = await verify(server, load);
if (fewestCut < IN_FLIGHT_MIN)
  wrong.push(`a kill cut off only ${fewestCut} events: too few to prove anything`);
for (const line of wrong.slice(0, 20)) process.stdout.write(`WRONG ${line}\n`);
process.stdout.write(
  `${cycles} kills, ${names.length} customers, ${load.journal.size} events acknowledged, ${load.duplicates} sent again: ` +
    `${wrong.length} differences\n`,
);
await server.stop();
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
