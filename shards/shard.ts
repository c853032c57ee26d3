import type { Command } from "../actors/customer/commands.ts";
import type { CustomerState } from "../actors/customer/state.ts";
import { BillingError } from "../src/errors.ts";
import { limits } from "../src/limits.ts";
import { partitionOf } from "../src/partitioning.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { EventLog } from "../src/ports/event_log.ts";
import type { ShardStore } from "../src/ports/shard_store.ts";
import type { ActorKey } from "../src/ports/stored_rows.ts";
import type { Companies } from "./companies.ts";
import type { CustomerRefs } from "./customer_refs.ts";
import type { QueuedCommand } from "./inbox.ts";
import type { Verdict } from "./items.ts";
import type { Ledgers } from "./ledgers.ts";
import { assertStillThere, claimLog } from "./log_claim.ts";
import { Partition } from "./partition.ts";
import { RecentIds } from "./recent_ids.ts";
import { Rerouter } from "./rerouter.ts";
import type { TestClocks } from "./test_clocks.ts";

export interface ShardDeps {
  readonly store: ShardStore;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly companies: Companies;
  readonly ledgers: Ledgers;
  readonly refs: CustomerRefs;
  readonly testClocks: TestClocks;
  readonly onFenced: (partition: number) => void;
  readonly warn: (line: string) => void;
}

/** One process's share of the customers: its partitions and the way to them. */
export class Shard {
  readonly #deps: ShardDeps;
  readonly #partitions: Partition[] = [];
  #unsubscribe: (() => void) | null = null;

  constructor(deps: ShardDeps) {
    this.#deps = deps;
  }

  /**
   * Becomes the owner of all partitions, then applies what waits in the log. Throws DEP_001 with one line where the
   * log is not the one the store goes with.
   */
  async start(): Promise<void> {
    const { store, log, clock, companies, ledgers, refs, testClocks, onFenced, warn } = this.#deps;
    const ids = Array.from({ length: limits.partitions }, (_, id) => id);
    await claimLog(store, log, limits.partitions);
    const cursors = await store.claimPartitions(ids);
    await assertStillThere(log, cursors);
    const recent = new RecentIds(limits.recentIdsPerGeneration);
    const rerouter = new Rerouter(refs, log, testClocks, limits.partitions);
    const clockNow = (clockId: string) => testClocks.now(clockId);
    const nowOf = (state: CustomerState) => this.nowOf(state);
    const deps = { store, log, clock, companies, ledgers, recent, rerouter, clockNow, nowOf, onFenced, warn };
    const liveMax = Math.ceil(limits.liveActorsMax / limits.partitions);
    for (const cursor of cursors.toSorted((a, b) => a.partition - b.partition)) {
      this.#partitions.push(new Partition(cursor, liveMax, deps));
    }
    this.#unsubscribe = log.onAppend((grown) => {
      for (const id of grown) this.#partitions[id]?.signal();
    });
    for (const partition of this.#partitions) partition.start();
  }

  /** Finishes what is under way; everything acknowledged is durable already. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    await Promise.all(this.#partitions.map((partition) => partition.stop()));
  }

  /**
   * Sends a command to a customer and answers from committed state. It is decided after everything the log
   * held when it was sent, so that a caller reads what it wrote and nothing settles before its usage.
   *
   * Throws the refusal as a BillingError; DEP_001 when the store or log is away.
   */
  async send(key: ActorKey, command: Command, answer: QueuedCommand["answer"] = null): Promise<unknown> {
    const partition = this.#partitionOf(key);
    const settleAt = await this.#deps.log.endOffset(partition.id);
    return new Promise((resolve, reject) => {
      const { companyId, customerId } = key;
      partition.send({ key: { companyId, customerId }, command, settleAt, answer, resolve, reject });
    });
  }

  /** A live customer's state as it is this instant, usage in flight included; undefined where it must be asked for. */
  peek(key: ActorKey): CustomerState | undefined {
    return this.#partitionOf(key).peek(key);
  }

  /** Keeps the verdicts on what these partitions commit from now on, for `applied` to find. Returns how to end it. */
  watch(partitions: readonly number[]): () => void {
    const ends = partitions.map((partition) => this.#partition(partition).watch());
    return () => {
      for (const end of ends) end();
    };
  }

  /** The verdicts on a record appended since the partition is watched, once committed. */
  applied(partition: number, offset: number): Promise<Verdict[]> {
    return this.#partition(partition).applied(offset);
  }

  /** Records of the log that are durable and not yet applied, over all partitions. */
  async lag(): Promise<number> {
    const extents = await this.#deps.log.extents();
    const applied = (id: number): number => this.#partitions[id]?.cursor.nextOffset ?? 0;
    return extents.reduce((sum, { end }, id) => sum + end - applied(id), 0);
  }

  /** How many customers are live in memory. */
  get liveActors(): number {
    return this.#partitions.reduce((sum, partition) => sum + partition.directory.size, 0);
  }

  /** A customer's present: its test clock's, or real time; never before what the actor has seen. */
  nowOf(state: CustomerState): number {
    const clockId = state.profile?.test_clock_id;
    return (clockId === undefined ? null : this.#deps.testClocks.now(clockId)) ?? this.#deps.clock.now();
  }

  #partitionOf(key: ActorKey): Partition {
    return this.#partition(partitionOf(key.companyId, key.customerId, limits.partitions));
  }

  #partition(id: number): Partition {
    const partition = this.#partitions[id];
    if (partition === undefined)
      throw new BillingError("DEP_001", "The service is starting", { retryAfterS: 1 });
    return partition;
  }
}
