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
const DUPLICATES_SHARE = 0.15;
const BUSY_WAIT_MS = 20;

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
  /** Batches that no client holds and that are not acknowledged. */
  readonly #left: Sent[][] = [];
  /** Ids sent again after they were acknowledged. */
  duplicates = 0;
  /** Events whose request is under way at this moment: sent, and not answered in any way. */
  inFlight = 0;
  /** Events of requests that broke before any answer came. */
  broken = 0;
  #made = 0;
  #running = false;

  constructor(customers: readonly string[], batch: number, start: number) {
    this.customers = customers;
    this.batch = batch;
    this.#start = start;
  }

  /** Runs the clients against a server until `stop` is called. Throws where the server refuses what it must take. */
  async run(server: Server, clients: number): Promise<void> {
    this.#running = true;
    await Promise.all(Array.from({ length: clients }, () => this.#client(server)));
  }

  stop(): void {
    this.#running = false;
  }

  /** Sends what is unanswered until nothing is. */
  async settle(server: Server): Promise<void> {
    for (let batch = this.#left.pop(); batch !== undefined; batch = this.#left.pop()) {
      while (batch.length > 0) batch = await this.#send(server, batch);
    }
  }

  async #client(server: Server): Promise<void> {
    while (this.#running) {
      let batch = this.#left.pop() ?? this.#newBatch();
      while (batch.length > 0 && this.#running) batch = await this.#send(server, batch);
      if (batch.length > 0) this.#left.push(batch);
    }
  }

  /** Answers the events that are still not acknowledged. */
  async #send(server: Server, batch: Sent[]): Promise<Sent[]> {
    this.inFlight += batch.length;
    const answer = await server
      .call("POST", "/usage/events", { events: batch })
      .catch(() => null) // the connection broke: nobody knows what became of it
      .finally(() => {
        this.inFlight -= batch.length;
      });
    if (answer === null) this.broken += batch.length;
    if (answer === null || answer.status === 503 || answer.status === 429) {
      await Bun.sleep(BUSY_WAIT_MS);
      return batch;
    }
    const results = answer.payload?.results as { status: string; code?: string }[] | undefined;
    return batch.filter((event, i) => {
      const { status, code } = results?.[i] ?? { status: `answered ${answer.status}` };
      if (status === "accepted") this.#acknowledge(event);
      else if (code !== "DEP_001") throw new Error(`${event.event_id} was refused: ${status} ${code ?? ""}`);
      return status !== "accepted";
    });
  }

  #acknowledge(event: Sent): void {
    this.journal.set(event.event_id, event);
    this.#recent[Math.floor(Math.random() * KEPT_FOR_DUPLICATES)] = event;
  }

  #newBatch(): Sent[] {
    return Array.from({ length: this.batch }, () => {
      const again =
        Math.random() < DUPLICATES_SHARE
          ? this.#recent[Math.floor(Math.random() * this.#recent.length)]
          : undefined;
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
