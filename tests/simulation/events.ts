import type { UsageEvent } from "../../src/metering/usage_event.ts";
import { formatInstant } from "../../src/time/instant.ts";
import type { Journal, Sent } from "./journal.ts";
import type { Person } from "./scene.ts";
import type { Stores } from "./stores.ts";

const HOUR_MS = 3_600_000;

/** Draws events to send: new ones, the same again, others under an id that is taken, late, early, and poison. */
export class EventSource {
  readonly #stores: Stores;
  readonly #journal: Journal;
  #ids = 0;

  constructor(stores: Stores, journal: Journal) {
    this.#stores = stores;
    this.#journal = journal;
  }

  /** An event to send now; it is in the journal. */
  draw(person: Person): Sent {
    const again = this.#again(person);
    if (again !== undefined) return again;
    const isPoison = this.#stores.scheduler.random.chance(0.003);
    const event = this.#fresh(person);
    const poisoned = { ...event, properties: { n: 1, user: "\0" } };
    return this.#noted({
      person,
      event: isPoison ? poisoned : event,
      isPoison,
      isDurable: false,
      isRejected: false,
    });
  }

  #noted(sent: Sent): Sent {
    this.#journal.add(sent);
    return sent;
  }

  #fresh(person: Person): UsageEvent {
    const { random } = this.#stores.scheduler;
    const at = this.#drawTime(person);
    return {
      event_id: `e${++this.#ids}`,
      event_type: random.pick(["call", "call", "data", "data", "data", random.chance(0.1) ? "odd" : "call"]),
      customer_id: random.chance(0.7) ? person.customerId : person.externalId,
      ...(at === null ? {} : { timestamp: formatInstant(at) }),
      properties: this.#drawProperties(),
    };
  }

  /** One that was sent before, the same or changed; mostly none. */
  #again(person: Person): Sent | undefined {
    const { random } = this.#stores.scheduler;
    if (!random.chance(0.15)) return undefined;
    const recent = this.#journal.recent(person, 60);
    if (recent.length === 0) return undefined;
    const before = random.pick(recent);
    if (before.isPoison || random.chance(0.7)) return before;
    const event = { ...before.event, properties: this.#drawProperties() };
    return this.#noted({ ...before, isDurable: false, isRejected: false, event });
  }

  #drawProperties(): Record<string, unknown> {
    const { random } = this.#stores.scheduler;
    const n = random.pick([String(random.whole(0, 12)), `${random.whole(0, 9)}.${random.whole(1, 99)}`]);
    const user = `u${random.whole(1, 6)}`;
    return random.chance(0.02) ? { user } : { n, user };
  }

  /** When it occurred; null for the time of its receipt. */
  #drawTime(person: Person): number | null {
    const { random } = this.#stores.scheduler;
    const now = this.#stores.timeOf(person);
    if (random.chance(0.4)) return null;
    if (random.chance(0.5)) return now - random.whole(0, HOUR_MS);
    if (random.chance(0.5)) return now - random.whole(0, 24 * 40) * HOUR_MS;
    return random.chance(0.8) ? now + random.whole(0, HOUR_MS - 60_000) : now + 5 * HOUR_MS;
  }
}
