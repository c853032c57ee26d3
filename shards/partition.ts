import type { CustomerState } from "../actors/customer/state.ts";
import { BillingError } from "../src/errors.ts";
import { limits } from "../src/limits.ts";
import type { ActorKey, PartitionCursor } from "../src/ports/stored_rows.ts";
import { activate } from "./activation.ts";
import { Directory, type LiveActor, type Room } from "./directory.ts";
import { Inbox, type QueuedCommand } from "./inbox.ts";
import { type Item, readEvents, type Verdict } from "./items.ts";
import { NotOwner } from "./not_owner.ts";
import { Turn, type TurnDeps } from "./turn.ts";
import type { TurnSlot, TurnSlots } from "./turn_slots.ts";
import { Verdicts } from "./verdicts.ts";

export interface PartitionDeps extends TurnDeps {
  /** Shared by the partitions of a process. */
  readonly slots: TurnSlots;
  /** Told when this process no longer owns the partition. */
  readonly onFenced: (partition: number) => void;
  /** Told about trouble a person should know of, as one line. */
  readonly warn: (line: string) => void;
}

/**
 * One partition: the loop that takes what waits, decides it, commits it in one transaction and only then
 * answers. One batch is in flight at a time, so what an actor shows between batches is committed.
 */
export class Partition {
  readonly id: number;
  readonly directory: Directory;
  readonly inbox = new Inbox();
  #cursor: PartitionCursor;
  readonly #deps: PartitionDeps;
  readonly #verdicts = new Verdicts();
  #wakeUp: (() => void) | null = null;
  #signaled = false;
  readonly #slot: TurnSlot;
  #commandsInFlight = false;
  /** Customers to be made live in idle moments. */
  #cold: ActorKey[] = [];
  #warm = (): void => {};
  /** Turns in a row that failed, and reads of the log in a row. */
  #failures = 0;
  #logFailures = 0;
  #stopping = false;
  #running: Promise<void> | null = null;

  /** @param room how much its live actors may take at present */
  constructor(cursor: PartitionCursor, room: () => Room, deps: PartitionDeps) {
    this.id = cursor.partition;
    this.#cursor = cursor;
    this.directory = new Directory(room);
    this.#deps = deps;
    this.#slot = deps.slots.slot();
  }

  get cursor(): PartitionCursor {
    return this.#cursor;
  }

  start(): void {
    this.#running = this.#loop();
  }

  /** Makes those customers live that are busy of late, in its idle moments. Resolves once they are. */
  async warmUp(): Promise<void> {
    const { store } = this.#deps;
    const cold = await store.busiest(this.id, limits.warmUsageRowsMax, limits.warmActorsPerPartition);
    if (cold.length === 0 || this.#stopping) return;
    const { promise: warm, resolve } = Promise.withResolvers<void>();
    this.#cold = cold;
    this.#warm = resolve;
    this.signal();
    await warm;
  }

  /** Finishes the batch under way, sends what still waits to the next owner and returns. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#slot.hurry();
    this.signal();
    await this.#running;
    this.#end();
  }

  /** Whoever waits for verdicts is told none: the events are durable, and the next owner's to decide. */
  #end(): void {
    this.#stopping = true;
    this.#warm();
    this.inbox.refuseAll(new NotOwner(this.id));
    this.#verdicts.letGo();
  }

  /** Says that something may be waiting: the log grew or a command came. */
  signal(): void {
    this.#signaled = true;
    this.#wakeUp?.();
  }

  send(command: QueuedCommand): void {
    if (this.#stopping) return command.reject(new NotOwner(this.id));
    this.inbox.push(command);
    this.#slot.hurry();
    this.signal();
  }

  /** Keeps verdicts from now on, until the answer is called. */
  watch(): () => void {
    return this.#verdicts.watch();
  }

  /** The verdicts on a record's events once they are committed; none where it was committed unwatched. */
  async applied(offset: number): Promise<Verdict[]> {
    if (this.#stopping || offset < this.#cursor.nextOffset) return this.#verdicts.of(offset);
    this.#slot.hurry();
    return this.#verdicts.committed(offset);
  }

  /**
   * A live actor's state for a look at it that must not wait. Usage in flight is in it already, which only errs on
   * the strict side; a command in flight might be too generous, such as a raised limit, and then there is no look.
   */
  peek(key: ActorKey): CustomerState | undefined {
    return this.#commandsInFlight ? undefined : this.directory.get(key)?.state;
  }

  async #loop(): Promise<void> {
    while (!this.#stopping) {
      this.#signaled = false;
      try {
        const busy = await this.#turnInSlot();
        this.#failures = 0;
        if (busy || (await this.#warmSome())) continue;
      } catch (error) {
        if (this.#failures++ > 0) await Bun.sleep(pauseMs(this.#failures));
        if (!(await this.#recoverFrom(error))) return;
        continue;
      }
      if (!this.#signaled && !this.#stopping) {
        await new Promise<void>((resolve) => {
          this.#wakeUp = resolve;
        });
        this.#wakeUp = null;
      }
    }
  }

  /** Makes live some more of the customers that will be busy; false when all are. */
  async #warmSome(): Promise<boolean> {
    const next = this.#cold.splice(0, limits.warmActorsAtOnce);
    for (const companyId of new Set(next.map((key) => key.companyId)))
      await this.#deps.companies.meet(companyId);
    await activate(next, this.directory, this.#deps);
    if (this.#cold.length > 0) return true;
    this.#warm();
    return false;
  }

  /** A partition somebody waits for does not stand in line. */
  async #turnInSlot(): Promise<boolean> {
    if (this.inbox.length === 0 && !this.#verdicts.areAwaited) await this.#slot.take();
    try {
      return !this.#stopping && (await this.#turn());
    } finally {
      this.#slot.leave();
    }
  }

  /** One batch; false when nothing was waiting. */
  async #turn(): Promise<boolean> {
    const events = await this.#readLog();
    if (events === null) return true;
    const last = events.at(-1);
    const reached =
      last?.kind === "event" ? last.next : { offset: this.#cursor.nextOffset, index: this.#cursor.nextIndex };
    const commands = this.inbox.take(reached.offset, limits.batchCommandsMax);
    const items: Item[] = [...events, ...commands.map((queued) => ({ kind: "command" as const, queued }))];
    if (items.length === 0) return false;
    const turn = new Turn(this.#cursor, this.directory, this.#deps, (cursor, decided) => {
      this.#cursor = cursor;
      for (const [item, verdict] of decided.verdicts) this.#verdicts.tell(item, verdict);
      this.#verdicts.release(cursor.nextOffset);
      for (const [queued, result] of decided.results) {
        if ("error" in result) queued.reject(result.error);
        else queued.resolve(result.payload);
      }
      this.#wakeAgain(decided.batch.touchedActors);
    });
    this.#commandsInFlight = commands.length > 0;
    try {
      await turn.run(items);
    } catch (error) {
      for (const queued of commands) queued.reject(unavailable(error));
      const isAway = error instanceof BillingError && error.code === "DEP_001";
      if (!isAway || commands.some(({ command }) => command.type !== "read")) this.directory.clear();
      throw error;
    } finally {
      this.#commandsInFlight = false;
    }
    this.directory.passivate();
    return true;
  }

  /** What waits in the log. Null where it is away: waiting commands are refused, and after a pause it is asked again. */
  async #readLog(): Promise<Item[] | null> {
    try {
      const events = await readEvents(this.#deps.log, this.#cursor);
      this.#logFailures = 0;
      return events;
    } catch (error) {
      if (!(error instanceof BillingError) || error.code !== "DEP_001") throw error;
      // That it is away the log itself says, once; what else is wrong with it is told here.
      if (error.cause === undefined && this.#logFailures === 0) this.#deps.warn(error.message);
      this.inbox.refuseAll(error);
      this.#slot.leave();
      await Bun.sleep(pauseMs(++this.#logFailures));
      return null;
    }
  }

  /** What is due already, such as the past periods of a backdated subscription, does not wait for the alarm. */
  #wakeAgain(actors: readonly LiveActor[]): void {
    for (const { state, wake } of actors) {
      const due = wake?.nextWake ?? null;
      if (due !== null && due <= this.#deps.nowOf(state)) this.wake(state);
    }
  }

  /** Wakes a customer once everything now in the log before it is applied. */
  wake(key: ActorKey): void {
    const queue = (settleAt: number): void => {
      const command = { type: "wake" } as const;
      this.send({ key, command, settleAt, answer: null, resolve: () => {}, reject: () => {} });
    };
    // Where the log is away, the alarm rings again.
    this.#deps.log.endOffset(this.id).then(queue, () => {});
  }

  /**
   * After a failure: waits for the store and learns what became of the commit. False when the partition is lost. While
   * the store is away, actors that usage alone has changed may be looked at: it is in the log and will count.
   */
  async #recoverFrom(error: unknown): Promise<boolean> {
    this.#deps.warn(`partition ${this.id}: ${error instanceof Error ? error.message : String(error)}`);
    for (let attempt = 0; !this.#stopping; attempt++) {
      try {
        const stored = await this.#deps.store.readCursor(this.id);
        this.directory.clear();
        if (stored.epoch !== this.#cursor.epoch) {
          this.#end();
          this.#deps.onFenced(this.id);
          return false;
        }
        this.#cursor = stored;
        this.#verdicts.release(stored.nextOffset);
        return true;
      } catch (failure) {
        // Nobody is to wait for a store that may stay away: what was asked is refused, what was sent is durable.
        this.inbox.refuseAll(unavailable(failure));
        this.#verdicts.letGo();
        await Bun.sleep(pauseMs(attempt));
      }
    }
    return false;
  }
}

/** How long to wait before trying once more after so many failures. */
function pauseMs(failures: number): number {
  return Math.min(limits.storeRetryMsMax, 50 * 2 ** Math.min(failures, 10));
}

function unavailable(error: unknown): BillingError {
  if (error instanceof BillingError) return error;
  return new BillingError("INT_001", "Internal error");
}
