import { limits } from "../../src/limits.ts";
import { Random } from "../oracle/random.ts";
import { Breach, must } from "./breach.ts";
import { type Chances, drawChances, faultless, underLimits } from "./chances.ts";
import { Clients } from "./clients.ts";
import { Cluster } from "./cluster.ts";
import type { Fault } from "./faults.ts";
import { Reckoning } from "./reckoning.ts";
import { drawPeople } from "./scene.ts";
import { Owner, Scheduler } from "./scheduler.ts";
import { StepAuditor } from "./step_auditor.ts";
import { Stores } from "./stores.ts";
import { Trace } from "./trace.ts";
import { inVirtualTime } from "./virtual_time.ts";

const LOOK_EVERY = 500;
/** Steps it may take until all is quiet once nothing fails any more. */
const SETTLE_STEPS_MAX = 200_000;

export interface Result {
  readonly seed: number;
  readonly steps: number;
  readonly commits: number;
  /** Equal for two runs that were the same. */
  readonly hash: string;
  /** Null where all was as it must be. */
  readonly breach: string | null;
  /** The step it was found in, and the last ones before. */
  readonly foundAt: number;
  readonly last: readonly string[];
}

/**
 * One life of an installation, drawn from a seed: so many steps of trouble, then peace, then the reckoning.
 *
 * @param fault a mistake to find; none in a sound build
 */
export function simulate(seed: number, steps: number, fault?: Fault): Result {
  const trace = new Trace();
  const random = new Random(seed);
  const chances = drawChances(random);
  const scheduler = new Scheduler(random, trace, new Owner("nobody"));
  let auditor: StepAuditor | null = null;
  let breach: string | null = null;
  try {
    underLimits(chances.limits, () =>
      inVirtualTime(scheduler, () => {
        const life = new Life(scheduler, chances, fault);
        ({ auditor } = life);
        life.live(steps);
        life.settle();
      }),
    );
  } catch (error) {
    breach = error instanceof Breach ? error.message : String(error instanceof Error ? error.stack : error);
  }
  const commits = (auditor as StepAuditor | null)?.commits ?? 0;
  return {
    seed,
    steps: trace.step,
    commits,
    hash: trace.hash,
    breach,
    foundAt: trace.step,
    last: trace.last(60),
  };
}

class Life {
  readonly auditor: StepAuditor;
  readonly #scheduler: Scheduler;
  readonly #chances: Chances;
  readonly #stores: Stores;
  readonly #cluster: Cluster;
  readonly #clients: Clients;
  readonly #reckoning: Reckoning;
  readonly #people;

  constructor(scheduler: Scheduler, chances: Chances, fault: Fault | undefined) {
    this.#scheduler = scheduler;
    this.#chances = chances;
    this.#people = drawPeople(scheduler.random, chances);
    scheduler.heldBack = chances.heldBack;
    this.#stores = new Stores(scheduler, chances, fault);
    this.auditor = new StepAuditor(this.#stores.tables);
    this.#stores.onCommit = (batch, rows) => {
      const { partition, epoch, commitSeq } = batch.cursor;
      scheduler.trace.note(
        `commit ${partition} ${epoch} ${commitSeq} ${batch.nextOffset} ${rows.facts.length}`,
      );
      this.auditor.committed(batch, rows);
    };
    for (const { companyId: company_id, clockId: id } of this.#people)
      if (id !== null) {
        const now = this.#stores.rightTime;
        this.#stores.clocks.set(id, { id, company_id, name: id, now, target: null, created_at: now });
      }
    this.#cluster = new Cluster(this.#stores, (process) => this.#clients.died(process));
    this.#clients = new Clients(this.#stores, this.#cluster, this.#people);
    this.#reckoning = new Reckoning(this.#stores, this.#cluster, this.#clients.journal, this.#people);
  }

  /** Trouble. */
  live(steps: number): void {
    const { random, trace } = this.#scheduler;
    const { acts, trouble, passing } = this.#chances;
    while (trace.step < steps) {
      const { isIdle } = this.#scheduler;
      if (random.chance(isIdle ? 0.5 : acts) && this.#clients.canAct) this.#clients.act();
      else if (random.chance(trouble)) this.#cluster.trouble();
      else if (random.chance(passing)) this.#cluster.pass();
      this.#step();
      if (trace.step % LOOK_EVERY === 0) this.#reckoning.look();
    }
  }

  /** Peace: whatever was asked is asked until it is answered, and everything that was sent is applied. */
  settle(): void {
    const { trace } = this.#scheduler;
    const { store, log, ledger } = this.#stores.engines;
    for (const engine of [store, log, ledger]) engine.rates = faultless;
    this.#scheduler.heldBack = 0;
    Object.assign(limits, { partitionLagRecordsMax: 100_000, inboxCommandsMax: 10_000 });
    this.#cluster.heal();
    const until = trace.step + SETTLE_STEPS_MAX;
    const wait = (isOver: () => boolean, what: string): void => {
      while (!isOver()) {
        must(trace.step < until, () => `never comes to rest: ${what}`);
        if (this.#clients.canAct && this.#cluster.isSettled) this.#clients.askAgain();
        this.#step();
      }
    };
    wait(() => this.#cluster.isSettled && this.#clients.isIdle, "a request is not answered");
    // Twice: an owner that had been replaced finds out by the first.
    for (let round = 0; round < 2; round++) {
      for (const person of this.#people) this.#clients.read(person);
      wait(() => this.#cluster.isSettled && this.#clients.isIdle, "a read is not answered");
    }
    for (const person of this.#people) this.#clients.endAdvance(person);
    wait(
      () => this.#clients.isIdle && this.#stores.isApplied,
      "the log is not applied, or somebody not woken",
    );
    this.#reckoning.close();
    this.#clients.checkKeys();
  }

  #step(): void {
    this.#scheduler.step();
    if (this.#stores.failure !== null) throw this.#stores.failure;
  }
}
