import type { Decimal } from "../money/decimal.ts";
import type { Instant } from "../time/instant.ts";

/** An event as a price sees it that looks at single ones: `times` equal events of an amount each, at an instant. */
export interface PricedEvent {
  readonly at: Instant;
  readonly amount: Decimal;
  readonly times: Decimal;
}

/** How many events, and how much of their amounts, are free; null where that is not bounded. */
export interface Allowance {
  readonly events: Decimal | null;
  readonly amount: Decimal | null;
}

/** What a price keeps of single events, beside the metric's quantity. Never changed: the next one takes its place. */
export interface EventTally {
  /** How many events there were. */
  readonly count: Decimal;
  /** Of `dynamic` the amounts they carried; of `percentage` by event their fees, as if none were free. */
  readonly sum: Decimal;
  /** The events an allowance covers and the one it ends at, in its order: earliest first, then by amount. */
  readonly early: readonly PricedEvent[];
  /** The part of `sum` that the allowance takes away. */
  readonly freed: Decimal;
  /** What is left of the allowance; null once it has ended, and where there is none. */
  readonly left: Allowance | null;
}
