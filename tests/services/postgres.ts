import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHome } from "../../src/adapters/postgres/embedded/home.ts";
import { urlOf } from "../../src/adapters/postgres/embedded/keeper.ts";
import { findPostmaster, startPostmaster } from "../../src/adapters/postgres/embedded/postmaster.ts";
import { stopAfterUs } from "../postgres.ts";
import { freePort, until } from "./service.ts";

const startWaitMsMax = 60_000;

/** A Postgres of one's own at a fixed address, for `DATABASE_URL`. */
export interface PostgresServer {
  readonly url: string;
  /** kill -9 of its main process, with which all of it ends. */
  kill(): Promise<void>;
  /** Starts it again where it was killed. */
  start(): Promise<void>;
  /** Stops every process of it, so that it still takes connections and answers nothing; and lets them go on. */
  pause(): void;
  resume(): void;
  /** Ends it and removes its files. */
  remove(): Promise<void>;
}

/** Starts one from the binaries the program brings along. */
export async function startPostgres(): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), "billai-postgres-"));
  chmodSync(folder, 0o755); // as root, Postgres runs as someone else, who must get through
  const home = await openHome(folder, () => {});
  const port = await freePort();
  const pidOf = () => findPostmaster(home.cluster)?.pid ?? 0;
  const start = async () => {
    startPostmaster(home, port);
    await until("Postgres", startWaitMsMax, async () => findPostmaster(home.cluster)?.ready === true);
  };
  const signal = (name: "SIGSTOP" | "SIGCONT") => {
    const children = spawnSync("ps", ["-o", "pid=", "--ppid", `${pidOf()}`], { encoding: "utf8" }).stdout;
    for (const pid of [pidOf(), ...children.split("\n").map(Number)]) if (pid > 0) process.kill(pid, name);
  };
  const kill = async () => {
    const pid = pidOf();
    if (pid === 0) return;
    signal("SIGCONT");
    process.kill(pid, "SIGKILL");
    await until("the end of Postgres", startWaitMsMax, async () => findPostmaster(home.cluster) === null);
  };
  await start();
  stopAfterUs(folder);
  return {
    url: urlOf(home, port),
    kill,
    start,
    pause: () => signal("SIGSTOP"),
    resume: () => signal("SIGCONT"),
    remove: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
