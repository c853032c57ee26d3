import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { commandAs } from "./account.ts";
import { surroundings } from "./command.ts";
import type { Home } from "./home.ts";
import { isRunning } from "./running.ts";

/** The main process of a running Postgres, by what it wrote to its data directory. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** False while it starts, recovers or stops. */
  readonly ready: boolean;
}

/** How long a stop may take: a last checkpoint, politely; then without one, which costs recovery at the next start. */
const stopSteps = [
  { signal: "SIGINT", waitMsMax: 10_000 },
  { signal: "SIGQUIT", waitMsMax: 5_000 },
] as const;
const pollMs = 5;

/** The Postgres that runs on a cluster, whoever started it; null if none does. */
export function findPostmaster(cluster: string): Postmaster | null {
  const lines = readLockFile(cluster);
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!isPostmaster(pid, cluster)) return null;
  return { pid, port, ready: port > 0 && lines[7]?.trim() === "ready" };
}

/**
 * Starts Postgres where `findPostmaster` finds none, in a session of its own: Ctrl-C in a terminal reaches only us,
 * and our death leaves it whole.
 *
 * @returns tells when it has ended, which may be at once: another one runs, the port is taken, ...
 */
export function startPostmaster(home: Home, port: number): { ended(): boolean } {
  // What lies there is stale, but Postgres would refuse to start if any process has got that number since, or if the
  // file is empty. Workers a killed postmaster has left are found without it: by the shared memory they hold.
  rmSync(join(home.cluster, "postmaster.pid"), { force: true });
  moveLog(home.logFile);
  const settings = Object.entries({ ...serverSettings, port }).flatMap(([name, value]) => [
    "-c",
    `${name}=${value}`,
  ]);
  // The folder belongs to Postgres's user, who must not make root write elsewhere by a link.
  const log = openSync(
    home.logFile,
    constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    const child = Bun.spawn(
      commandAs(home.account, [home.binaries.postgres, "-D", home.cluster, ...settings]),
      { ...surroundings, detached: true, stdin: "ignore", stdout: log, stderr: log },
    );
    child.unref();
    return { ended: () => child.exitCode !== null || child.signalCode !== null };
  } finally {
    closeSync(log);
  }
}

/** Asks Postgres to shut down, sending clients away. @returns false if it still runs when the time is up */
export async function stopPostmaster(cluster: string, pid: number): Promise<boolean> {
  for (const { signal, waitMsMax } of stopSteps) {
    signalPostmaster(cluster, pid, signal);
    for (let waitedMs = 0; waitedMs < waitMsMax; waitedMs += pollMs) {
      if (!isPostmaster(pid, cluster)) return true;
      await Bun.sleep(pollMs);
    }
  }
  return !isPostmaster(pid, cluster);
}

/** Sends a signal, but never to a stranger that has got the number since. */
export function signalPostmaster(cluster: string, pid: number, signal: "SIGINT" | "SIGQUIT"): void {
  if (!isPostmaster(pid, cluster)) return;
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in between.
  }
}

/**
 * Fixed at each start. fsync and synchronous_commit stay on, as they are by default: what is committed survives a
 * power failure. TCP on the loopback rather than a socket file: its path is limited to some 100 bytes, and Windows
 * and macOS do it too; the password is random, and proves the server to us as well (SCRAM).
 */
const serverSettings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  cluster_name: "billai",
  max_connections: 300, // what is not used costs next to nothing
  shared_buffers: "128MB",
  jit: "off", // compiling takes longer than our queries
  wal_level: "minimal", // nobody replicates from an embedded server
  max_wal_senders: 0,
  wal_compression: "pglz",
  checkpoint_timeout: "15min",
  timezone: "UTC",
  log_timezone: "UTC",
  log_min_messages: "log", // errors of statements are told to who sent them
  log_checkpoints: "off",
  log_line_prefix: "%m [%p] ",
} as const;

function readLockFile(cluster: string): string[] {
  try {
    return readFileSync(join(cluster, "postmaster.pid"), "utf8").split("\n");
  } catch {
    return [];
  }
}

/** Numbers of processes are used again, after a reboot and in containers especially: the command line tells. */
function isPostmaster(pid: number, cluster: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  if (process.platform === "win32") return isRunning(pid); // there, asking for the command line takes half a second
  const command = commandOf(pid);
  return command.includes("postgres") && command.includes(`-D ${cluster} `);
}

/** Empty where there is no such process, or only its remains that nobody has collected. */
function commandOf(pid: number): string {
  if (process.platform !== "linux") {
    return spawnSync("ps", ["-ww", "-o", "command=", "-p", `${pid}`], { encoding: "utf8" }).stdout ?? "";
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** One log per start, and the one before it. */
function moveLog(file: string): void {
  try {
    renameSync(file, file.replace(/\.log$/, ".previous.log"));
  } catch {
    // The first start.
  }
}
