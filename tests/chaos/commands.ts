import type { Random } from "../oracle/random.ts";
import type { Answer, Client } from "./client.ts";
import type { Journal, Sent } from "./journal.ts";
import type { Load } from "./load.ts";
import { subscriptionOf, type World } from "./world.ts";

const workers = 3;
const firstLimit = "1000000.00";
const replays = 0.3;

/** What commands have asked for and were told is done: as it must be found in the end. */
export interface Done {
  /** Credit given, in cents, by customer. */
  readonly grants: Map<string, number[]>;
  /** The last spend limit, by customer. */
  readonly limits: Map<string, { id: string; amount: string }>;
  /** Subscriptions beside the first, by external id. */
  readonly sides: Map<string, { customer: string; status: string }>;
  commands: number;
  reads: number;
  replays: number;
}

/** Clients that send commands, each again until it is answered, and look whether answers are right meanwhile. */
export class Commands {
  readonly done: Done = {
    grants: new Map(),
    limits: new Map(),
    sides: new Map(),
    commands: 0,
    reads: 0,
    replays: 0,
  };
  readonly #client: Client;
  readonly #random: Random;
  readonly #world: World;
  readonly #journal: Journal;
  readonly #load: Load;
  #keys = 0;
  #stopping = false;
  #running: Promise<void>[] = [];

  constructor(parts: { client: Client; random: Random; world: World; journal: Journal; load: Load }) {
    this.#client = parts.client;
    this.#random = parts.random;
    this.#world = parts.world;
    this.#journal = parts.journal;
    this.#load = parts.load;
  }

  start(): void {
    this.#stopping = false;
    this.#running = Array.from({ length: workers }, (_, worker) => this.#run(worker));
  }

  /** Ends once what was begun is answered. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
  }

  async #run(worker: number): Promise<void> {
    // Each worker has customers of its own, so that what it asks of one happens in order.
    const own = (names: readonly string[]) => names.filter((_, i) => i % workers === worker);
    const [real, punctual] = [own(this.#world.real), own(this.#world.punctual)];
    while (!this.#stopping) {
      switch (this.#random.pick(["void", "limit", "grant", "side", "read", "read", "read"])) {
        case "void":
          await this.#void(real);
          break;
        case "limit":
          await this.#limit(this.#random.pick(real));
          break;
        case "grant":
          await this.#grant(this.#random.pick(punctual));
          break;
        case "side":
          await this.#side(this.#random.pick(real));
          break;
        case "read":
          await this.#read(this.#random.pick(this.#world.real));
      }
      await Bun.sleep(this.#random.whole(20, 120));
    }
  }

  async #void(own: readonly string[]): Promise<void> {
    const candidates = Array.from({ length: 30 }, () => this.#load.recent());
    const event = candidates.find(
      (each) => each !== undefined && own.includes(each.customer_id) && mayBeVoided(each),
    );
    if (event === undefined || this.#journal.isVoided(event)) return;
    this.#journal.voidedOf.add(event.customer_id);
    const { event_id, customer_id } = event;
    const answer = await this.#command("POST", `/usage/events/${event_id}/void`, { customer_id });
    if (answer.status === 200) this.#journal.voided(event);
    else this.#client.protest("a void", answer);
  }

  async #limit(customer: string): Promise<void> {
    const { limits } = this.done;
    const known = limits.get(customer);
    if (known === undefined) {
      const limit = { customer_id: customer, monthly_limit: firstLimit, action_on_exceed: "notify" };
      const answer = await this.#command("POST", "/spend-control/limits", limit);
      if (answer.status === 201) limits.set(customer, { id: String(answer.payload.id), amount: firstLimit });
      else this.#client.protest("a limit", answer);
      return;
    }
    const amount = `${this.#random.whole(1_000_000, 9_999_999)}.00`;
    const answer = await this.#command("PATCH", `/spend-control/limits/${known.id}`, {
      monthly_limit: amount,
    });
    if (answer.status === 200) limits.set(customer, { ...known, amount });
    else this.#client.protest("a limit's change", answer);
  }

  async #grant(customer: string): Promise<void> {
    const cents = this.#random.whole(1, 500);
    const amount = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
    const grant = { customer_id: customer, amount, currency: "USD", kind: "promotional" };
    const answer = await this.#command("POST", "/credits/grants", grant);
    if (answer.status !== 201) return this.#client.protest("a grant", answer);
    const { grants } = this.done;
    grants.set(customer, [...(grants.get(customer) ?? []), cents]);
  }

  /** Starts a subscription beside the first one, or does the next thing to it. */
  async #side(customer: string): Promise<void> {
    const external_id = `side-${customer}`;
    const { sides } = this.done;
    const status = sides.get(external_id)?.status;
    const step =
      status === undefined
        ? null
        : status === "paused"
          ? ({ path: "resume", body: {}, to: "active" } as const)
          : status === "active" && this.#random.chance(0.7)
            ? ({ path: "pause", body: {}, to: "paused" } as const)
            : ({ path: "cancel", body: { at: "now" }, to: "canceled" } as const);
    if (status === "canceled") return;
    const subscription = { customer_id: customer, plan_id: "side", external_id, anchor: "anniversary" };
    const answer =
      step === null
        ? await this.#command("POST", "/subscriptions", subscription)
        : await this.#command("POST", `/subscriptions/${external_id}/${step.path}`, step.body);
    if (answer.status >= 300)
      return this.#client.protest(`a subscription's ${step?.path ?? "start"}`, answer);
    sides.set(external_id, { customer, status: step?.to ?? "active" });
  }

  /** What was acknowledged before a read is in its answer, and nothing that was never sent. */
  async #read(customer: string): Promise<void> {
    const least = this.#journal.takenOf(customer);
    const answer = await this.#client.call("GET", `/subscriptions/${subscriptionOf(customer)}/usage`);
    if (answer === null || answer.status === 503 || answer.status === 401) return;
    const most = this.#journal.sentOf(customer);
    if (answer.status !== 200) return this.#client.protest("a read", answer);
    const jobs = Number(quantityOf(answer.payload, "jobs"));
    // A void may or may not have happened yet.
    const isRight = jobs <= most && (jobs >= least || this.#journal.voidedOf.has(customer));
    if (!isRight) this.#client.protest(`${customer} has ${jobs} jobs, of ${least} to ${most}`, answer);
    this.done.reads++;
  }

  /** Sends a command until it is answered, and sometimes once more, which must answer the same. */
  async #command(method: string, path: string, body: unknown): Promise<Answer> {
    const key = `command-${this.#keys++}`;
    const answer = await this.#client.sure(method, path, body, key);
    this.done.commands++;
    if (!this.#random.chance(replays) || answer.status >= 300) return answer;
    const again = await this.#client.sure(method, path, body, key);
    this.done.replays++;
    if (again.status !== answer.status || !Bun.deepEquals(again.payload, answer.payload))
      this.#client.protest("a replay differs", again);
    return answer;
  }
}

/** What is said of a metric in a report of usage. */
export function quantityOf(report: Record<string, unknown>, metric: string): string {
  const usage = (report.usage ?? []) as { metric_key: string; quantity: string }[];
  return usage.find(({ metric_key }) => metric_key === metric)?.quantity ?? "0";
}

/** Half of the customers keep all they have, so that reads of them can be told right from wrong to the last event. */
function mayBeVoided({ customer_id }: Sent): boolean {
  return /^real-\d*[02468]$/.test(customer_id);
}
