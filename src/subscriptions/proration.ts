import { fromInteger } from "../money/decimal.ts";
import { type Ratio, ratio, ZERO_RATIO } from "../money/ratio.ts";
import { localDay } from "../time/calendar.ts";
import type { Instant } from "../time/instant.ts";
import { durationMs, intersect, type Period } from "../time/period.ts";

/** How a part of a period is charged: not at all, by whole local days, or by exact time; API.md §3, Plan transition. */
export type Proration = "none" | "day" | "second";

/**
 * The exact share that `part` is of `whole`. By days, a day belongs to what holds at its end, so that shares of
 * adjoining parts add up to the share of both. Zero where the whole has no length.
 */
export function shareOf(part: Period, whole: Period, by: "day" | "second", timezone: string): Ratio {
  if (durationMs(whole) === 0) return ZERO_RATIO;
  if (by === "second") return ratio(fromInteger(durationMs(part)), fromInteger(durationMs(whole)));
  const days = (p: Period): number => localDay(p.end, timezone) - localDay(p.start, timezone);
  const all = days(whole);
  // A period within one day has no days to count.
  return all === 0
    ? shareOf(part, whole, "second", timezone)
    : ratio(fromInteger(days(part)), fromInteger(all));
}

/** What is left of a period when stretches are taken out of it; they may overlap and come in any order. */
export function without(period: Period, out: readonly Period[]): Period[] {
  let left: Period[] = period.start < period.end ? [period] : [];
  for (const gap of out) {
    left = left.flatMap((piece) => {
      const shared = intersect(piece, gap);
      if (shared === null) return [piece];
      return [
        { start: piece.start, end: shared.start },
        { start: shared.end, end: piece.end },
      ].filter((p) => p.start < p.end);
    });
  }
  return left;
}

/** A number of seats from an instant on. */
export interface SeatChange {
  readonly at: Instant;
  /** Whole or fractional, plain decimal text. */
  readonly quantity: string;
}

/** The stretches of a period in which the number of seats stays the same, in order; changes ascend. */
export function seatStretches(
  period: Period,
  changes: readonly SeatChange[],
): (Period & { readonly quantity: string })[] {
  const stretches: (Period & { quantity: string })[] = [];
  for (const [index, change] of changes.entries()) {
    const until = changes[index + 1]?.at ?? Number.POSITIVE_INFINITY;
    const start = index === 0 ? period.start : Math.max(change.at, period.start);
    const end = Math.min(until, period.end);
    if (start < end) stretches.push({ start, end, quantity: change.quantity });
  }
  return stretches;
}
