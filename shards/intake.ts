import { BillingError } from "../src/errors.ts";
import { limits } from "../src/limits.ts";
import type { EventLog, LogEntry } from "../src/ports/event_log.ts";
import type { Verdict } from "./items.ts";
import { NotOwner } from "./not_owner.ts";
import { packEntries } from "./peers/entries.ts";
import type { Peers } from "./peers/peers.ts";
import { peerPaths } from "./peers/wire_names.ts";
import type { Shard } from "./shard.ts";

/** What became of one entry another process took: the verdicts, or why it is not durable. */
export type Taken =
  | { readonly verdicts: readonly Verdict[] }
  /** It belongs to yet another process. */
  | { readonly moved: true }
  | { readonly refused: string };

interface Waiting {
  readonly entry: LogEntry;
  /** When it is given up. */
  readonly until: number;
  readonly resolve: (verdicts: readonly Verdict[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes events durable in the log, wherever their partition is: a shared log takes them from anybody, an embedded one
 * from its owner alone. Who waits for verdicts has to ask the owner, too.
 */
export class Intake {
  readonly #log: EventLog;
  readonly #shard: Shard;
  readonly #peers: Peers | null;
  /** The offset after what this process last appended to a partition. */
  readonly #ends = new Map<number, number>();
  /** What is about to leave for another process, by its address, with and without waiting. */
  readonly #leaving = new Map<string, Waiting[]>();

  constructor(log: EventLog, shard: Shard, peers: Peers | null) {
    this.#log = log;
    this.#shard = shard;
    this.#peers = peers;
  }

  /**
   * Durable when it resolves; each entry fails on its own.
   *
   * @param wait for the verdicts of the commit that applies it
   * @returns the verdicts where they were waited for; none where nobody can tell them any more
   * Throws DEP_001 where the log or the owner is away.
   */
  async take(entry: LogEntry, wait: boolean): Promise<readonly Verdict[]> {
    const { partition } = entry;
    const anybodyMay = !wait && !this.#log.embedded;
    if (anybodyMay || this.#peers === null || this.#shard.owns(partition)) return this.takeHere(entry, wait);
    return this.#handOver(entry, wait, performance.now() + limits.handOverWaitMsMax);
  }

  /** As `take`, by this process. Throws NotOwner where only the owner may. */
  async takeHere(entry: LogEntry, wait: boolean): Promise<readonly Verdict[]> {
    const { partition } = entry;
    if (this.#log.embedded && !this.#shard.owns(partition)) throw new NotOwner(partition);
    this.#refuseWhereBehind(partition);
    // A log may apply a record before it says where it stands: verdicts are watched for from here on.
    const endWatch = wait ? this.#shard.watch([partition]) : null;
    try {
      const [offset = 0] = await this.#log.append([entry]);
      this.#ends.set(partition, Math.max(offset + 1, this.#ends.get(partition) ?? 0));
      return wait ? await this.#verdicts(partition, offset) : [];
    } finally {
      endWatch?.();
    }
  }

  /** What cannot be applied soon is not acknowledged: the sender slows down, and the log does not grow for ever. */
  #refuseWhereBehind(partition: number): void {
    const applied = this.#shard.appliedTo(partition) ?? this.#peers?.appliedTo(partition) ?? null;
    const lag = applied === null ? 0 : (this.#ends.get(partition) ?? 0) - applied;
    if (lag < limits.partitionLagRecordsMax) return;
    throw new BillingError("DEP_001", "Too many events are waiting; try again shortly", { retryAfterS: 1 });
  }

  /** The events are durable: where the partition changes hands, only the verdicts are lost. */
  async #verdicts(partition: number, offset: number): Promise<readonly Verdict[]> {
    try {
      return await this.#shard.applied(partition, offset);
    } catch (error) {
      if (error instanceof NotOwner) return [];
      throw error;
    }
  }

  #handOver(entry: LogEntry, wait: boolean, until: number): Promise<readonly Verdict[]> {
    const name = `${this.#peers?.addressOf(entry.partition)}${wait ? " wait" : ""}`;
    return new Promise((resolve, reject) => {
      const waiting = { entry, until, resolve, reject };
      const group = this.#leaving.get(name);
      if (group !== undefined) {
        group.push(waiting);
        if (group.length >= limits.peerEntriesMax) this.#leaving.delete(name);
        return;
      }
      const opened = [waiting];
      this.#leaving.set(name, opened);
      queueMicrotask(() => {
        if (this.#leaving.get(name) === opened) this.#leaving.delete(name);
        void this.#send(opened, wait);
      });
    });
  }

  /** To the owner of the first, who mostly has the others too. */
  async #send(group: readonly Waiting[], wait: boolean): Promise<void> {
    const partition = group[0]?.entry.partition ?? 0;
    const request = {
      path: `${peerPaths.take}?wait=${wait}`,
      method: "POST",
      body: packEntries(group.map(({ entry }) => entry)),
      repeatable: true, // an event that is there twice counts once
    };
    try {
      const answer = await this.#peers?.ask(partition, request, () => this.#shard.owns(partition));
      const taken = answer == null ? [] : ((await answer.json()) as readonly Taken[]);
      for (const [i, waiting] of group.entries()) this.#settle(waiting, taken[i] ?? { moved: true }, wait);
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  #settle({ entry, until, resolve, reject }: Waiting, taken: Taken, wait: boolean): void {
    if ("verdicts" in taken) return resolve(taken.verdicts);
    if ("refused" in taken || performance.now() > until) {
      const msg = "refused" in taken ? taken.refused : "This customer is changing hands; try again";
      return reject(new BillingError("DEP_001", msg, { retryAfterS: 1 }));
    }
    const here = this.#shard.owns(entry.partition);
    (here ? this.takeHere(entry, wait) : this.#handOver(entry, wait, until)).then(resolve, reject);
  }
}
