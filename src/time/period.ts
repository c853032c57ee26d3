import type { Instant } from "./instant.ts";

/** A half-open stretch of time: start is in it, end is not. */
export interface Period {
  readonly start: Instant;
  readonly end: Instant;
}

/** True when the instant lies in the period. */
export function contains(p: Period, at: Instant): boolean {
  return at >= p.start && at < p.end;
}

/** What both periods cover, or null where that is nothing. */
export function intersect(a: Period, b: Period): Period | null {
  const start = Math.max(a.start, b.start);
  const end = Math.min(a.end, b.end);
  return start < end ? { start, end } : null;
}

/** How long the period lasts, in milliseconds. */
export function durationMs(p: Period): number {
  return p.end - p.start;
}
