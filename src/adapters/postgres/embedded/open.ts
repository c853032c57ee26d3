import { existsSync } from "node:fs";
import { clusterFolder, postgresAccount, reachableBinaries } from "./account.ts";
import { postgresFolder } from "./binaries.ts";
import { ensureCluster, SUPERUSER } from "./cluster.ts";
import { awaitReady, runningPostmaster, startPostmaster, stopPostmaster } from "./postmaster.ts";

export interface EmbeddedPostgres {
  /** Connects as the superuser. */
  readonly url: string;
  readonly pid: number;
  /** True where a server that ran already was taken over, such as one that outlived a killed process. */
  readonly reused: boolean;
  stop(): Promise<void>;
}

/** Bump where binaries or settings change so that copies made for root's account are made anew. */
const BINARIES_VERSION = "18.4.0-beta.17";

/**
 * A real Postgres as a child of its own session, listening on loopback only with a password of its own. The caller
 * must own the data directory: whoever stops it stops it for all.
 */
export async function openEmbeddedPostgres(options: {
  readonly dataDir: string;
  readonly log: (line: string) => void;
}): Promise<EmbeddedPostgres> {
  const account = postgresAccount();
  const binaries = reachableBinaries(account, postgresFolder(), BINARIES_VERSION);
  const cluster = clusterFolder(account, options.dataDir);
  if (!existsSync(cluster)) options.log(`preparing the embedded Postgres in ${cluster}`);
  const password = ensureCluster(account, binaries, cluster);
  const survivor = runningPostmaster(cluster);
  const postmaster = survivor ?? (await startPostmaster(account, binaries, cluster));
  await awaitReady(postmaster, cluster, password);
  return {
    url: `postgres://${SUPERUSER}:${password}@127.0.0.1:${postmaster.port}/postgres`,
    pid: postmaster.pid,
    reused: survivor !== null,
    stop: () => stopPostmaster(postmaster),
  };
}
