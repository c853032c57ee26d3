import { BillingError } from "../src/errors.ts";
import { limits } from "../src/limits.ts";
import { partitionOf } from "../src/partitioning.ts";
import type { ActorKey } from "../src/ports/stored_rows.ts";
import type { Instant } from "../src/time/instant.ts";
import type { Peers } from "./peers/peers.ts";
import { peerPaths } from "./peers/wire_names.ts";
import type { Shard } from "./shard.ts";
import type { TestClocks } from "./test_clocks.ts";

/** Where a test clock stands. */
export interface ClockNews {
  readonly id: string;
  readonly now: Instant;
}

/** What customers of another process are to be woken, and by which clock. */
export interface WakeOrder {
  readonly clock: ClockNews;
  readonly customers: readonly ActorKey[];
}

/** Moves test clocks in every process and wakes customers wherever they are. */
export class Waker {
  readonly #shard: Shard;
  readonly #testClocks: TestClocks;
  readonly #peers: Peers | null;

  constructor(shard: Shard, testClocks: TestClocks, peers: Peers | null) {
    this.#shard = shard;
    this.#testClocks = testClocks;
    this.#peers = peers;
  }

  /** A clock was stored or moved: every process that answers knows when this resolves. */
  async announce(clock: ClockNews): Promise<void> {
    this.#testClocks.set(clock.id, clock.now);
    await this.#peers?.tell(peerPaths.clock, clock);
  }

  /** Wakes customers of a test clock that stands at `now`; resolves once all that is due then has happened. */
  async wake(clock: ClockNews, customers: readonly ActorKey[]): Promise<void> {
    const homes = Map.groupBy(customers, (key) => this.#home(key));
    await Promise.all(
      [...homes].map(([partition, keys]) => this.#wakeAt(partition, { clock, customers: keys })),
    );
  }

  /** As `wake`, by this process. Throws NotOwner where they are another's. */
  async wakeHere({ clock, customers }: WakeOrder): Promise<void> {
    this.#testClocks.set(clock.id, clock.now);
    await Promise.all(customers.map((key) => this.#shard.send(key, { type: "wake" })));
  }

  async #wakeAt(partition: number, order: WakeOrder): Promise<void> {
    const request = {
      path: peerPaths.wake,
      method: "POST",
      body: JSON.stringify(order),
      repeatable: true, // nothing is due twice
    };
    const answer =
      this.#peers === null || this.#shard.owns(partition)
        ? null
        : await this.#peers.ask(partition, request, () => this.#shard.owns(partition));
    if (answer === null) return this.wakeHere(order);
    if (!answer.ok) throw new BillingError("DEP_001", await answer.text(), { retryAfterS: 1 });
  }

  #home({ companyId, customerId }: ActorKey): number {
    return partitionOf(companyId, customerId, limits.partitions);
  }
}
