import { readFileSync } from "node:fs";
import { until } from "../services/service.ts";
import { type Fleet, isThere, serveWaitMsMax, signal } from "./fleet.ts";
import { Program, type Start } from "./program.ts";

/** Processes under the program's own supervisor. */
export class Supervised implements Fleet {
  readonly name = "supervised";
  readonly size: number;
  readonly #start: Start;
  readonly #epochOf: (partition: number) => Promise<number>;
  #supervisor: Program | null = null;
  /** The fence of each process's partitions when it was made to end. */
  readonly #epochs = new Map<number, number>();

  /** @param epochOf the fence of a partition: it moves when a process claims it */
  constructor(
    size: number,
    { env, log }: Pick<Start, "env" | "log">,
    epochOf: (partition: number) => Promise<number>,
  ) {
    this.size = size;
    this.#start = { args: ["serve"], env: { ...env, BILLAI_SHARDS: `${size}` }, log };
    this.#epochOf = epochOf;
  }

  async start(): Promise<void> {
    this.#supervisor = new Program(this.#start);
    const { serves, ended } = this.#supervisor;
    const why = await Promise.race([serves, ended]);
    if (typeof why === "string") throw new Error(`the program ended with ${why} before it served`);
  }

  pid(index: number): number | null {
    return this.#children().find(({ args }) => args.includes(` shard ${index} `))?.pid ?? null;
  }

  async end(index: number, how: "SIGKILL" | "SIGTERM"): Promise<number | null> {
    // While the database is away the fence is not known, and the new process's number has to do.
    this.#epochs.set(index, await this.#epochOf(index).catch(() => 0));
    const pid = this.pid(index);
    if (pid !== null) signal(pid, how);
    return pid;
  }

  async servesAgain(index: number, after: number): Promise<void> {
    await until(`shard ${index} after ${after}`, serveWaitMsMax, async () => {
      const pid = this.pid(index);
      if (pid === null || pid === after) return false;
      return (await this.#epochOf(index).catch(() => 0)) > (this.#epochs.get(index) ?? 0);
    });
  }

  async stop(): Promise<void> {
    this.#supervisor?.signal("SIGTERM");
    await this.#supervisor?.ended;
  }

  async kill(): Promise<void> {
    const all = [this.#supervisor?.pid ?? 0, ...this.#children().map(({ pid }) => pid)];
    for (const pid of all) signal(pid, "SIGKILL");
    await this.#supervisor?.ended;
    await until("the end of all shards", serveWaitMsMax, async () => !all.some(isThere));
  }

  #children(): { pid: number; args: string }[] {
    const { pid } = this.#supervisor ?? {};
    try {
      const list = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
      return list.split(" ").flatMap((child) => {
        const args = `${readFileSync(`/proc/${child}/cmdline`, "utf8").replaceAll("\0", " ")} `;
        return args.includes(" shard ") ? [{ pid: Number(child), args }] : [];
      });
    } catch {
      return []; // one ended while we looked
    }
  }
}
