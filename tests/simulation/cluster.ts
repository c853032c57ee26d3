import type { ActorKey } from "../../src/ports/stored_rows.ts";
import { Process } from "./process.ts";
import { PARTITIONS } from "./scene.ts";
import { Owner } from "./scheduler.ts";
import type { Stores } from "./stores.ts";

const DAY_MS = 86_400_000;

/** The processes of an installation, and everything that befalls them. */
export class Cluster {
  readonly #stores: Stores;
  /** For what the world does. */
  readonly #world = new Owner("world");
  readonly #processes: (Process | null)[] = [];
  /** Who is to have each partition. */
  #assigned = new Map<number, number>();
  #born = 0;
  /** Told of a death: what was asked of it is not answered any more. */
  readonly #onDeath: (process: Process) => void;

  constructor(stores: Stores, onDeath: (process: Process) => void) {
    this.#stores = stores;
    this.#onDeath = onDeath;
    for (let slot = 0; slot < stores.chances.processes; slot++) this.#start(slot);
    this.#deal();
  }

  /** Processes that take requests. */
  get ready(): Process[] {
    return this.#processes.filter((process) => process?.isReady === true) as Process[];
  }

  /** The process that has a partition, as far as it knows. */
  ownerOf(partition: number): Process | null {
    return this.ready.find((process) => process.shard.owns(partition)) ?? null;
  }

  /**
   * The state of a customer in the memory of every process that has it and has applied all that is. Who has not yet
   * heard that it was overtaken, or that its commit failed, shows usage that is to come: the other may have applied it
   * by now, at another instant.
   */
  live(key: ActorKey, partition: number) {
    const applied = this.#stores.tables.partitions.get(partition)?.nextOffset;
    return this.ready
      .filter(({ shard }) => shard.owns(partition) && shard.appliedTo(partition) === applied)
      .flatMap((process) => process.shard.peek(key) ?? []);
  }

  /** Something happens that nobody asked for. */
  trouble(): void {
    const { scheduler, engines } = this.#stores;
    const { random } = scheduler;
    const what = random.pick(["crash", "crash", "stop", "deal", "deal", "freeze", "away", "skew"]);
    const slot = random.whole(0, this.#processes.length - 1);
    scheduler.trace.note(`${what} ${slot}`);
    switch (what) {
      case "crash":
        return this.#crash(slot);
      case "stop":
        return this.#stop(slot);
      case "deal":
        return this.#deal();
      case "freeze": {
        const process = this.#processes[slot];
        if (process != null) process.owner.frozenUntil = scheduler.trace.step + random.whole(10, 600);
        return;
      }
      case "away": {
        const engine = engines[random.pick(["store", "store", "log", "ledger"])];
        engine.isAway = true;
        this.#after(random.whole(1, 20_000), () => {
          engine.isAway = false;
        });
        return;
      }
      case "skew": {
        const process = this.#processes[slot];
        if (process != null) process.skewMs = random.pick([0, 0, -3_600_000, -5000, 900, 60_000, 7_200_000]);
      }
    }
  }

  /** Time passes in which nothing else happens: hours, or days. */
  pass(): void {
    const { scheduler } = this.#stores;
    const ms = scheduler.random.pick([60_000, 3_600_000, DAY_MS / 2, 2 * DAY_MS, 7 * DAY_MS]);
    scheduler.trace.note(`${ms} ms pass`);
    scheduler.now += ms;
  }

  /** All is well from now on: every engine answers, every clock is right and every partition has its owner. */
  heal(): void {
    for (const engine of Object.values(this.#stores.engines)) engine.isAway = false;
    for (const [slot, process] of this.#processes.entries()) {
      if (process === null) continue;
      process.skewMs = 0;
      process.owner.frozenUntil = 0;
      if (!process.owner.alive) this.#start(slot);
    }
    this.#deal();
  }

  /** Whether every partition has its owner, and only that. */
  get isSettled(): boolean {
    return PARTITIONS.every((partition) => {
      const slot = this.#assigned.get(partition) ?? 0;
      return this.#processes.every(
        (process, at) => process?.isReady === true && process.shard.owns(partition) === (at === slot),
      );
    });
  }

  #start(slot: number): void {
    const process = new Process(`p${slot}.${++this.#born}`, this.#stores, () => this.#fenced(process));
    this.#processes[slot] = process;
    process.start(() => this.#ofSlot(slot));
  }

  #crash(slot: number): void {
    const process = this.#processes[slot];
    if (process == null) return;
    process.owner.alive = false;
    this.#processes[slot] = null;
    this.#onDeath(process);
    this.#after(this.#stores.scheduler.random.whole(1, 3000), () => {
      if (this.#processes[slot] === null) this.#start(slot);
    });
  }

  #stop(slot: number): void {
    const process = this.#processes[slot];
    if (process == null || !process.isReady) return;
    const { scheduler } = this.#stores;
    scheduler.later(process.owner, "stops", () => {
      const ended = () => scheduler.later(this.#world, "stopped", () => this.#end(slot, process));
      process.stop().then(ended, ended);
    });
  }

  #end(slot: number, process: Process): void {
    if (!process.owner.alive) return;
    process.owner.alive = false;
    this.#onDeath(process);
    this.#start(slot);
  }

  /** Deals the partitions out anew; every process hears of it when it hears of it. */
  #deal(): void {
    const { random } = this.#stores.scheduler;
    this.#assigned = new Map(PARTITIONS.map((id) => [id, random.whole(0, this.#processes.length - 1)]));
    for (const slot of this.#processes.keys()) this.#tell(slot);
  }

  #tell(slot: number): void {
    const { scheduler } = this.#stores;
    this.#after(scheduler.random.whole(1, 500), () => {
      const process = this.#processes[slot];
      if (process == null) return;
      scheduler.later(process.owner, "is told what it owns", () => process.own(this.#ofSlot(slot)));
    });
  }

  /** A process that has lost a partition it is to have joins again, and gets it. */
  #fenced(process: Process): void {
    const slot = this.#processes.indexOf(process);
    if (slot >= 0) this.#tell(slot);
  }

  #ofSlot(slot: number): number[] {
    return PARTITIONS.filter((partition) => this.#assigned.get(partition) === slot);
  }

  #after(ms: number, run: () => void): void {
    const { scheduler } = this.#stores;
    scheduler.addTimer(ms, false, run, this.#world);
  }
}
