import type { Random } from "../oracle/random.ts";
import type { Client } from "./client.ts";
import type { Load } from "./load.ts";
import { clockStart, dayMs, type World } from "./world.ts";

const pollMs = 20;
/** How far ahead of the clocks events lie. */
const aheadDays = 35;
/** Longer than drafts wait to be issued. */
const graceMs = 2 * 3_600_000;

/** Time for customers on test clocks: months end while processes die. */
export class Months {
  readonly #client: Client;
  readonly #random: Random;
  readonly #world: World;
  #now = clockStart;
  /** No punctual event lies before it. */
  #horizon = clockStart;
  #running: Promise<void> | null = null;
  #stopping = false;
  advances = 0;

  constructor(client: Client, random: Random, world: World) {
    this.#client = client;
    this.#random = random;
    this.#world = world;
  }

  /** A time for an event that comes before its month ends. */
  punctualTime(): number {
    return this.#horizon + Math.floor(this.#random.whole(0, aheadDays * 24 * 60) * 60_000);
  }

  /** A time for an event that may come after its month has ended. */
  anyTime(): number {
    return this.#random.whole(clockStart / 1000, (this.#horizon + aheadDays * dayMs) / 1000) * 1000;
  }

  start(load: Load): void {
    this.#stopping = false;
    this.#running = this.#run(load);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  /** After the last event: ends every month that has any. Answers the months that ended, as `2023-01`. */
  async end(): Promise<string[]> {
    const last = new Date(this.#horizon + (aheadDays + 1) * dayMs);
    const to = Date.UTC(last.getUTCFullYear(), last.getUTCMonth() + 1, 1) + graceMs;
    await this.#advance(to);
    const months: string[] = [];
    for (let at = new Date(clockStart); at.getTime() < to - graceMs; at.setUTCMonth(at.getUTCMonth() + 1))
      months.push(at.toISOString().slice(0, 7));
    return months;
  }

  async #run(load: Load): Promise<void> {
    while (!this.#stopping) {
      const to = this.#now + this.#random.whole(2 * 24, 12 * 24) * 3_600_000;
      this.#horizon = to + 1;
      while (!load.isTakenBefore(this.#horizon)) await Bun.sleep(pollMs);
      await this.#advance(to);
      await Bun.sleep(this.#random.whole(500, 2500));
    }
  }

  async #advance(to: number): Promise<void> {
    await Promise.all(this.#world.clocks.map((id) => this.#advanceOne(id, to)));
    this.#now = to;
    this.advances++;
  }

  /** Until the clock says that it is there: an advance whose answer was lost may have ended, or go on by itself. */
  async #advanceOne(id: string, to: number): Promise<void> {
    for (;;) {
      const { payload } = await this.#client.must("GET", `/admin/test-clocks/${id}`);
      if (Date.parse(String(payload.now)) >= to && payload.target == null) return;
      const answer = await this.#client.call("POST", `/admin/test-clocks/${id}/advance`, {
        to: new Date(to).toISOString(),
      });
      if (answer?.status === 200) return;
      await Bun.sleep(pollMs);
    }
  }
}
