import { NotOwner } from "../../shards/not_owner.ts";
import { BillingError } from "../../src/errors.ts";
import type { StoredAnswer } from "../../src/ports/stored_rows.ts";
import { must } from "./breach.ts";
import type { Cluster } from "./cluster.ts";
import { type Asked, drawCommand, drawId, read } from "./commands.ts";
import { EventSource } from "./events.ts";
import { Journal, type Sent } from "./journal.ts";
import type { Process } from "./process.ts";
import type { Person } from "./scene.ts";
import type { Stores } from "./stores.ts";

const IN_FLIGHT_MAX = 10;
const HOUR_MS = 3_600_000;

interface Request {
  readonly process: Process;
  /** What is to be asked again where nobody answers. */
  readonly lost: () => void;
}

/** Those who send events and commands, hear what becomes of them, and ask again where they hear nothing. */
export class Clients {
  readonly journal: Journal;
  readonly #stores: Stores;
  readonly #cluster: Cluster;
  readonly #people: readonly Person[];
  readonly #inFlight = new Set<Request>();
  /** Events nobody has answered for, and commands that may be repeated. */
  #unsure: Sent[] = [];
  #repeatable: Asked[] = [];
  /** Acknowledged events a read has not been answered after. */
  readonly #fresh = new Map<Person, Sent[]>();
  /** By idempotency key what was to be made under it, attempt by attempt. */
  readonly #made = new Map<string, string[]>();
  readonly #events: EventSource;

  constructor(stores: Stores, cluster: Cluster, people: readonly Person[]) {
    this.#stores = stores;
    this.#cluster = cluster;
    this.#people = people;
    this.journal = new Journal(stores.tables);
    this.#events = new EventSource(stores, this.journal);
  }

  get isIdle(): boolean {
    return this.#inFlight.size === 0 && this.#unsure.length === 0 && this.#repeatable.length === 0;
  }

  get canAct(): boolean {
    return this.#inFlight.size < IN_FLIGHT_MAX;
  }

  /** One of them does something. */
  act(): void {
    const { random } = this.#stores.scheduler;
    if (random.chance(0.2) && this.askAgain()) return;
    const person = random.pick(this.#people);
    if (random.chance(0.7)) return this.#sendEvents(person);
    if (person.clockId !== null && random.chance(0.3))
      return this.#advance(person, random.whole(1, 600) * HOUR_MS);
    const asked = drawCommand(person, random, this.#stores, this.journal);
    if (asked !== null) this.#ask(asked);
  }

  /** Sends again what nobody has answered for; false where there is nothing. */
  askAgain(): boolean {
    const asked = this.#repeatable.pop();
    if (asked !== undefined) {
      this.#ask(asked);
      return true;
    }
    const sent = this.#unsure.pop();
    if (sent === undefined) return false;
    this.#submit(sent.person.companyId, [sent], this.#stores.scheduler.random.chance(0.5));
    return true;
  }

  /** Reads a customer, which is answered once all that was acknowledged before is applied. */
  read(person: Person): void {
    this.#ask({ person, command: () => read, makes: null, key: null, token: null });
  }

  /** A process has died: what it was asked it does not answer any more. */
  died(process: Process): void {
    for (const request of [...this.#inFlight]) {
      if (request.process !== process) continue;
      this.#inFlight.delete(request);
      request.lost();
    }
  }

  /** What was asked under one key has happened once at most. */
  checkKeys(): void {
    const facts = [...this.#stores.tables.customers.values()].flatMap(({ entries }) =>
      entries.flatMap((entry) => (entry.kind === "fact" ? entry.fact : [])),
    );
    for (const [key, ids] of this.#made) {
      const made = ids.filter((id) => facts.some(({ body }) => body.includes(id)));
      must(made.length <= 1, () => `under the key ${key} all of ${made.join()} was made`);
    }
  }

  /** Ends the advance under way, if there is one, and makes sure that all that is due by then has happened. */
  endAdvance(person: Person): void {
    if (person.clockId !== null) this.#advance(person, 1, true);
  }

  /** Advances somebody's clock: to where it is being advanced already, or further. */
  #advance(person: Person, byMs: number, isAgain = false): void {
    const clock = this.#stores.clocks.get(person.clockId ?? "");
    const process = this.#pick(person.partition);
    if (clock === undefined || process === null) return;
    const to = clock.target ?? clock.now + byMs;
    const { scheduler } = this.#stores;
    scheduler.trace.note(`${process.owner.name} is asked to advance to ${to}`);
    this.#request(
      process,
      () => process.clockAdvance.advance(person.companyId, clock.id, to),
      () => {
        const stands = this.#stores.clocks.get(clock.id)?.now ?? 0;
        must(stands >= to, () => `the clock is said to be at ${to}, and is at ${stands}`);
        scheduler.trace.note(`advanced to ${to}`);
      },
      () => isAgain && this.#advance(person, byMs, isAgain),
    );
  }

  #sendEvents(person: Person): void {
    const { random } = this.#stores.scheduler;
    const sends = Array.from({ length: random.pick([1, 1, 1, 2, 5]) }, () => {
      const who = random.chance(0.8)
        ? person
        : random.pick(this.#people.filter(({ companyId }) => companyId === person.companyId));
      return this.#events.draw(who);
    });
    this.#submit(person.companyId, sends, random.chance(0.4));
  }

  #submit(companyId: string, sends: readonly Sent[], wait: boolean): void {
    const { scheduler } = this.#stores;
    const partition = sends[0]?.person.partition ?? 0;
    const process = this.#pick(partition);
    if (process === null) {
      this.#unsure.push(...sends.filter((sent) => !sent.isDurable));
      return;
    }
    const known = new Set(sends.filter(({ person }) => this.#isKnown(person)));
    scheduler.trace.note(`${process.owner.name} is sent ${sends.map(({ event }) => event.event_id).join()}`);
    const incoming = sends.map(({ event }) => ({ event }));
    this.#request(
      process,
      () => process.ingestion.ingest(companyId, incoming, wait),
      (results) => {
        for (const [at, sent] of sends.entries()) {
          const result = results[at];
          must(result !== undefined, () => "an event has no result");
          scheduler.trace.note(`${sent.event.event_id} ${result.status}`);
          this.journal.heard(sent, result);
          if (!sent.isDurable && !sent.isRejected) this.#unsure.push(sent);
          else if (result.status !== "rejected" && known.has(sent) && !sent.isPoison) this.#remember(sent);
        }
      },
      () => this.#unsure.push(...sends.filter((sent) => !sent.isDurable)),
    );
  }

  #remember(sent: Sent): void {
    const fresh = this.#fresh.get(sent.person);
    if (fresh === undefined) this.#fresh.set(sent.person, [sent]);
    else fresh.push(sent);
  }

  #ask(asked: Asked): void {
    const { scheduler, tables } = this.#stores;
    const { person, makes, key } = asked;
    const id = makes === null ? "" : drawId(makes, scheduler.random, this.#stores);
    const command = asked.command(id);
    const token = makes === null ? asked.token : id;
    if (makes !== null && key !== null) this.#made.set(key, [...(this.#made.get(key) ?? []), id]);
    const process = this.#pick(person.partition);
    const again = (): void => {
      if (key !== null) this.#repeatable.push(asked);
    };
    if (process === null) return again();
    scheduler.trace.note(`${process.owner.name} is asked to ${command.type} ${token ?? ""} ${key ?? ""}`);
    const fresh = command.type === "read" ? (this.#fresh.get(person) ?? []) : [];
    if (command.type === "read") this.#fresh.delete(person);
    const answer = key === null ? null : () => answerTo(person, key);
    const lost = (): void => {
      again();
      for (const sent of fresh) this.#remember(sent);
    };
    this.#request(
      process,
      () => process.shard.send(person, command, answer),
      (reply) => {
        scheduler.trace.note(`${command.type} ${token ?? ""} done`);
        if (command.type === "create_customer" || command.type === "start_subscription")
          process.orphans?.wake(person.companyId);
        for (const sent of fresh)
          must(
            this.journal.verdictOf(sent) !== undefined,
            () => `${sent.event.event_id} was acknowledged before a read, and is not in it`,
          );
        const { entries } = tables.customer(person);
        if (command.type === "read")
          must(Number(reply) <= entries.length, () => "a read shows what is not stored");
        const isThere = entries.some(
          (entry) => entry.kind === "fact" && entry.fact.body.includes(token ?? ""),
        );
        must(token === null || isThere, () => `${command.type} ${token} is acknowledged and not stored`);
      },
      lost,
      (error) => {
        const isAway =
          error instanceof NotOwner || (error instanceof BillingError && error.code === "DEP_001");
        const isFault = !isAway && (!(error instanceof BillingError) || error.code === "INT_001");
        must(!isFault, () => `${command.type} fails: ${error}`);
        scheduler.trace.note(`${command.type} ${token ?? ""} refused ${isAway ? "" : error}`);
        if (isAway) lost();
      },
    );
  }

  #request<T>(
    process: Process,
    send: () => Promise<T>,
    heard: (answer: T) => void,
    lost: () => void,
    failed: (error: unknown) => void = lost,
  ): void {
    const { scheduler } = this.#stores;
    const request = { process, lost };
    this.#inFlight.add(request);
    const settle = (tell: () => void): void => {
      if (!this.#inFlight.delete(request)) return;
      this.#stores.guard(tell);
    };
    scheduler.later(process.owner, "request", () => {
      if (!process.owner.alive) return;
      send().then(
        (answer) => settle(() => heard(answer)),
        (error: unknown) => settle(() => failed(error)),
      );
    });
  }

  /** Whom a client asks: mostly the owner. */
  #pick(partition: number): Process | null {
    const { random } = this.#stores.scheduler;
    const { ready } = this.#cluster;
    const owner = this.#cluster.ownerOf(partition);
    if (owner !== null && random.chance(0.95)) return owner;
    return ready.length === 0 ? null : random.pick(ready);
  }

  #isKnown({ companyId, customerId }: Person): boolean {
    return this.#stores.tables.documents.has(`customers|${companyId}|${customerId}`);
  }
}

function answerTo({ companyId }: Person, key: string): StoredAnswer {
  const request = { method: "POST", path: "/simulated", requestHash: "h" };
  return { companyId, key, ...request, status: 200, body: "{}", createdAt: 0 };
}
