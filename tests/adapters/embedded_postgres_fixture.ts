import { expect } from "bun:test";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres, { type Sql } from "postgres";
import { openEmbeddedPostgres } from "../../src/adapters/postgres/embedded/open.ts";

/** For every test: each has real processes, and making a database takes a second or two, more on a busy machine. */
export const limitMs = 60_000;

export const silent = (): void => {};

/** A folder for data directories that everybody may enter, or only its owner. */
export function newFolder(mode = 0o755): string {
  const folder = mkdtempSync(join(tmpdir(), "embedded-"));
  chmodSync(folder, mode);
  return folder;
}

/** Data directories under test, copied from one where a database was made and stopped. */
export interface Copies {
  /** @returns a data directory of its own */
  next(): string;
  /** Stops what still runs in any of them, and removes them. */
  clear(): void;
}

/** Makes the database all copies start from: making it takes a second or two, copying it a fraction of that. */
export async function openCopies(): Promise<Copies> {
  const folder = newFolder();
  const pristine = join(folder, "pristine");
  await (await openEmbeddedPostgres({ dataDir: pristine, log: () => {} })).stop();
  let made = 0;
  return {
    next() {
      made += 1;
      const copy = join(folder, `copy-${made}`);
      spawnSync("cp", ["-a", pristine, copy]);
      return copy;
    },
    clear() {
      for (let n = 1; n <= made; n += 1) kill(join(folder, `copy-${n}`));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Ends, without ceremony, what a failed test has left running. */
export function kill(dataDir: string): void {
  const pid = existsSync(join(dataDir, "postgres")) ? pidOf(dataDir) : null;
  if (pid !== null && commandOf(pid).includes(realpathSync(dataDir))) process.kill(pid, "SIGQUIT");
}

export function lockFile(dataDir: string): string {
  return join(dataDir, "postgres", "cluster", "postmaster.pid");
}

/** The main process by Postgres's own lock file; null if there is none. */
export function pidOf(dataDir: string): number | null {
  if (!existsSync(lockFile(dataDir))) return null;
  return Number(readFileSync(lockFile(dataDir), "utf8").split("\n")[0]);
}

/** The command line of a process, empty once it has ended. */
export function commandOf(pid: number): string {
  return (spawnSync("ps", ["-ww", "-o", "stat=,command=", "-p", `${pid}`], { encoding: "utf8" }).stdout ?? "")
    .trim()
    .replace(/^Z.*$/, "");
}

/** The process of a data directory's server, which must be running. */
export function serverOf(dataDir: string): number {
  const pid = pidOf(dataDir) ?? 0;
  expect(commandOf(pid)).toContain("postgres");
  return pid;
}

/** Which children have written to the database, in order. */
export function writers(url: string): Promise<number[]> {
  return onServer(url, async (sql) => {
    const rows = await sql<{ by_process: number }[]>`select by_process from written`;
    return rows.map((row) => row.by_process);
  });
}

/** Waits for something another process brings about; the test's own time limit bounds it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await Bun.sleep(5);
}

/** Runs statements as the superuser and closes the connection. */
export async function onServer<T>(url: string, work: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

/** A process of embedded_postgres_child.ts. */
export interface Child {
  readonly pid: number;
  /** The line that begins so, once it has come; null if the process ended without. */
  line(start: string): Promise<string | null>;
  closeInput(): void;
  kill(): void;
  readonly exited: Promise<number>;
}

/** @param prefix runs it otherwise, say as another user @param script a copy of the child's script somewhere else */
export function startChild(
  dataDir: string,
  mode: "stop" | "exit" | "throw" | "hang",
  { prefix = [], script }: { prefix?: readonly string[]; script?: string } = {},
): Child {
  const child = Bun.spawn(
    [
      ...prefix,
      process.execPath,
      script ?? join(import.meta.dir, "embedded_postgres_child.ts"),
      dataDir,
      mode,
    ],
    { stdin: "pipe", stdout: "pipe", stderr: "ignore" },
  );
  let text = "";
  let ended = false;
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) text += decoder.decode(chunk, { stream: true });
    ended = true;
  })();
  const find = (start: string) => text.split("\n").find((line) => line.startsWith(start)) ?? null;
  return {
    pid: child.pid,
    async line(start) {
      await until(() => find(start) !== null || ended);
      return find(start);
    },
    closeInput: () => void child.stdin.end(),
    kill: () => child.kill("SIGKILL"),
    exited: Promise.all([child.exited, reading]).then(([code]) => code),
  };
}
