import type { Instant } from "../time/instant.ts";

/** The period a quantity is measured over. */
export interface Span {
  readonly start: Instant;
  readonly end: Instant;
  /** Length of the whole, uncut period in milliseconds: what a weighted sum is weighed by. */
  readonly wholeMs: number;
  /** IANA name; where windows of the period begin and end. */
  readonly timezone: string;
}
