import { randomBytes } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { BillingError } from "../../../errors.ts";
import { type Account, canReach, chooseAccount } from "./account.ts";
import { type Binaries, findBinaries, openShelter, shelter } from "./binaries.ts";
import { createCluster } from "./cluster.ts";
import { run } from "./command.ts";
import { syncFolder } from "./durable.ts";
import { isRunning } from "./running.ts";

/** One embedded Postgres on disk, and what is needed to run it. */
export interface Home {
  /** Postgres's own data directory. */
  readonly cluster: string;
  readonly password: string;
  readonly logFile: string;
  readonly account: Account | null;
  readonly binaries: Binaries;
}

/**
 * Finds the database of a data directory, or makes it at the first start.
 *
 * It lies in `<dataDir>/postgres`. Where root starts us and the unprivileged user cannot come there, it lies below
 * `shelter`, and `<dataDir>/postgres` is a symbolic link: it shows where to look, and a new data directory at an old
 * path gets a new database. Throws DEP_001 with one line saying what is in the way.
 */
export async function openHome(dataDir: string, log: (line: string) => void): Promise<Home> {
  const place = join(resolve(dataDir), "postgres");
  mkdirSync(dataDir, { recursive: true });
  removeAbandoned(resolve(dataDir));
  if (lstatSync(place, { throwIfNoEntry: false }) === undefined) await makeHome(place, log);

  const folder = resolvePlace(place);
  const account = chooseAccount(folder);
  const binaries = findBinaries(account, log);
  binaries.catch(() => {}); // told below: first what is wrong with the data
  if (account !== null) await handOver(account, folder);
  const cluster = join(folder, "cluster");
  if (!existsSync(join(cluster, "PG_VERSION"))) {
    throw new BillingError("DEP_001", `There is no database in ${place}: restore it, or remove the folder`);
  }
  return {
    cluster,
    password: readFileSync(join(folder, "password"), "utf8").trim(),
    logFile: join(folder, "server.log"),
    account,
    binaries: await binaries,
  };
}

function resolvePlace(place: string): string {
  if (existsSync(place)) return realpathSync(place);
  throw new BillingError(
    "DEP_001",
    `The database ${place} points to is gone: bring it back, or remove the link`,
  );
}

/** For data that root has copied, or moved to where its user cannot follow. */
async function handOver(account: Account, folder: string): Promise<void> {
  if (statSync(folder).uid === 0) {
    const changed = await run(["chown", "-R", `${account.uid}:${account.gid}`, folder]);
    if (!changed.ok) {
      throw new BillingError("DEP_001", `${folder} cannot be given to ${account.name}: ${changed.output}`);
    }
  }
  if (await canReach(account, folder)) return;
  throw new BillingError(
    "DEP_001",
    `Postgres runs as ${account.name}, who cannot reach ${folder}: allow others to pass the folders above it (chmod o+x)`,
  );
}

async function makeHome(place: string, log: (line: string) => void): Promise<void> {
  const dataDir = join(place, "..");
  const account = chooseAccount(null);
  const binaries = await findBinaries(account, log);
  const reachable = await canReach(account, dataDir);
  if (!reachable) openShelter();
  const parent = reachable ? dataDir : shelter;
  const final = reachable ? place : join(shelter, randomBytes(8).toString("hex"));
  if (!reachable) removeAbandoned(shelter);

  const fresh = join(parent, `postgres.new-${process.pid}`);
  try {
    await createCluster({ folder: fresh, binaries, account });
    renameSync(fresh, final); // all or nothing, whenever we are killed
    syncFolder(parent);
    if (reachable) return;
    symlinkSync(final, place);
    syncFolder(dataDir);
    log(`The database is kept in ${final}, since ${account?.name} cannot reach ${dataDir}`);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (!reachable) rmSync(final, { recursive: true, force: true });
    // Else another process was quicker, and we use its.
    if (lstatSync(place, { throwIfNoEntry: false }) === undefined) throw error;
  }
}

/**
 * Clears away what processes left that were killed while they made a database. A child of theirs may write on for a
 * moment: what it leaves goes at the next start.
 */
function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    const maker = Number(/^postgres\.new-(\d+)$/.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(maker) || (maker !== process.pid && isRunning(maker))) continue;
    rmSync(join(parent, name), { recursive: true, force: true });
  }
}
