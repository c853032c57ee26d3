/** One usage event, as it is taken in. */
export interface PlainEvent {
  readonly id: string;
  readonly type: string;
  readonly at: number;
  readonly properties: { readonly n: number; readonly model: string };
}

interface Meter {
  count: number;
  sum: number;
  spend: number;
}

const monthlyLimit = 1_000_000;
const [tierEnd, firstPrice, nextPrice, unitPrice] = [1000, 0.02, 0.01, 0.0001];

/** The same prices and limit with numbers that nobody guards: fast, and wrong by rounding sooner or later. */
export class PlainMeters {
  readonly #meters: Map<string, Meter>;

  constructor(customers: readonly string[]) {
    this.#meters = new Map(customers.map((id) => [id, { count: 0, sum: 0, spend: 0 }]));
  }

  /** Whether the event fits into the limit, and then counts it. */
  take(customer: string, { properties }: PlainEvent): boolean {
    const meter = this.#meters.get(customer);
    if (meter === undefined) return false;
    const cost = (meter.count < tierEnd ? firstPrice : nextPrice) + properties.n * unitPrice;
    if (meter.spend + cost > monthlyLimit) return false;
    meter.count += 1;
    meter.sum += properties.n;
    meter.spend += cost;
    return true;
  }
}
