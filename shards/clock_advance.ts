import { BillingError } from "../src/errors.ts";
import { limits } from "../src/limits.ts";
import type { ClockStore } from "../src/ports/clock_store.ts";
import type { ShardStore } from "../src/ports/shard_store.ts";
import type { Instant } from "../src/time/instant.ts";
import type { TestClocks } from "./test_clocks.ts";
import type { Waker } from "./waker.ts";

/**
 * Advances a test clock: to the earliest due instant of any customer on it, waking all due then, and again
 * until nothing is due by `to`. The target is stored before anything moves, so an advance cut short is taken
 * up at the next start and ends the same.
 */
export class ClockAdvance {
  readonly #clocks: ClockStore;
  readonly #store: ShardStore;
  readonly #present: TestClocks;
  readonly #waker: Waker;
  readonly #underWay = new Map<string, { to: Instant; done: Promise<void> }>();

  constructor(clocks: ClockStore, store: ShardStore, present: TestClocks, waker: Waker) {
    this.#clocks = clocks;
    this.#store = store;
    this.#present = present;
    this.#waker = waker;
  }

  /** Answers when everything due by `to` has happened. Refuses RES_002 while the clock advances elsewhere. */
  async advance(companyId: string, clockId: string, to: Instant): Promise<void> {
    const running = this.#underWay.get(clockId);
    if (running !== undefined && running.to !== to) {
      throw new BillingError("RES_002", "The clock is being advanced to another instant");
    }
    if (running !== undefined) return running.done;
    const done = this.#begin(companyId, clockId, to).finally(() => this.#underWay.delete(clockId));
    this.#underWay.set(clockId, { to, done });
    return done;
  }

  /** Takes up what a crash cut short. */
  async resume(): Promise<void> {
    const unfinished = (await this.#clocks.all()).filter((clock) => clock.target !== null);
    await Promise.all(
      unfinished.map((clock) => this.advance(clock.company_id, clock.id, clock.target ?? clock.now)),
    );
  }

  async #begin(companyId: string, clockId: string, to: Instant): Promise<void> {
    await this.#clocks.beginAdvance(companyId, clockId, to);
    for (;;) {
      const due = await this.#store.dueWakes(clockId, to, limits.wakesPerRound);
      const first = due[0];
      if (first === undefined) break;
      const now = this.#present.now(clockId) ?? first.at;
      if (first.at > now) await this.#move(companyId, clockId, first.at);
      const together = due.filter((wake) => wake.at <= Math.max(first.at, now));
      await this.#waker.wake({ id: clockId, now: Math.max(first.at, now) }, together);
    }
    await this.#clocks.finish(companyId, clockId, to);
    await this.#waker.announce({ id: clockId, now: to });
  }

  async #move(companyId: string, clockId: string, to: Instant): Promise<void> {
    await this.#clocks.step(companyId, clockId, to);
    await this.#waker.announce({ id: clockId, now: to });
  }
}
