import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import {
  arrangeLogs,
  hasSeveralLogs,
  logFileName,
  logOwnerOf,
} from "../../src/adapters/sqlite/arrange_logs.ts";
import { openSqliteEventLog } from "../../src/adapters/sqlite/event_log.ts";

const partitions = 6;
const dirs: string[] = [];

afterAll(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true });
});

function newDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "billai-logs-"));
  dirs.push(dir);
  return dir;
}

/** What so many processes do with their files: append, each to its partitions, and read on from what is applied. */
async function run(
  dir: string,
  count: number,
  appended: readonly number[],
  kept: Map<number, string[]>,
  applied: number[],
) {
  arrangeLogs(dir, count, applied);
  for (let index = 0; index < count; index++) {
    const log = await openSqliteEventLog({ file: logFileName(dir, index), partitions });
    for (const partition of appended) {
      if (logOwnerOf(partition, count) !== index) continue;
      const records = kept.get(partition) ?? [];
      const text = `${partition}-${records.length}`;
      expect(await log.append([{ partition, bytes: Buffer.from(text) }])).toEqual([records.length]);
      kept.set(partition, [...records, text]);
    }
    for (let partition = 0; partition < partitions; partition++) {
      if (logOwnerOf(partition, count) !== index) continue;
      const all = kept.get(partition) ?? [];
      expect(await log.endOffset(partition)).toBe(all.length);
      const from = applied[partition] ?? 0;
      const read = await log.read(partition, from, { records: 1000, bytes: 1_000_000 });
      expect(read.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(all.slice(from));
      expect(read.map(({ offset }) => offset)).toEqual(all.slice(from).map((_, i) => from + i));
    }
    await log.close();
  }
}

test("whatever the numbers of processes, every partition goes on where it was, and what is not applied is there", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          count: fc.integer({ min: 1, max: 4 }),
          appended: fc.array(fc.integer({ min: 0, max: partitions - 1 }), { maxLength: 12 }),
          applied: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
            minLength: partitions,
            maxLength: partitions,
          }),
        }),
        { minLength: 1, maxLength: 6 },
      ),
      async (lives) => {
        const dir = newDir();
        const kept = new Map<number, string[]>();
        const applied = Array.from({ length: partitions }, () => 0);
        for (const life of lives) {
          await run(dir, life.count, life.appended, kept, applied);
          for (const [partition, share] of life.applied.entries()) {
            const { length } = kept.get(partition) ?? [];
            applied[partition] = Math.max(applied[partition] ?? 0, Math.floor(share * length));
          }
        }
      },
    ),
    { numRuns: 25 },
  );
}, 60_000);

test("a directory of one process has one file, and is left alone", async () => {
  const dir = newDir();
  expect(hasSeveralLogs(dir)).toBe(false);
  arrangeLogs(
    dir,
    1,
    Array.from({ length: partitions }, () => 0),
  );
  expect(hasSeveralLogs(dir)).toBe(false);
  arrangeLogs(
    dir,
    2,
    Array.from({ length: partitions }, () => 0),
  );
  expect(hasSeveralLogs(dir)).toBe(true);
});

test("is refused while a process has one of the files", async () => {
  const dir = newDir();
  const log = await openSqliteEventLog({ file: logFileName(dir, 0), partitions });
  expect(() =>
    arrangeLogs(
      dir,
      2,
      Array.from({ length: partitions }, () => 0),
    ),
  ).toThrow("is in use by another process");
  await log.close();
});
