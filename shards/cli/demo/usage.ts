import { customers, type DemoCustomer, dayStart, month } from "./catalog.ts";

/** A usage event as the demo sends it. */
export interface DemoEvent {
  readonly event_id: string;
  readonly event_type: string;
  readonly customer_id: string;
  readonly timestamp: string;
  readonly properties: Readonly<Record<string, string | number>>;
}

const REQUESTS_PER_DAY = 700;
const SECONDS_PER_DAY = 86_400;
/** Requests of a day by hour: quiet nights, busy afternoons. */
const hours = [1, 1, 1, 1, 1, 2, 3, 5, 7, 9, 10, 10, 9, 10, 11, 11, 10, 9, 7, 5, 4, 3, 2, 1];
const weights = customers.map((customer) => customer.weight);

/** How many events the month has: tokens and a call per request, storage per customer and day. */
export const eventsOfMonth = (REQUESTS_PER_DAY * 2 + customers.length) * month.days;

/**
 * One day of usage, the same every time it is asked for: heavy-tailed token counts, day and night, and customers by
 * their weight. Ids tell day and place, so that a day sent twice counts once.
 */
export function usageOfDay(day: number): DemoEvent[] {
  const random = generator(day);
  const events: DemoEvent[] = customers.map((customer) => storageEvent(customer, day));
  for (let i = 0; i < REQUESTS_PER_DAY; i++) {
    const customer = customers[pick(weights, random)];
    if (customer === undefined) continue;
    const second = pick(hours, random) * 3600 + (random() % 3600);
    events.push(
      tokensEvent(customer, day, i, second % SECONDS_PER_DAY, random),
      callEvent(customer, day, i, second),
    );
  }
  return events;
}

function tokensEvent(
  customer: DemoCustomer,
  day: number,
  i: number,
  second: number,
  random: () => number,
): DemoEvent {
  const large = random() % 3 === 0;
  return {
    event_id: `d${day}-${i}-tokens`,
    event_type: "llm_tokens",
    customer_id: customer.external_id,
    timestamp: instant(day, second),
    properties: {
      model: large ? "atlas-large" : "atlas-mini",
      input_tokens: heavyTailed(random, 9000),
      output_tokens: heavyTailed(random, 2600),
    },
  };
}

function callEvent(customer: DemoCustomer, day: number, i: number, second: number): DemoEvent {
  return {
    event_id: `d${day}-${i}-call`,
    event_type: "api_call",
    customer_id: customer.external_id,
    timestamp: instant(day, second % SECONDS_PER_DAY),
    properties: { path: "/v1/generate" },
  };
}

function storageEvent(customer: DemoCustomer, day: number): DemoEvent {
  return {
    event_id: `d${day}-storage-${customer.external_id}`,
    event_type: "storage",
    customer_id: customer.external_id,
    timestamp: dayStart(day),
    properties: { gb: customer.weight * 5 + day },
  };
}

function instant(day: number, second: number): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const time = `${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`;
  return `${dayStart(day).slice(0, 11)}${time}Z`;
}

/** Mostly around the middle, now and then a hundred times it. */
function heavyTailed(random: () => number, middle: number): number {
  let value = 1 + (random() % middle);
  while (random() % 4 === 0 && value < middle * 100) value *= 2 + (random() % 3);
  return value;
}

function pick(shares: readonly number[], random: () => number): number {
  let left = random() % shares.reduce((sum, share) => sum + share, 0);
  return Math.max(
    0,
    shares.findIndex((share) => {
      left -= share;
      return left < 0;
    }),
  );
}

/** A small linear generator: the same whole numbers for the same seed, on every machine. */
function generator(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
}
