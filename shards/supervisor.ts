import { join } from "node:path";
import type { Config } from "../src/config.ts";
import { limits } from "../src/limits.ts";
import { arrangeEventLog, openDatabase } from "./ground.ts";
import type { Say } from "./say.ts";

/** What a process tells the supervisor: that it serves. */
export const ready = "ready";
/** What the supervisor tells the first process once all serve: the installation may be set up. */
export const everybodyServes = "everybody serves";

type Child = Bun.Subprocess<"ignore", "inherit", "inherit">;

/** Several processes on one machine, each with its share of the customers. */
export interface Supervised {
  readonly url: string;
  /** Lets every process finish what is under way, then stops them all. */
  stop(): Promise<void>;
}

/**
 * Starts `config.shards` processes that share the ports, the database and the data directory, and starts again
 * whichever ends before it should. The first one sets the installation up. Resolves once all of them serve; throws where one cannot.
 */
export async function supervise(config: Config, demo: boolean, say: Say): Promise<Supervised> {
  const database = await openDatabase(config, say); // which stays up whatever becomes of a process
  for (const name of database.migrated) say(`migrated the database: ${name}`);
  await arrangeEventLog(config, config.shards, say);
  const port = config.port === 0 ? freePort(config.host) : config.port;
  const shards = Array.from(
    { length: config.shards },
    (_, index) => new ShardProcess([`${index}`, `${port}`, ...(demo ? ["demo"] : [])], say),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(shards.map((shard) => shard.stop()));
    await database.close();
  };
  try {
    await Promise.all(shards.map((shard) => shard.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  for (const shard of shards) shard.keepRunning();
  shards[0]?.tell(everybodyServes);
  const host = config.host.includes(":") ? `[${config.host}]` : config.host;
  return { url: `http://${host}:${port}`, stop };
}

/** One of the processes, and the ones that take its place. */
class ShardProcess {
  /** Which it is, the front port, and what it is to do beside serving. */
  readonly #args: readonly string[];
  readonly #say: Say;
  #child: Child | null = null;
  #stopping = false;

  constructor(args: readonly string[], say: Say) {
    this.#args = args;
    this.#say = say;
  }

  /** Resolves once it serves; throws where it ends before. */
  async start(): Promise<void> {
    const { promise: serving, resolve } = Promise.withResolvers<void>();
    const child = Bun.spawn([process.execPath, join(import.meta.dir, "main.ts"), "shard", ...this.#args], {
      stdio: ["ignore", "inherit", "inherit"],
      ipc: (message) => {
        if (message === ready) resolve();
      },
    });
    this.#child = child;
    const ended = child.exited.then((code) => {
      throw new Error(`shard ${this.#args[0]} ended with exit code ${code} before it served`);
    });
    await Promise.race([serving, ended]);
  }

  /** From now on starts another one whenever it ends. */
  keepRunning(): void {
    void this.#watch();
  }

  tell(message: string): void {
    this.#child?.send(message);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#child?.kill("SIGTERM");
    await this.#child?.exited;
  }

  async #watch(): Promise<void> {
    for (let failures = 0; ; ) {
      const code = await this.#child?.exited;
      if (this.#stopping) return;
      const pause = Math.min(limits.shardRestartMsMax, 100 * 2 ** failures);
      this.#say(`shard ${this.#args[0]} ended with ${code}; another is started in ${pause} ms`);
      await Bun.sleep(pause);
      if (this.#stopping) return;
      failures = await this.start().then(
        () => 0,
        () => Math.min(failures + 1, 10),
      );
    }
  }
}

/** A port nobody has at the moment. */
function freePort(hostname: string): number {
  const server = Bun.serve({ hostname, port: 0, fetch: () => new Response() });
  const { port = 0 } = server;
  server.stop(true);
  return port;
}
