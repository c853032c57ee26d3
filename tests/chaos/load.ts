import type { Random } from "../oracle/random.ts";
import { type Answer, type Client, mayComeAgain } from "./client.ts";
import type { Journal, Sent } from "./journal.ts";

const keptForDuplicates = 3000;
const duplicates = 0.15;
const customersPerBatch = 6;
const waits = 0.1;
const stormClients = 10;
const comeAgainMs = 20;

/** Events on their way: those not acknowledged are sent again until they are. */
interface Batch {
  readonly events: readonly Sent[];
  /** The earliest event by its own time, of those that must not come after their period's end. */
  readonly from: number;
}

/** Whose the next event is, its time, and whether it may come after the end of its period. */
export type Draw = () => { readonly customer: string; readonly at: number; readonly mayBeLate: boolean };

/** Clients that send events, some of them twice, and journal what is acknowledged. */
export class Load {
  readonly #client: Client;
  readonly #journal: Journal;
  readonly #random: Random;
  readonly #draw: Draw;
  readonly #batch: number;
  readonly #recent: Sent[] = [];
  readonly #open = new Set<Batch>();
  #made = 0;
  #running = false;
  #clients: Promise<void>[] = [];
  again = 0;
  storms = 0;
  /** Events whose request is under way at this moment. */
  inFlight = 0;

  constructor(parts: { client: Client; journal: Journal; random: Random; draw: Draw; batch: number }) {
    this.#client = parts.client;
    this.#journal = parts.journal;
    this.#random = parts.random;
    this.#draw = parts.draw;
    this.#batch = parts.batch;
  }

  start(clients: number): void {
    this.#running = true;
    this.#clients = Array.from({ length: clients }, () => this.#run());
  }

  /** Ends once everything that was begun is acknowledged. */
  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#clients);
  }

  /** The same new events from ten clients at once; resolves once they are acknowledged. */
  async storm(): Promise<void> {
    const batch = this.#newBatch();
    await Promise.all(Array.from({ length: stormClients }, () => this.#sendAll(batch)));
    this.#open.delete(batch);
    this.again += batch.events.length * (stormClients - 1);
    this.storms++;
  }

  /** Whether all events before an instant are acknowledged, of those drawn so far. */
  isTakenBefore(at: number): boolean {
    for (const { from } of this.#open) if (from < at) return false;
    return true;
  }

  /** An acknowledged event of late; undefined while there is none. */
  recent(): Sent | undefined {
    return this.#recent.length === 0 ? undefined : this.#random.pick(this.#recent);
  }

  async #run(): Promise<void> {
    while (this.#running) {
      const batch = this.#newBatch();
      await this.#sendAll(batch);
      this.#open.delete(batch);
      await Bun.sleep(this.#random.whole(0, 60));
    }
  }

  async #sendAll({ events }: Batch): Promise<void> {
    for (let left = events; left.length > 0; ) {
      left = await this.#send(left);
      if (left.length > 0) await Bun.sleep(comeAgainMs);
    }
  }

  /** Answers the events that are still not acknowledged. */
  async #send(events: readonly Sent[]): Promise<readonly Sent[]> {
    this.inFlight += events.length;
    const path = this.#random.chance(waits) ? "/usage/events?wait=applied" : "/usage/events";
    const answer = await this.#client.call("POST", path, { events }).finally(() => {
      this.inFlight -= events.length;
    });
    return answer === null ? events : events.filter((event, i) => !this.#isTaken(event, answer, i));
  }

  #isTaken(event: Sent, answer: Answer, i: number): boolean {
    const results = answer.payload?.results as { status: string; code?: string }[] | undefined;
    const { status, code } = results?.[i] ?? {};
    if (status === "accepted" || status === "applied" || status === "duplicate") {
      this.#journal.acknowledge(event);
      this.#recent[this.#random.whole(0, Math.min(this.#recent.length, keptForDuplicates - 1))] = event;
      return true;
    }
    const excused = status === undefined ? mayComeAgain(answer) : code === "DEP_001";
    if (!excused) this.#client.protest(`an event was ${status ?? "refused"} ${code ?? ""}`, answer);
    return false;
  }

  #newBatch(): Batch {
    let from = Number.POSITIVE_INFINITY;
    // Of a few customers each, so that a commit has more than one event.
    const drawn = Array.from({ length: customersPerBatch }, () => this.#draw());
    const events = Array.from({ length: this.#batch }, () => {
      const again = this.#random.chance(duplicates) ? this.recent() : undefined;
      if (again !== undefined) {
        this.again++;
        return again;
      }
      const { customer, at, mayBeLate } = this.#random.pick(drawn);
      if (!mayBeLate) from = Math.min(from, at);
      return this.#newEvent(customer, at);
    });
    const batch = { events, from };
    this.#open.add(batch);
    return batch;
  }

  #newEvent(customer: string, at: number): Sent {
    const i = this.#made++;
    const event: Sent = {
      event_id: `e${i}`,
      event_type: "work",
      customer_id: customer,
      timestamp: new Date(at).toISOString(),
      properties: { n: i % 17 },
    };
    this.#journal.sent(event);
    return event;
  }
}
