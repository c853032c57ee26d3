import { limits } from "../src/limits.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { ShardStore } from "../src/ports/shard_store.ts";
import type { Shard } from "./shard.ts";

/**
 * Wakes customers on real time. The due rows are an index of what the actors themselves would say, read in time
 * order and a bounded number at once: a hundred thousand period ends at one midnight pass round by round.
 */
export class Alarms {
  readonly #store: ShardStore;
  readonly #clock: Clock;
  readonly #shard: Shard;
  #timer: ReturnType<typeof setInterval> | null = null;
  #round: Promise<void> | null = null;

  constructor(store: ShardStore, clock: Clock, shard: Shard) {
    this.#store = store;
    this.#clock = clock;
    this.#shard = shard;
  }

  start(): void {
    this.#timer = setInterval(() => void this.ring(), limits.alarmEveryMs);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#round;
  }

  /** Wakes all that is due now; a ring while one is under way joins it. */
  ring(): Promise<void> {
    this.#round ??= this.#ringAll()
      .catch(() => {}) // the store is away: the next ring tries again
      .finally(() => {
        this.#round = null;
      });
    return this.#round;
  }

  async #ringAll(): Promise<void> {
    for (;;) {
      const due = await this.#store.dueWakes(
        null,
        this.#clock.now(),
        limits.wakesPerRound,
        this.#shard.owned,
      );
      if (due.length === 0) return;
      await Promise.all(due.map((wake) => this.#shard.send(wake, { type: "wake" })));
    }
  }
}
