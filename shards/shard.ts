import type { Command } from "../actors/customer/commands.ts";
import type { CustomerState } from "../actors/customer/state.ts";
import { limits } from "../src/limits.ts";
import { partitionOf } from "../src/partitioning.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { EventLog, LogEntry } from "../src/ports/event_log.ts";
import type { ShardStore } from "../src/ports/shard_store.ts";
import type { ActorKey } from "../src/ports/stored_rows.ts";
import type { Companies } from "./companies.ts";
import type { CustomerRefs } from "./customer_refs.ts";
import type { Room } from "./directory.ts";
import type { QueuedCommand } from "./inbox.ts";
import type { Verdict } from "./items.ts";
import type { Ledgers } from "./ledgers.ts";
import { assertStillThere, claimLog } from "./log_claim.ts";
import { NotOwner } from "./not_owner.ts";
import { Partition, type PartitionDeps } from "./partition.ts";
import { RecentIds } from "./recent_ids.ts";
import { Rerouter } from "./rerouter.ts";
import type { TestClocks } from "./test_clocks.ts";
import { TurnSlots } from "./turn_slots.ts";

export interface ShardDeps {
  readonly store: ShardStore;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly companies: Companies;
  readonly ledgers: Ledgers;
  readonly refs: CustomerRefs;
  readonly testClocks: TestClocks;
  /** Appends what belongs to a partition that may be another process's. */
  readonly append: (entries: readonly LogEntry[]) => Promise<void>;
  /** Told of a partition another process has taken; it is gone from here already. */
  readonly onFenced: (partition: number) => void;
  readonly warn: (line: string) => void;
}

/** One process's share of the customers: its partitions and the way to them. */
export class Shard {
  readonly #deps: ShardDeps;
  readonly #partitionDeps: PartitionDeps;
  readonly #partitions = new Map<number, Partition>();
  /** Whether nobody else can have been given what is owned here: a process that was stopped cannot know. */
  #isCurrent = (): boolean => true;
  #unsubscribe: (() => void) | null = null;

  constructor(deps: ShardDeps) {
    this.#deps = deps;
    const { testClocks, refs, append, onFenced } = deps;
    this.#partitionDeps = {
      ...deps,
      slots: new TurnSlots(limits.turnsAtOnce),
      recent: new RecentIds(limits.recentIdsPerGeneration),
      rerouter: new Rerouter(refs, append, testClocks, limits.partitions),
      nowOf: (state: CustomerState) => this.nowOf(state),
      onFenced: (partition) => {
        this.#partitions.delete(partition);
        onFenced(partition);
      },
    };
  }

  /**
   * Ties store and log together; nothing is owned yet. Throws DEP_001 with one line where the log is not the one the
   * store goes with.
   * @param isCurrent see `Membership.isCurrent`
   */
  async start(isCurrent: () => boolean = () => true): Promise<void> {
    const { store, log } = this.#deps;
    this.#isCurrent = isCurrent;
    await claimLog(store, log, limits.partitions);
    this.#unsubscribe = log.onAppend((grown) => {
      for (const id of grown) this.#partitions.get(id)?.signal();
    });
  }

  /**
   * From now on owns these partitions and no others: those it loses finish the batch under way, those it gains are
   * claimed and go on where they were. To be awaited before the next call.
   * @param address where other processes reach this one
   */
  async own(partitions: readonly number[], address: string | null = null): Promise<void> {
    const { store, log, testClocks } = this.#deps;
    const lost = [...this.#partitions.values()].filter(({ id }) => !partitions.includes(id));
    for (const { id } of lost) this.#partitions.delete(id);
    await Promise.all(lost.map((partition) => partition.stop()));
    const gained = partitions.filter((id) => !this.#partitions.has(id));
    if (gained.length === 0) return;
    const cursors = await store.claimPartitions(gained, address);
    await assertStillThere(log, cursors);
    await testClocks.load(); // from the claim on this process is told of every move; here are those before
    const room = () => this.#roomPerPartition();
    const opened = cursors.map((cursor) => new Partition(cursor, room, this.#partitionDeps));
    for (const partition of opened) {
      this.#partitions.set(partition.id, partition);
      partition.start();
    }
    void warmUp(opened);
  }

  /** The next record of a partition to apply; null where it is not here. */
  appliedTo(partition: number): number | null {
    return this.#partitions.get(partition)?.cursor.nextOffset ?? null;
  }

  /** Whether a partition is this process's at present. */
  owns(partition: number): boolean {
    return this.#partitions.has(partition);
  }

  /** Whether it falls to this process to do what one of an installation has to. */
  get leads(): boolean {
    return this.#isCurrent() && this.owns(0);
  }

  /** The partitions this process has. */
  get owned(): number[] {
    return [...this.#partitions.keys()];
  }

  /** Finishes what is under way; everything acknowledged is durable already. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    await this.own([]);
  }

  /**
   * Sends a command to a customer and answers from committed state. It is decided after everything the log
   * held when it was sent, so that a caller reads what it wrote and nothing settles before its usage.
   *
   * Throws the refusal as a BillingError; DEP_001 when the store or log is away; NotOwner for another's customer.
   */
  async send(key: ActorKey, command: Command, answer: QueuedCommand["answer"] = null): Promise<unknown> {
    const partition = this.#partitionOf(key);
    const settleAt = await this.#deps.log.endOffset(partition.id);
    return new Promise((resolve, reject) => {
      const { companyId, customerId } = key;
      partition.send({ key: { companyId, customerId }, command, settleAt, answer, resolve, reject });
    });
  }

  /** A live customer's state as it is this instant, usage in flight included; undefined where it must be asked for. NotOwner as `send`. */
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

  /** Records of the log that are durable and not yet applied, over the partitions owned. */
  async lag(): Promise<number> {
    const extents = await this.#deps.log.extents();
    const lagOf = ({ id, cursor }: Partition) => (extents[id]?.end ?? 0) - cursor.nextOffset;
    return [...this.#partitions.values()].reduce((sum, partition) => sum + lagOf(partition), 0);
  }

  /** How many customers are live in memory. */
  get liveActors(): number {
    return [...this.#partitions.values()].reduce((sum, { directory }) => sum + directory.size, 0);
  }

  /** A customer's present: its test clock's, or real time; never before what the actor has seen. */
  nowOf(state: CustomerState): number {
    const clockId = state.profile?.test_clock_id;
    return (clockId === undefined ? null : this.#deps.testClocks.now(clockId)) ?? this.#deps.clock.now();
  }

  #roomPerPartition(): Room {
    const share = Math.max(1, this.#partitions.size);
    return { actors: Math.ceil(limits.liveActorsMax / share), bytes: limits.liveActorBytesMax / share };
  }

  #partitionOf(key: ActorKey): Partition {
    return this.#partition(partitionOf(key.companyId, key.customerId, limits.partitions));
  }

  #partition(id: number): Partition {
    const partition = this.#isCurrent() ? this.#partitions.get(id) : undefined;
    if (partition === undefined) throw new NotOwner(id);
    return partition;
  }
}

/** One after the other: what is done in idle moments must not crowd the store. */
async function warmUp(partitions: readonly Partition[]): Promise<void> {
  await Bun.sleep(limits.warmAfterMs);
  // What fails here fails in the partition's next turn, too, and is told there.
  for (const partition of partitions) await partition.warmUp().catch(() => {});
}
