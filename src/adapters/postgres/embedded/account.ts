import { hash } from "node:crypto";
import { chownSync, cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { BillingError } from "../../../errors.ts";

/** Whom Postgres runs as: it refuses root, so root hands it to an account that owns nothing. */
export interface Account {
  /** Put before a command to run it as this account. */
  readonly prefix: readonly string[];
  /** Null where it is our own. */
  readonly uid: number | null;
  readonly gid: number | null;
}

const NOBODY = "nobody";
/** Where root keeps what the account must reach when its own place is closed to it. */
const SHARED_FOLDER = "/var/lib/billai";

/** Our own account, or `nobody` where we are root. Throws DEP_001 where root has no way to change accounts. */
export function postgresAccount(): Account {
  if (process.getuid?.() !== 0) return { prefix: [], uid: null, gid: null };
  const uid = idOf("-u");
  const gid = idOf("-g");
  if (uid === null || gid === null || Bun.which("setpriv") === null) {
    throw new BillingError(
      "DEP_001",
      "Postgres does not run as root, and there is no 'setpriv' or account 'nobody' to run it with: start BillAI as another user, or set DATABASE_URL",
    );
  }
  return { prefix: ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--"], uid, gid };
}

/** Gives a file or folder to the account. */
export function handOver(path: string, { uid, gid }: Account): void {
  if (uid !== null && gid !== null) chownSync(path, uid, gid);
}

/** True where the account can run or read what lies at the path. */
export function canReach(account: Account, path: string, test: "-x" | "-r"): boolean {
  if (account.uid === null) return true;
  return Bun.spawnSync([...account.prefix, "test", test, path]).exitCode === 0;
}

/** The folder of binaries as the account can run them: where it is, or a copy made once beside all users' reach. */
export function reachableBinaries(account: Account, folder: string, version: string): string {
  if (canReach(account, join(folder, "bin", "postgres"), "-x")) return folder;
  const copy = join(sharedFolder(), `postgres-${version}`);
  if (existsSync(copy)) return copy;
  const part = `${copy}.${process.pid}.part`;
  rmSync(part, { recursive: true, force: true });
  cpSync(folder, part, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(part, copy);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    if (!existsSync(copy)) throw error; // else another process was first
  }
  return copy;
}

/** Where the cluster of a data directory lives: inside it, or in the account's reach where that is closed to it. */
export function clusterFolder(account: Account, dataDir: string): string {
  const inside = join(resolve(dataDir), "postgres");
  mkdirSync(resolve(dataDir), { recursive: true });
  if (account.uid === null || canReach(account, resolve(dataDir), "-x")) return inside;
  return join(
    sharedFolder(),
    `${basename(resolve(dataDir))}-${hash("sha256", resolve(dataDir), "hex").slice(0, 12)}`,
  );
}

function sharedFolder(): string {
  mkdirSync(SHARED_FOLDER, { recursive: true, mode: 0o755 });
  return SHARED_FOLDER;
}

function idOf(flag: "-u" | "-g"): number | null {
  const { exitCode, stdout } = Bun.spawnSync(["id", flag, NOBODY]);
  return exitCode === 0 ? Number(stdout.toString().trim()) : null;
}
