// `bun run bench [NAME …]`: one bench after the other, each in a process of its own, and then the report.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { writeReport } from "./report.ts";

/** Files of this folder that are no benches. */
const parts = ["run", "baseline", "report", "harness", "machine", "statistics", "table"];

const known = readdirSync(import.meta.dir)
  .filter((name) => name.endsWith(".ts"))
  .map((name) => name.slice(0, -".ts".length))
  .filter((name) => !parts.includes(name))
  .toSorted();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`No bench is called ${unknown.join(", ")}; there are ${known.join(", ")}.\n`);
  process.exit(2);
}

const failed: string[] = [];
for (const name of wanted.length === 0 ? known : wanted) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, `${name}.ts`)], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if ((await child.exited) !== 0) failed.push(name);
}
await writeReport();
if (failed.length > 0) process.stderr.write(`These benches failed: ${failed.join(", ")}.\n`);
process.exit(failed.length === 0 ? 0 : 1);
