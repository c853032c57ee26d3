import type { Server } from "./server.ts";

/** An event as sent; ids are unique over the run. */
interface Sent {
  readonly event_id: string;
  readonly event_type: "work";
  readonly customer_id: string;
  readonly timestamp: string;
  readonly properties: { readonly n: number };
}

const DAY_MS = 86_400_000;
const KEPT_FOR_DUPLICATES = 5000;

/**
 * Clients that never tire: new ids, ids sent before, times in any order. Everything acknowledged goes into the
 * journal; what a crash left unanswered is sent again until it is acknowledged.
 */
export class Load {
  readonly customers: readonly string[];
  readonly batch: number;
  readonly #start: number;
  /** Acknowledged events by id: each must count, once. */
  readonly journal = new Map<string, Sent>();
  readonly #recent: Sent[] = [];
  readonly #unanswered = new Set<Sent[]>();
  duplicates = 0;
  #made = 0;
  #running = false;

  constructor(customers: readonly string[], batch: number, start: number) {
    this.customers = customers;
    this.batch = batch;
    this.#start = start;
  }

  /** Events sent and not answered. */
  get inFlight(): number {
    let count = 0;
    for (const batch of this.#unanswered) count += batch.length;
    return count;
  }

  /** Runs the clients against a server until it dies or `stop` is called. */
  async run(server: Server, clients: number): Promise<void> {
    this.#running = true;
    const waiting = [...this.#unanswered];
    await Promise.all(
      Array.from({ length: clients }, async () => {
        while (this.#running) {
          const batch = waiting.pop() ?? this.#newBatch();
          if (!(await this.#send(server, batch))) return;
        }
      }),
    );
  }

  stop(): void {
    this.#running = false;
  }

  /** Sends what is unanswered until nothing is. */
  async settle(server: Server): Promise<void> {
    for (const batch of [...this.#unanswered]) {
      while (!(await this.#send(server, batch))) await Bun.sleep(50);
    }
  }

  async #send(server: Server, batch: Sent[]): Promise<boolean> {
    this.#unanswered.add(batch);
    try {
      const { status, payload } = await server.call("POST", "/usage/events", { events: batch });
      if (status !== 202 || payload.rejected !== 0) return false;
    } catch {
      return false; // the connection broke: nobody knows what became of it
    }
    this.#unanswered.delete(batch);
    for (const event of batch) {
      this.journal.set(event.event_id, event);
      this.#recent[Math.floor(Math.random() * KEPT_FOR_DUPLICATES)] = event;
    }
    return true;
  }

  #newBatch(): Sent[] {
    return Array.from({ length: this.batch }, () => {
      const again =
        Math.random() < 0.15 ? this.#recent[Math.floor(Math.random() * this.#recent.length)] : undefined;
      if (again === undefined) return this.#newEvent();
      this.duplicates++;
      return again;
    });
  }

  #newEvent(): Sent {
    const i = this.#made++;
    return {
      event_id: `e${i}`,
      event_type: "work",
      customer_id: this.customers[Math.floor(Math.random() * this.customers.length)] ?? "",
      timestamp: new Date(this.#start + Math.floor(Math.random() * DAY_MS)).toISOString(),
      properties: { n: i % 17 },
    };
  }
}
