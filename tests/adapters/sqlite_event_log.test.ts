import { Database } from "bun:sqlite";
import { afterAll, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteEventLog } from "../../src/adapters/sqlite/event_log.ts";
import type { EventLog } from "../../src/ports/event_log.ts";
import { eventLogContract, partitions, readAll } from "../contracts/event_log.ts";

const directory = mkdtempSync(join(tmpdir(), "event-log-"));
let files = 0;

afterAll(() => rmSync(directory, { recursive: true }));

function newFile(): string {
  files += 1;
  return join(directory, `${files}`, "events.db");
}

/** @param tailBytesMax 0 keeps nothing in memory: every read comes from the file */
function contractWithTail(name: string, tailBytesMax: number | undefined): void {
  const fileOf = new Map<EventLog, string>();
  async function openAt(file: string, pendingBytesMax?: number): Promise<EventLog> {
    const bounds = {
      ...(pendingBytesMax && { pendingBytesMax }),
      ...(tailBytesMax !== undefined && { tailBytesMax }),
    };
    const log = await openSqliteEventLog({ file, partitions, ...bounds });
    fileOf.set(log, file);
    return log;
  }
  eventLogContract(name, {
    open: (options) => openAt(newFile(), options?.pendingBytesMax),
    reopen: async (log) => {
      await log.close();
      return openAt(fileOf.get(log) ?? "");
    },
    histories: 15,
  });
}

contractWithTail("the embedded event log", undefined);
contractWithTail("the embedded event log, reading from its file", 0);
contractWithTail("the embedded event log, reading from both", 600);

interface Acknowledged {
  readonly partition: number;
  readonly offset: number;
  readonly text: string;
}

function child(file: string, mode: string, partitionCount = partitions): string[] {
  return [process.execPath, join(import.meta.dir, "event_log_child.ts"), file, `${partitionCount}`, mode];
}

/** Runs a sender and kills it, without warning, in mid-stream. */
async function streamUntilKilled(file: string, lines: number): Promise<Acknowledged[]> {
  const process = Bun.spawn(child(file, "stream"), { stdout: "pipe", stderr: "inherit" });
  const decoder = new TextDecoder();
  let output = "";
  for await (const chunk of process.stdout) {
    output += decoder.decode(chunk, { stream: true });
    if (output.split("\n").length > lines) process.kill("SIGKILL");
  }
  await process.exited;
  expect(process.signalCode).toBe("SIGKILL");
  return acknowledged(output);
}

function acknowledged(output: string): Acknowledged[] {
  const complete = output.slice(0, output.lastIndexOf("\n"));
  return complete.split("\n").flatMap((line) => {
    const [word, partition, offset, text = ""] = line.split(" ");
    return word === "ack" ? [{ partition: Number(partition), offset: Number(offset), text }] : [];
  });
}

async function textsOf(file: string): Promise<string[][]> {
  const log = await openSqliteEventLog({ file, partitions });
  const decoder = new TextDecoder();
  const ids = Array.from({ length: partitions }, (_, id) => id);
  const texts = await Promise.all(
    ids.map(async (id) => (await readAll(log, id)).map((b) => decoder.decode(b))),
  );
  await log.close();
  return texts;
}

function missing(acks: readonly Acknowledged[], texts: readonly string[][]): Acknowledged[] {
  return acks.filter(({ partition, offset, text }) => texts[partition]?.[offset] !== text);
}

describe("the embedded event log and its process", () => {
  test("every acknowledged record is there after kill -9, again and again", async () => {
    const file = newFile();
    const acks: Acknowledged[] = [];
    for (const lines of [1, 400, 3000]) {
      const survived = await streamUntilKilled(file, lines);
      expect(survived.length).toBeGreaterThan(0);
      acks.push(...survived);
      expect(missing(acks, await textsOf(file))).toEqual([]);
    }
  });

  test("a torn end of the write-ahead log harms nothing before it", async () => {
    const file = newFile();
    const acks = await streamUntilKilled(file, 500);
    const torn = newFile();
    const log = await openSqliteEventLog({ file: torn, partitions }); // makes the folder
    await log.close();
    copyFileSync(file, torn);
    copyFileSync(`${file}-wal`, `${torn}-wal`);
    const size = statSync(`${torn}-wal`).size;

    appendFileSync(`${file}-wal`, new Uint8Array(5000).fill(0xa5));
    const whole = await textsOf(file);
    expect(missing(acks, whole)).toEqual([]);

    truncateSync(`${torn}-wal`, Math.floor(size * 0.6) + 11);
    const kept = await textsOf(torn);
    expect(kept).toEqual(whole.map((texts, id) => texts.slice(0, kept[id]?.length ?? 0)));
    expect(kept.flat().length).toBeGreaterThan(0);
    expect(kept.flat().length).toBeLessThan(whole.flat().length);
  });

  test("a file that can grow no more refuses with DEP_001 and loses nothing", async () => {
    const file = newFile();
    // A limit on file size stands for a full disk. Its signal is ignored, so that writing fails instead of killing.
    const limited = ["sh", "-c", `trap "" XFSZ; ulimit -f 1000; exec "$@"`, "sh", ...child(file, "fill")];
    const process = Bun.spawn(limited, { stdout: "pipe", stderr: "inherit" });
    const output = await process.stdout.text();
    const acks = acknowledged(output);
    expect(acks.length).toBeGreaterThan(0);
    expect(output).toContain("refused DEP_001\n");
    expect(output).toContain(`end ${acks.length} readable ${acks.length}\n`);
    expect(missing(acks, await textsOf(file))).toEqual([]);

    const log = await openSqliteEventLog({ file, partitions });
    const end = await log.endOffset(0);
    expect(await log.append([{ partition: 0, bytes: new Uint8Array(10) }])).toEqual([end]);
    await log.close();
  });

  test("a second process is refused while the first has the file, and not after", async () => {
    const file = newFile();
    const log = await openSqliteEventLog({ file, partitions });
    const refused = await Bun.spawn(child(file, "open"), { stdout: "pipe" }).stdout.text();
    expect(refused).toBe(`failed The event log ${file} is in use by another process\n`);
    expect(await log.append([{ partition: 0, bytes: new Uint8Array(1) }])).toEqual([0]);
    await log.close();
    expect(await Bun.spawn(child(file, "open"), { stdout: "pipe" }).stdout.text()).toBe("");
  });
});

describe("the embedded event log and its file", () => {
  test("another number of partitions is refused, and the file left as it was", async () => {
    const file = newFile();
    await (await openSqliteEventLog({ file, partitions })).close();
    await expect(openSqliteEventLog({ file, partitions: 9 })).rejects.toThrow(
      `The event log ${file} has 8 partitions and was opened with 9; the number never changes`,
    );
    await (await openSqliteEventLog({ file, partitions })).close();
  });

  test("another format, another program's database and no database at all are refused", async () => {
    const newer = newFile();
    await (await openSqliteEventLog({ file: newer, partitions })).close();
    edit(newer, "PRAGMA user_version = 3");
    await expect(openSqliteEventLog({ file: newer, partitions })).rejects.toThrow(
      "has format 3; this release reads format 2",
    );

    const others = join(directory, "others.db");
    edit(others, "CREATE TABLE theirs (id INTEGER)");
    await expect(openSqliteEventLog({ file: others, partitions })).rejects.toThrow("is not an event log");

    const prose = join(directory, "prose.db");
    writeFileSync(prose, "This is no database. ".repeat(100));
    await expect(openSqliteEventLog({ file: prose, partitions })).rejects.toThrow("is not an event log");

    await expect(openSqliteEventLog({ file: directory, partitions })).rejects.toThrow("cannot be opened");
  });

  test("appends of one turn share one commit", async () => {
    const log = await openSqliteEventLog({ file: newFile(), partitions });
    let commits = 0;
    log.onAppend(() => {
      commits += 1;
    });
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => log.append([{ partition: i % 8, bytes: new Uint8Array(9) }])),
    );
    await log.close();
    expect(commits).toBe(1);
  });
});

function edit(file: string, sql: string): void {
  const db = new Database(file);
  db.run(sql);
  db.close();
}
