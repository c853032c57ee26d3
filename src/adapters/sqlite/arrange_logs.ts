import { readdirSync } from "node:fs";
import { join } from "node:path";
import { LogFile } from "./log_file.ts";

/** How much is copied in one transaction. */
const copied = { records: 10_000, bytes: 16 * 1024 * 1024 };

/** The log's file of one of several processes; the first has the one that a single process has. */
export function logFileName(dir: string, index: number): string {
  return join(dir, index === 0 ? "events.sqlite" : `events-${index}.sqlite`);
}

/** Whose a partition is among `count` processes. */
export function logOwnerOf(partition: number, count: number): number {
  return partition % count;
}

/** Whether a data directory was last used by several processes. */
export function hasSeveralLogs(dir: string): boolean {
  return indexes(dir).some((index) => index > 0);
}

/**
 * Makes the log's files those of `count` processes: where a partition's owner changes, its records that are not applied
 * yet are copied into the new owner's file, and its offsets go on there. May be cut short at any moment and done again.
 * No process may be running; throws DEP_001 where one is.
 *
 * @param applied the next offset to apply of each partition
 */
export function arrangeLogs(dir: string, count: number, applied: readonly number[]): void {
  const all = new Set([...indexes(dir), ...Array.from({ length: count }, (_, index) => index)]);
  const files = new Map<number, LogFile>();
  try {
    for (const index of all) files.set(index, new LogFile(logFileName(dir, index), applied.length));
    const ends = new Map([...files].map(([index, file]) => [index, file.ends()]));
    for (const [partition, next] of applied.entries()) {
      const endIn = (index: number): number => ends.get(index)?.[partition] ?? 0;
      const owner = logOwnerOf(partition, count);
      const latest = [...all].reduce((a, b) => (endIn(b) > endIn(a) ? b : a), owner);
      const [from, to] = [files.get(latest), files.get(owner)];
      if (latest === owner || from === undefined || to === undefined) continue;
      const start = Math.max(Math.min(next, endIn(latest)), endIn(owner));
      if (start > endIn(owner)) to.begin(partition, start);
      copy(from, to, partition, start);
    }
  } finally {
    for (const file of files.values()) file.close();
  }
}

function copy(from: LogFile, to: LogFile, partition: number, start: number): void {
  for (let offset = start; ; ) {
    const records = from.read(partition, offset, copied.records, copied.bytes);
    const last = records.at(-1);
    if (last === undefined) return;
    to.append(records);
    offset = last.offset + 1;
  }
}

function indexes(dir: string): number[] {
  const names = readdirSync(dir, { withFileTypes: true }).map(({ name }) => name);
  return names.flatMap((name) => {
    const [, index] = /^events(?:-(\d+))?\.sqlite$/.exec(name) ?? [];
    return name === "events.sqlite" ? [0] : index === undefined ? [] : [Number(index)];
  });
}
