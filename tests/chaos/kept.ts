import { everybodyServes } from "../../shards/supervisor.ts";
import type { CrashAt, CrashPoint } from "../../src/config.ts";
import { until } from "../services/service.ts";
import { type Fleet, serveWaitMsMax } from "./fleet.ts";
import { Program, type Start } from "./program.ts";

/** What a process is started with, by its place and how often it has been. */
export interface Keeping {
  /** Arguments and variables of the process in this place. */
  readonly place: (index: number) => Omit<Start, "log">;
  readonly log: number;
  /** Where the next process in this place is to crash; null for nowhere. */
  readonly nextCrash: (index: number) => CrashAt | null;
  /** Told when a process has killed itself. */
  readonly crashed: (point: CrashPoint) => void;
}

/** A process that keeps ending does not keep the machine busy. */
const pauseMs = 50;

/** Processes this run starts by itself, each again whenever it ends: each can be told where to crash. */
export class Kept implements Fleet {
  readonly name: string;
  readonly size: number;
  readonly #keeping: Keeping;
  readonly #programs: (Program | null)[];
  readonly #serving = new Set<Program>();
  /** Those that are ended from here. */
  readonly #killed = new Set<number>();
  /** Those that stand still while another one has their place. */
  readonly #zombies = new Set<Program>();
  readonly #replaced = new Map<Program, () => void>();
  #ending = false;
  #running: Promise<void>[] = [];

  constructor(name: string, size: number, keeping: Keeping) {
    this.name = name;
    this.size = size;
    this.#keeping = keeping;
    this.#programs = Array.from({ length: size }, () => null);
  }

  async start(): Promise<void> {
    this.#ending = false;
    this.#running = this.#programs.map((_, index) => this.#keep(index));
    const all = Promise.all(this.#programs.map((_, index) => this.servesAgain(index, 0)));
    await Promise.race([all, Promise.all(this.#running)]); // which fails where one cannot be started
    this.#programs[0]?.tell(everybodyServes);
  }

  pid(index: number): number | null {
    const program = this.#programs[index] ?? null;
    return program?.isRunning ? program.pid : null;
  }

  async end(index: number, how: "SIGKILL" | "SIGTERM"): Promise<number | null> {
    const program = this.#programs[index] ?? null;
    if (!program?.isRunning) return null;
    this.#killed.add(program.pid);
    program.signal(how);
    return program.pid;
  }

  /**
   * Makes a process stand still, and another one take its place, as where it is taken for dead. Resolves once that one
   * serves, with how to let the first one go on, and how to end it.
   */
  async haunt(index: number): Promise<{ goOn(): void; end(): Promise<string> } | null> {
    const program = this.#programs[index] ?? null;
    if (program === null || !this.#serving.has(program)) return null;
    program.signal("SIGSTOP");
    this.#zombies.add(program);
    void program.ended.then(() => this.#zombies.delete(program));
    this.#replaced.get(program)?.();
    await this.servesAgain(index, program.pid);
    return {
      goOn: () => program.signal("SIGCONT"),
      end: () => {
        program.signal("SIGTERM");
        return program.ended;
      },
    };
  }

  async servesAgain(index: number, after: number): Promise<void> {
    let isReplaced = false;
    const serves = async (): Promise<boolean> => {
      const program = this.#programs[index] ?? null;
      isReplaced ||= program !== null && program.pid !== after;
      return program !== null && program.pid !== after && this.#serving.has(program);
    };
    await until(`process ${index} after ${after}`, serveWaitMsMax, serves).catch((error) => {
      throw new Error(`${error.message}: ${isReplaced ? "the next does not serve" : "it does not end"}`);
    });
  }

  async stop(): Promise<void> {
    this.#ending = true;
    this.#exorcise();
    for (const program of this.#programs) program?.signal("SIGTERM");
    await Promise.all(this.#running);
  }

  async kill(): Promise<void> {
    this.#ending = true;
    this.#exorcise();
    await Promise.all(this.#programs.map((_, index) => this.end(index, "SIGKILL")));
    await Promise.all(this.#running);
  }

  #exorcise(): void {
    for (const zombie of this.#zombies) zombie.signal("SIGKILL");
  }

  async #keep(index: number): Promise<void> {
    while (!this.#ending) {
      const crash = this.#keeping.nextCrash(index);
      const start = this.#keeping.place(index);
      const crashEnv = crash === null ? {} : { BILLAI_CRASH_AT: `${crash.point}:${crash.nth}` };
      const { log } = this.#keeping;
      const program = new Program({ ...start, env: { ...start.env, ...crashEnv }, log });
      this.#programs[index] = program;
      void program.serves.then(() => this.#serving.add(program));
      const replaced = new Promise<string>((resolve) =>
        this.#replaced.set(program, () => resolve("replaced")),
      );
      const how = await Promise.race([program.ended, replaced]);
      this.#replaced.delete(program);
      if (how !== "SIGKILL" || this.#killed.has(program.pid)) {
        if (!this.#ending) await Bun.sleep(pauseMs);
      } else if (crash !== null) this.#keeping.crashed(crash.point);
    }
    this.#programs[index] = null;
  }
}
