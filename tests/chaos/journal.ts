/** An event as sent; its id is its own. */
export interface Sent {
  readonly event_id: string;
  readonly event_type: "work";
  readonly customer_id: string;
  readonly timestamp: string;
  readonly properties: { readonly n: number };
}

/** What some usage comes to. */
export interface Sum {
  readonly jobs: number;
  readonly units: number;
}

/** What the prices of the run make of usage, in cents: fifty jobs at 2, the others at 1, every unit 1. */
export function centsOf({ jobs, units }: Sum): number {
  return 2 * Math.min(jobs, 50) + Math.max(0, jobs - 50) + units;
}

/** What the plan costs in a full month beside its usage. */
export const monthlyCents = 500;

/** "12.34" is 1234; throws where there is a fraction of a cent. */
export function inCents(text: unknown): number {
  const [, minus = "", whole = "0", fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(text)) ?? [];
  const cents = Number(whole + fraction.padEnd(2, "0").slice(0, 2));
  if (!/^0*$/.test(fraction.slice(2)) || !/^-?\d/.test(String(text)))
    throw new Error(`${text} is not in cents`);
  return minus === "" ? cents : -cents;
}

/**
 * What clients have sent and what was acknowledged. It is the only thing a run believes: whatever is acknowledged
 * counts once, unless it was voided, and that was acknowledged.
 */
export class Journal {
  readonly #acknowledged = new Map<string, Sent>();
  readonly #voided = new Set<string>();
  /** By customer, how many events of its own were ever sent, and how many acknowledged, whatever became of them since. */
  readonly #sent = new Map<string, number>();
  readonly #taken = new Map<string, number>();
  /** Customers of whom an event was, or is being, voided. */
  readonly voidedOf = new Set<string>();

  sent(event: Sent): void {
    this.#sent.set(event.customer_id, this.sentOf(event.customer_id) + 1);
  }

  acknowledge(event: Sent): void {
    if (this.#acknowledged.has(event.event_id)) return;
    this.#acknowledged.set(event.event_id, event);
    this.#taken.set(event.customer_id, this.takenOf(event.customer_id) + 1);
  }

  voided(event: Sent): void {
    this.#voided.add(event.event_id);
  }

  sentOf(customer: string): number {
    return this.#sent.get(customer) ?? 0;
  }

  takenOf(customer: string): number {
    return this.#taken.get(customer) ?? 0;
  }

  get size(): number {
    return this.#acknowledged.size;
  }

  get voids(): number {
    return this.#voided.size;
  }

  isVoided(event: Sent): boolean {
    return this.#voided.has(event.event_id);
  }

  events(): IterableIterator<Sent> {
    return this.#acknowledged.values();
  }

  /** What counts, by customer and month of the event, as `2023-01`. */
  months(): Map<string, Map<string, Sum>> {
    const all = new Map<string, Map<string, Sum>>();
    for (const event of this.#acknowledged.values()) {
      if (this.#voided.has(event.event_id)) continue;
      const months = all.get(event.customer_id) ?? new Map<string, Sum>();
      const month = event.timestamp.slice(0, 7);
      const { jobs, units } = months.get(month) ?? { jobs: 0, units: 0 };
      months.set(month, { jobs: jobs + 1, units: units + event.properties.n });
      all.set(event.customer_id, months);
    }
    return all;
  }
}
