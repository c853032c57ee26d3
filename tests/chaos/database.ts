import { type Home, openHome } from "../../src/adapters/postgres/embedded/home.ts";
import { urlOf } from "../../src/adapters/postgres/embedded/keeper.ts";
import {
  findPostmaster,
  startPostmaster,
  stopPostmaster,
} from "../../src/adapters/postgres/embedded/postmaster.ts";
import { freePort, until } from "../services/service.ts";
import { isThere } from "./fleet.ts";

const startWaitMsMax = 60_000;

/** A real Postgres beside the program, which can be killed at any moment and comes back at the same address. */
export class Database {
  readonly #home: Home;
  readonly #port: number;

  private constructor(home: Home, port: number) {
    this.#home = home;
    this.#port = port;
  }

  static async open(folder: string): Promise<Database> {
    const database = new Database(await openHome(folder, () => {}), await freePort());
    await database.start();
    return database;
  }

  /** For a superuser. */
  get url(): string {
    return urlOf(this.#home, this.#port);
  }

  /** Starts it, or starts it again; resolves once it takes connections. */
  async start(): Promise<void> {
    const { cluster } = this.#home;
    let started: ReturnType<typeof startPostmaster> | null = null;
    await until("Postgres", startWaitMsMax, async () => {
      if (findPostmaster(cluster)?.ready) return true;
      // One that was killed may leave workers that take a moment to go.
      if (findPostmaster(cluster) === null && (started === null || started.ended()))
        started = startPostmaster(this.#home, this.#port);
      return false;
    });
  }

  /** kill -9; resolves once it is gone. */
  async kill(): Promise<void> {
    const { pid } = findPostmaster(this.#home.cluster) ?? {};
    if (pid === undefined) return;
    process.kill(pid, "SIGKILL");
    await until("the end of Postgres", startWaitMsMax, async () => !isThere(pid));
  }

  async stop(): Promise<void> {
    const { cluster } = this.#home;
    const { pid } = findPostmaster(cluster) ?? {};
    if (pid !== undefined) await stopPostmaster(cluster, pid);
  }
}
