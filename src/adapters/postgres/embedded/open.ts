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
  /** Its address for the superuser, password included; it stays the same when the server is started anew. */
  readonly url: string;
  readonly port: number;
  /** True where it ran already: it had survived its process, or another one uses it too. */
  readonly reused: boolean;
  /** Gives it up and, unless another process still uses it, stops it. May be called twice. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  /** Gets what an operator should know, one line each. */
  readonly log: (line: string) => void;
  /**
   * Whether to start the server again when it ends while we use it; of processes that share it, one should. The
   * others only find it again.
   */
  readonly revive?: boolean;
}

/** Recovery after a power failure reads up to a gigabyte of log. */
const startWaitMsMax = 120_000;
/** A port lost to somebody else, or workers of a killed server that are still leaving. */
const startsMax = 5;
const pollMs = 5;
/** Between attempts to bring back a server that does not start. */
const returnPauseMs = 1000;

/**
 * Opens the Postgres of a data directory: makes it at the first start, uses the one that runs, or starts it.
 * It is stopped by `stop`, or when this process exits without.
 *
 * Throws DEP_001 with one line saying what is in the way.
 */
export async function openEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  return (await beginEmbeddedPostgres(options)).opened;
}

/** As `openEmbeddedPostgres`, resolved once the server has been told to start: that takes no part of this process. */
export async function beginEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<{ readonly opened: Promise<EmbeddedPostgres> }> {
  const home = await openHome(options.dataDir, options.log);
  const opened = useServer(home, options);
  opened.catch(() => {}); // whoever waits for it is told
  return { opened };
}

async function useServer(
  home: Home,
  { log, revive = false }: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const attendance = new Attendance(home, log, revive);
  const { port, reused } = await attendance.begin();
  const onExit = (): void => attendance.abandon();
  process.once("exit", onExit);
  let stopping: Promise<void> | null = null;
  return {
    url: urlOf(home, port),
    port,
    reused,
    stop() {
      process.off("exit", onExit);
      stopping ??= attendance.end();
      return stopping;
    },
  };
}

interface Reached {
  readonly keeper: Keeper;
  readonly postmaster: Postmaster;
  readonly reused: boolean;
}

/** Our use of a server, through all its ends and starts: on one port, so that its address stays. */
class Attendance {
  readonly #home: Home;
  readonly #log: (line: string) => void;
  readonly #revive: boolean;
  #reached: Reached | null = null;
  #ended = false;
  #returning: Promise<void> | null = null;

  constructor(home: Home, log: (line: string) => void, revive: boolean) {
    this.#home = home;
    this.#log = log;
    this.#revive = revive;
  }

  async begin(): Promise<{ port: number; reused: boolean }> {
    const started = () => this.#log(`Starting Postgres on ${this.#home.cluster}`);
    const reached = await this.#reach({ port: freePort, mayStart: true, started });
    this.#reached = reached;
    return { port: reached.postmaster.port, reused: reached.reused };
  }

  /** For the last moment of a process that does not wait. */
  abandon(): void {
    if (this.#reached?.keeper.alone)
      signalPostmaster(this.#home.cluster, this.#reached.postmaster.pid, "SIGINT");
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#returning;
    if (this.#reached !== null) await leave(this.#home, this.#reached, this.#log);
  }

  /** The server is gone: takes it up again as soon as it runs, starting it where that falls to us. */
  #lost(): void {
    if (this.#ended) return;
    this.#returning ??= this.#return().finally(() => {
      this.#returning = null;
    });
  }

  async #return(): Promise<void> {
    const before = this.#reached;
    if (before === null) return;
    await before.keeper.end();
    const { port } = before.postmaster;
    const started = () => this.#log("Postgres has ended by itself; starting it again");
    for (let told = false; !this.#ended; ) {
      try {
        const mayStart = this.#revive;
        const { keeper, postmaster } = await this.#reach({ port: () => port, mayStart, started });
        // Who began alone still answers for the server, also where others were quicker to find it again.
        this.#reached = { keeper: { ...keeper, alone: before.keeper.alone }, postmaster, reused: true };
        return;
      } catch (error) {
        if (!told && !this.#ended) this.#log(error instanceof Error ? error.message : String(error));
        told = true;
        if (!this.#ended) await Bun.sleep(returnPauseMs);
      }
    }
  }

  /** Connects to the server that runs, starting it where none does; a server that is stopping is waited for. */
  async #reach(how: {
    readonly port: () => number;
    readonly mayStart: boolean;
    readonly started: () => void;
  }): Promise<Reached> {
    const { cluster, logFile } = this.#home;
    const giveUpAt = performance.now() + startWaitMsMax;
    let started: ReturnType<typeof startPostmaster> | null = null;
    for (let starts = 0; performance.now() < giveUpAt && !this.#ended; await Bun.sleep(pollMs)) {
      const postmaster = findPostmaster(cluster);
      if (postmaster?.ready) {
        const keeper = await attend(this.#home, postmaster.port, () => this.#lost());
        if (keeper !== null) return { keeper, postmaster, reused: started === null || started.ended() };
      } else if (how.mayStart && postmaster === null && (started === null || started.ended())) {
        if (starts === startsMax)
          throw new BillingError("DEP_001", `Postgres does not start: ${lastWords(logFile)}`);
        if (starts > 0) await Bun.sleep(50 * starts);
        else how.started();
        started = startPostmaster(this.#home, how.port());
        starts += 1;
      }
    }
    throw new BillingError(
      "DEP_001",
      `Postgres is not ready after ${startWaitMsMax / 1000} s: see ${logFile}`,
    );
  }
}

async function leave(
  home: Home,
  { keeper, postmaster: { pid } }: Reached,
  log: (line: string) => void,
): Promise<void> {
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
