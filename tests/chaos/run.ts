import { join } from "node:path";
import { arrangeEventLog } from "../../shards/ground.ts";
import { connect } from "../../src/adapters/postgres/pool.ts";
import { readConfig } from "../../src/config.ts";
import { Random } from "../oracle/random.ts";
import { until } from "../services/service.ts";
import { CrashPlan } from "./crash_plan.ts";
import type { Database } from "./database.ts";
import {
  type Broker,
  type Counts,
  type Fault,
  killBroker,
  killDatabase,
  killOne,
  leave,
  type Scene,
  stall,
  storm,
  zombie,
} from "./faults.ts";
import type { Fleet } from "./fleet.ts";
import type { Journal } from "./journal.ts";
import { Kept } from "./kept.ts";
import type { Load } from "./load.ts";
import type { Options } from "./options.ts";
import { Supervised } from "./supervised.ts";

const faultsPerRound = 24;
/** Each takes seconds, in which nothing can be acknowledged. */
const brokerKillsMax = 6;
const crashRoundMsMax = 40_000;
const progressMsMax = 180_000;

/** What a run has, whatever happens. */
export interface Stage {
  readonly options: Options;
  readonly database: Database;
  /** A database that keeps the ledger outside of the store; null where the store does. */
  readonly ledgerUrl: string | null;
  /** Null where the processes keep the log themselves. */
  readonly broker: Broker | null;
  /** Variables of the processes. */
  readonly env: Readonly<Record<string, string>>;
  /** A file for what they say. */
  readonly log: number;
  readonly tell: (line: string) => void;
}

/** Rounds of faults until there were as many of each as was asked for. */
export class Run {
  readonly counts: Counts = {
    kills: 0,
    wholeSets: 0,
    databases: 0,
    brokers: 0,
    rebalances: 0,
    zombies: 0,
    stalls: 0,
  };
  readonly plan: CrashPlan;
  readonly #stage: Stage;
  readonly #random: Random;
  #fleet: Fleet;
  #round = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#random = new Random(stage.options.seed, 1);
    this.plan = new CrashPlan(
      new Random(stage.options.seed, 2),
      stage.options.crashes,
      stage.ledgerUrl !== null,
    );
    this.#fleet = this.#fleetOf(stage.options.shards, false);
  }

  /** The calm before: processes that serve and are left alone. */
  async start(): Promise<void> {
    const { options, env } = this.#stage;
    await arrangeEventLog(readConfig(env), options.shards, () => {});
    await this.#fleet.start();
  }

  /** Faults, under load. Ends with processes that serve and are left alone. */
  async storm(load: Load, journal: Journal): Promise<void> {
    while (!this.#isDone) {
      this.#round++;
      if (this.plan.isOn) await this.#crashRound(load, journal);
      else await this.#faultRound(load, journal);
      await this.#next(journal);
    }
  }

  stop(): Promise<void> {
    return this.#fleet.stop();
  }

  /** Leaves nothing running, whatever is wrong. */
  kill(): Promise<void> {
    this.plan.isOn = false;
    return this.#fleet.kill();
  }

  async #faultRound(load: Load, journal: Journal): Promise<void> {
    for (let i = 0; i < faultsPerRound && !this.#areFaultsDone; i++) {
      await Bun.sleep(this.#random.whole(20, 400));
      // Every other fault may fall into the recovery from the last.
      if (this.#random.chance(0.5)) await this.#progress(journal);
      await this.#do(this.#pick(), load);
    }
  }

  /** All processes crash again and again, each at a point of its own. */
  async #crashRound(load: Load, journal: Journal): Promise<void> {
    const before = this.plan.total;
    for (const end = performance.now() + crashRoundMsMax; performance.now() < end && !this.plan.isDone; ) {
      await Bun.sleep(this.#random.whole(500, 2500));
      if (this.#random.chance(0.3)) await this.#do(this.#random.pick([storm, killDatabase]), load);
    }
    this.plan.isOn = false;
    this.#say(`${this.plan.total - before} crashes at named points`);
    await this.#progress(journal);
  }

  #pick(): Fault {
    const { kills, rebalances, zombies } = this.#stage.options;
    const { counts } = this;
    const often = (fault: Fault, times: number, isWanted: boolean) =>
      isWanted ? Array<Fault>(times).fill(fault) : [];
    const canHaunt = this.#fleet.haunt !== undefined && this.#stage.broker !== null;
    return this.#random.pick([
      ...often(killOne, 7, counts.kills < kills),
      ...often(leave, 4, counts.rebalances < rebalances),
      ...often(zombie, 4, canHaunt && counts.zombies < zombies),
      ...often(killBroker, 1, this.#stage.broker?.isOurs === true && counts.brokers < brokerKillsMax),
      killDatabase,
      stall,
      storm,
    ]);
  }

  async #do(fault: Fault, load: Load): Promise<void> {
    const { database, broker } = this.#stage;
    const scene: Scene = {
      fleet: this.#fleet,
      database,
      broker,
      random: this.#random,
      load,
      counts: this.counts,
    };
    const from = performance.now();
    const what = await fault(scene);
    this.#say(`${what}; over after ${Math.round(performance.now() - from)} ms`);
  }

  /** Ends all processes, in order or not, and starts as many or others. */
  async #next(journal: Journal): Promise<void> {
    const { options, env } = this.#stage;
    const { size } = this.#fleet;
    const how = await this.#endAll();
    const next = this.#isDone ? options.shards : Math.max(2, options.shards + this.#random.whole(-1, 1));
    const crashes = !this.plan.isDone && (this.#areFaultsDone || this.#round % 2 === 1);
    if (next !== size) this.counts.rebalances++;
    await arrangeEventLog(readConfig(env), next, () => {});
    this.#fleet = this.#fleetOf(next, crashes);
    this.plan.isOn = crashes;
    await this.#fleet.start();
    this.#say(`${how}; ${size} processes, now ${next}`);
    await this.#progress(journal);
  }

  #fleetOf(size: number, crashes: boolean): Fleet {
    const { broker, ledgerUrl } = this.#stage;
    return crashes || broker !== null || ledgerUrl !== null ? this.#kept(size) : this.#supervised(size);
  }

  async #endAll(): Promise<string> {
    const { database } = this.#stage;
    this.plan.isOn = false;
    if (this.#random.chance(0.4)) {
      await this.#fleet.stop();
      return "all stop";
    }
    this.counts.kills++;
    this.counts.wholeSets++;
    if (this.#random.chance(0.5)) {
      await this.#fleet.kill();
      return "kill -9 of all";
    }
    this.counts.databases++;
    await database.kill();
    await this.#fleet.kill();
    await database.start();
    return "kill -9 of all and of the database";
  }

  #supervised(size: number): Supervised {
    const { env, log, database } = this.#stage;
    return new Supervised(size, { env, log }, async (partition) => {
      const sql = connect(database.url, { role: null, connections: 1 });
      try {
        const [row] = await sql<{ epoch: string }[]>`select epoch from partitions where id = ${partition}`;
        return Number(row?.epoch ?? 0);
      } finally {
        await sql.end({ timeout: 0 });
      }
    });
  }

  #kept(size: number): Kept {
    const { env, log, ledgerUrl } = this.#stage;
    const which = (index: number) => [`${index}`, env.BILLAI_PORT ?? ""];
    return new Kept("each on its own", size, {
      place: (index) => ({
        ...(ledgerUrl === null
          ? { args: ["shard", ...which(index)] }
          : { file: join(import.meta.dir, "shard_program.ts"), args: [...which(index), ledgerUrl] }),
        env: { ...env, BILLAI_SHARDS: `${size}` },
      }),
      log,
      nextCrash: (index) => this.plan.next(index),
      crashed: (point) => this.plan.hit(point),
    });
  }

  /** Something is acknowledged that was not before: they serve. */
  async #progress(journal: Journal): Promise<void> {
    const { size } = journal;
    await until("an acknowledged event", progressMsMax, async () => journal.size > size);
  }

  get #areFaultsDone(): boolean {
    const { kills, rebalances, zombies } = this.#stage.options;
    const { counts } = this;
    const areZombiesDone = this.#stage.broker === null || counts.zombies >= zombies;
    return counts.kills >= kills && counts.rebalances >= rebalances && areZombiesDone;
  }

  get #isDone(): boolean {
    return this.#areFaultsDone && this.plan.isDone;
  }

  #say(line: string): void {
    this.#stage.tell(`round ${this.#round}, ${this.#fleet.size} ${this.#fleet.name}: ${line}`);
  }
}
