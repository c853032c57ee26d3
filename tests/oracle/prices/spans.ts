import type { Random } from "../random.ts";
import type { OracleSpan, Window } from "./case.ts";
import type { Stretch } from "./quantity.ts";
import { windowBounds } from "./windows.ts";

const hourMs = 3_600_000;

/** Months in which something happens to the clocks, and a few in which nothing does. */
const months = [
  ["UTC", "2026-02-01"],
  ["Europe/Berlin", "2026-03-01"],
  ["Europe/Berlin", "2026-10-01"],
  ["America/New_York", "2026-03-01"],
  ["America/New_York", "2026-11-01"],
  ["America/St_Johns", "2026-11-01"], // half an hour off, with summer time
  ["America/Sao_Paulo", "2018-02-01"], // at midnight it is 23:00 again
  ["America/Sao_Paulo", "2018-11-01"], // no midnight on the 4th
  ["America/Havana", "2026-03-01"],
  ["Pacific/Apia", "2011-12-01"], // no 30th at all
  ["Pacific/Auckland", "2026-04-01"],
  ["Asia/Kathmandu", "2026-05-01"],
  ["Africa/Casablanca", "2026-02-01"],
] as const;

interface Month extends OracleSpan {
  /** Instants at and beside which windows and periods begin and end. */
  readonly hot: readonly number[];
}

const known = months.map(([timezone, first]): Month => {
  const day = Temporal.PlainDate.from(first);
  const at = (date: Temporal.PlainDate) => date.toZonedDateTime(timezone).epochMilliseconds;
  const [start, end] = [at(day), at(day.add({ months: 1 }))];
  const offset = (t: number) =>
    Temporal.Instant.fromEpochMilliseconds(t).toZonedDateTimeISO(timezone).offsetNanoseconds;
  const hot = [start, end - 1, start + hourMs - 1, start + 10 * 24 * hourMs];
  for (let t = start; t < end - hourMs; t += hourMs / 2) {
    if (offset(t) !== offset(t + hourMs / 2)) {
      const change = t + hourMs / 2;
      hot.push(
        change - hourMs,
        change - 1,
        change,
        change + hourMs - 1,
        change + hourMs,
        change + 24 * hourMs,
      );
    }
  }
  return { start, end, wholeMs: end - start, timezone, hot };
});

/** When events can happen: `instant` draws one of the stretch, often one where something turns. */
export interface Part<S extends Stretch = Stretch> {
  readonly stretch: S;
  readonly instant: () => number;
}

/** A month, now and then with something cut off at its ends. */
export function drawSpan(random: Random): Part<OracleSpan> {
  const { timezone, wholeMs, hot, ...month } = random.pick(known);
  const cut = () => (random.chance(0.25) ? random.whole(0, 5 * 24 * hourMs) : 0);
  const [start, end] = [month.start + cut(), month.end - cut()];
  const instant = () => {
    const at = hot[random.whole(0, hot.length * 2)] ?? random.whole(start, end - 1);
    return Math.min(Math.max(at, start), end - 1);
  };
  return { stretch: { start, end, wholeMs, timezone }, instant };
}

/** From one to three windows of a period, as far as they lie in it. */
export function drawWindows(random: Random, window: Window, { stretch, instant }: Part<OracleSpan>): Part[] {
  return Array.from({ length: random.pick([1, 2, 2, 2, 3]) }, () => {
    const [first, next] = windowBounds(window, stretch.timezone, instant());
    const [start, end] = [Math.max(first, stretch.start), Math.min(next, stretch.end)];
    return {
      stretch: { start, end, wholeMs: next - first },
      instant: () => [start, end - 1][random.whole(0, 4)] ?? random.whole(start, end - 1),
    };
  });
}
