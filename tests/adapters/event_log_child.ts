import { writeSync } from "node:fs";
import { openSqliteEventLog } from "../../src/adapters/sqlite/event_log.ts";
import { BillingError } from "../../src/errors.ts";
import type { EventLog } from "../../src/ports/event_log.ts";

/**
 * A process of its own for the tests of the embedded log: `bun event_log_child.ts <file> <partitions> <mode>`.
 * Says on standard output, one line each, what was acknowledged: `ack <partition> <offset> <text>`.
 */
async function main(): Promise<void> {
  const [file = "", partitions = "", mode = ""] = process.argv.slice(2);
  const log = await openSqliteEventLog({ file, partitions: Number(partitions) });
  if (mode === "stream")
    await Promise.all(Array.from({ length: 20 }, (_, i) => stream(log, Number(partitions), i)));
  if (mode === "fill") await fill(log);
  await log.close();
}

/** Appends without end, two partitions at a time: the test kills the process. */
async function stream(log: EventLog, partitions: number, sender: number): Promise<void> {
  for (let n = 0; ; n += 1) {
    const text = `${process.pid}.${sender}.${n}.${"x".repeat((n * 37) % 900)}`;
    const entries = [(sender + n) % partitions, n % partitions].map((partition) => ({
      partition,
      bytes: new TextEncoder().encode(text),
    }));
    const offsets = await log.append(entries);
    for (const [i, { partition }] of entries.entries()) say(`ack ${partition} ${offsets[i]} ${text}`);
  }
}

/** Appends until the file may grow no more, then tells what the log says and still reads. */
async function fill(log: EventLog): Promise<void> {
  const text = "y".repeat(10_000);
  const bytes = new TextEncoder().encode(text);
  for (;;) {
    try {
      const [offset] = await log.append([{ partition: 0, bytes }]);
      say(`ack 0 ${offset} ${text}`);
    } catch (error) {
      say(`refused ${error instanceof BillingError ? error.code : error}`);
      break;
    }
  }
  const records = await log.read(0, 0, { records: 1000, bytes: 100_000_000 });
  say(`end ${await log.endOffset(0)} readable ${records.length}`);
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

try {
  await main();
} catch (error) {
  say(`failed ${error instanceof Error ? error.message : error}`);
}
