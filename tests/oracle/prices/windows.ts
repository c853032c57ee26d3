import type { Window } from "./case.ts";

const hourMs = 3_600_000;
/** What no window is longer than. */
const reach = { hour: 2 * hourMs, day: 26 * hourMs, week: 8 * 24 * hourMs };
const namesKeptMax = 100_000;
const names = new Map<string, string>();
const bounds = new Map<string, readonly [number, number]>();

/** The name of the window an instant falls in, by the clocks of a zone: equal for all instants of it, and only for them. */
export function windowName(window: Window, timezone: string, at: number): string {
  const key = `${window} ${timezone} ${at}`;
  let name = names.get(key);
  if (name === undefined) {
    name = nameOf(window, timezone, at);
    if (names.size >= namesKeptMax) names.clear();
    names.set(key, name);
  }
  return name;
}

function nameOf(window: Window, timezone: string, at: number): string {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone);
  const day = local.toPlainDate();
  switch (window) {
    // An hour that the clocks live through twice is two.
    case "hour":
      return `${day} ${local.hour} ${local.offset}`;
    case "day":
      return `${day}`;
    case "week":
      return `${day.subtract({ days: day.dayOfWeek - 1 })}`;
  }
}

/** Where the window around an instant starts and ends: found by looking for the first instants of another name. */
export function windowBounds(window: Window, timezone: string, at: number): readonly [number, number] {
  const name = windowName(window, timezone, at);
  const key = `${timezone} ${window} ${name}`;
  const known = bounds.get(key);
  if (known !== undefined) return known;
  const isInside = (t: number) => nameOf(window, timezone, t) === name;
  const start = turn(at - reach[window], at, isInside);
  const end = turn(at, at + reach[window], (t) => !isInside(t));
  bounds.set(key, [start, end]);
  return [start, end];
}

/** The first instant at which it holds, after `from` where it does not, up to `to` where it does. */
function turn(from: number, to: number, holds: (at: number) => boolean): number {
  let before = from;
  let after = to;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (holds(middle)) after = middle;
    else before = middle;
  }
  return after;
}
