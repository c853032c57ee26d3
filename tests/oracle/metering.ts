import { type Fraction, fraction, isAbove, plus, times, zero } from "./fraction.ts";

/** An event as far as it is metered: its value as text, when it happened, and how many equal ones it stands for. */
export interface OracleEvent {
  readonly value: string;
  readonly at: number;
  readonly times: number;
}

export type OracleAggregation = "count" | "sum" | "max" | "min" | "unique" | "latest";

/** The quantity of all events, in the order they came in, worked out from the beginning every time. */
export function oracleQuantity(aggregation: OracleAggregation, events: readonly OracleEvent[]): Fraction {
  const numbers = () => events.map((event) => fraction(event.value));
  switch (aggregation) {
    case "count":
      return events.reduce((sum, event) => plus(sum, fraction(String(event.times))), zero);
    case "sum":
      return events.reduce((sum, e) => plus(sum, times(fraction(e.value), fraction(String(e.times)))), zero);
    case "max":
      return numbers().reduce((best, value) => (isAbove(value, best) ? value : best), numbers()[0] ?? zero);
    case "min":
      return numbers().reduce((best, value) => (isAbove(best, value) ? value : best), numbers()[0] ?? zero);
    case "unique":
      return fraction(String(new Set(events.map((event) => event.value)).size));
    case "latest": {
      let last = events[0];
      for (const event of events) if (last !== undefined && event.at >= last.at) last = event;
      return fraction(last?.value ?? "0");
    }
  }
}
