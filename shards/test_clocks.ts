import type { ClockStore } from "../src/ports/clock_store.ts";
import type { Instant } from "../src/time/instant.ts";

/** The present of every test clock, in memory; the store has it first. */
export class TestClocks {
  readonly #now = new Map<string, Instant>();
  readonly #store: ClockStore;

  constructor(store: ClockStore) {
    this.#store = store;
  }

  /** Reads all clocks: at start, and now and then where other processes move them. */
  async load(): Promise<void> {
    for (const clock of await this.#store.all()) this.set(clock.id, clock.now);
  }

  /** Sees to it that these clocks are known, whichever process made them. Throws DEP_001 where the store is away. */
  async meet(clockIds: Iterable<string>): Promise<void> {
    for (const id of clockIds) if (!this.#now.has(id)) return this.load();
  }

  now(clockId: string): Instant | null {
    return this.#now.get(clockId) ?? null;
  }

  /** Told after a clock was stored or moved. News may come late; a clock never goes back. */
  set(clockId: string, now: Instant): void {
    this.#now.set(clockId, Math.max(now, this.now(clockId) ?? now));
  }
}
