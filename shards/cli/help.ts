import { variables } from "../../src/config.ts";

const commands = [
  ["serve", "run BillAI (the default); seeds a demo company into an empty data directory"],
  ["demo", "run BillAI and seed the demo company, or finish seeding it"],
  ["import FILE …", "send a CSV or NDJSON file of usage through the API; `import --help` tells how"],
  ["migrate", "bring the database to this version and stop"],
  [
    "rebuild-analytics",
    "have everything fed again to ClickHouse or chDB, by the BillAI that runs or the next",
  ],
  ["doctor", "look at everything BillAI stands on and say what to do; it may run meanwhile"],
] as const;

/** What `npm start -- --help` prints. */
export function helpText(): string {
  const lines = ["BillAI: exact, real-time billing and metering.", "", "Usage: npm start -- [command]", ""];
  for (const [name, meaning] of commands) lines.push(`  ${name.padEnd(18)} ${meaning}`);
  lines.push("", "Environment:", "");
  for (const { name, fallback, meaning } of variables) {
    lines.push(`  ${name.padEnd(29)} ${meaning.replaceAll("`", "")} [${fallback.replaceAll("`", "")}]`);
  }
  return `${lines.join("\n")}\n`;
}
