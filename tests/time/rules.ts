import { type Anchor, type Interval, type PeriodRule, periodAt } from "../../src/time/calendar.ts";
import { formatInstant, type Instant, parseInstant } from "../../src/time/instant.ts";

/** An instant of RFC 3339. */
export function at(text: string): Instant {
  const instant = parseInstant(text);
  if (instant === null) throw new Error(`not an instant: ${text}`);
  return instant;
}

/** A rule from a short spelling: "anniversary 3 month Europe/Berlin". */
export function ruleOf(start: string, spelling: string): PeriodRule {
  const [anchor, count, interval, timezone = "UTC"] = spelling.split(" ");
  return {
    start: at(start),
    anchor: anchor as Anchor,
    interval: interval as Interval,
    intervalCount: Number(count),
    timezone,
  };
}

/** The first boundaries of a rule: `count` starts and the last end. */
export function boundaries(rule: PeriodRule, count: number): string[] {
  const starts = Array.from({ length: count }, (_, k) => formatInstant(periodAt(rule, k).start));
  return [...starts, formatInstant(periodAt(rule, count - 1).end)];
}
