import { readFileSync } from "node:fs";
import { BillingError } from "../../../errors.ts";
import { type Home, openHome } from "./home.ts";
import { attend, type Keeper, urlOf } from "./keeper.ts";
import {
  findPostmaster,
  type Postmaster,
  signalPostmaster,
  startPostmaster,
  stopPostmaster,
} from "./postmaster.ts";

/** A Postgres of this machine that this process uses. */
export interface EmbeddedPostgres {
  /** Its address for the superuser, password included. */
  readonly url: string;
  readonly port: number;
  /** True where it ran already: it had survived its process, or another one uses it too. */
  readonly reused: boolean;
  /** Gives it up and, unless another process still uses it, stops it. May be called twice. */
  stop(): Promise<void>;
}

/** Recovery after a power failure reads up to a gigabyte of log. */
const startWaitMsMax = 120_000;
/** A port lost to somebody else, or workers of a killed server that are still leaving. */
const startsMax = 5;
const pollMs = 5;

/**
 * Opens the Postgres of a data directory: makes it at the first start, uses the one that runs, or starts it.
 * It is stopped by `stop`, or when this process exits without.
 *
 * @param log gets what an operator should know, one line each
 * Throws DEP_001 with one line saying what is in the way.
 */
export async function openEmbeddedPostgres(options: {
  readonly dataDir: string;
  readonly log: (line: string) => void;
}): Promise<EmbeddedPostgres> {
  const home = await openHome(options.dataDir, options.log);
  const { keeper, postmaster, reused } = await reach(home, options.log);
  const { pid, port } = postmaster;
  const onExit = (): void => {
    if (keeper.alone) signalPostmaster(home.cluster, pid, "SIGINT");
  };
  process.once("exit", onExit);
  let stopping: Promise<void> | null = null;
  return {
    url: urlOf(home, port),
    port,
    reused,
    stop() {
      process.off("exit", onExit);
      stopping ??= leave(home, keeper, pid, options.log);
      return stopping;
    },
  };
}

interface Reached {
  readonly keeper: Keeper;
  readonly postmaster: Postmaster;
  readonly reused: boolean;
}

/** Connects to the server that runs, starting it where none does; a server that is stopping is waited for. */
async function reach(home: Home, log: (line: string) => void): Promise<Reached> {
  const giveUpAt = performance.now() + startWaitMsMax;
  let started: ReturnType<typeof startPostmaster> | null = null;
  for (let starts = 0; performance.now() < giveUpAt; await Bun.sleep(pollMs)) {
    const postmaster = findPostmaster(home.cluster);
    if (postmaster?.ready) {
      const keeper = await attend(home, postmaster.port);
      if (keeper !== null) return { keeper, postmaster, reused: started === null || started.ended() };
    } else if (postmaster === null && (started === null || started.ended())) {
      if (starts === startsMax)
        throw new BillingError("DEP_001", `Postgres does not start: ${lastWords(home.logFile)}`);
      if (starts > 0) await Bun.sleep(50 * starts);
      else log(`Starting Postgres on ${home.cluster}`);
      started = startPostmaster(home, freePort());
      starts += 1;
    }
  }
  throw new BillingError(
    "DEP_001",
    `Postgres is not ready after ${startWaitMsMax / 1000} s: see ${home.logFile}`,
  );
}

async function leave(home: Home, keeper: Keeper, pid: number, log: (line: string) => void): Promise<void> {
  const last = await keeper.isLast();
  if (last && !(await stopPostmaster(home.cluster, pid))) log(`Postgres (process ${pid}) does not stop`);
  await keeper.end();
}

/** Free now; should somebody take it before Postgres does, another one is tried. */
function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  listener.stop(true);
  return listener.port;
}

/** The last thing Postgres said before it ended. */
function lastWords(logFile: string): string {
  const lines = readFileSync(logFile, "utf8").trim().split("\n");
  return `${lines.findLast((line) => line.includes("FATAL")) ?? lines.at(-1)} (${logFile})`;
}
