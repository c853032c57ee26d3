import { assert, assertNever } from "../errors.ts";
import type { Instant } from "./instant.ts";
import type { Period } from "./period.ts";

export type Interval = "day" | "week" | "month" | "year";
/** calendar: periods start where days, weeks, months, years do; anniversary: where the subscription did. */
export type Anchor = "calendar" | "anniversary";

/** A period and its number in its rule. */
export interface NumberedPeriod extends Period {
  readonly k: number;
}

/** What divides time into periods, numbered from 0 at `start`. */
export interface PeriodRule {
  readonly start: Instant;
  readonly anchor: Anchor;
  readonly interval: Interval;
  /** Intervals to a period, 1 or more. */
  readonly intervalCount: number;
  /** IANA name. */
  readonly timezone: string;
}

/** Where a rule counts from: `local` + n intervals is the local time of its n-th boundary. */
interface Origin {
  readonly local: Temporal.PlainDateTime;
  /** The n of the last boundary not after the rule's start, from which periods are numbered. */
  readonly first: number;
}

/** What was worked out for a rule: finding it anew takes microseconds, and usage asks for every event. */
interface Known {
  readonly origin: Origin;
  lastFound: NumberedPeriod | null;
}

/** Milliseconds of an average interval: 400 years have 146,097 days. */
const averageMs: Readonly<Record<Interval, number>> = {
  day: 86_400_000,
  week: 604_800_000,
  month: 2_629_746_000,
  year: 31_556_952_000,
};
const hourMs = 3_600_000;
/** 10000-01-01T00:00:00Z. No instant lies there, so the last period ends and all later ones are empty. */
const timeEnd = 253_402_300_800_000;
const rulesKeptMax = 65_536; // about 16 MB of the actors lately used
const zonesKeptMax = 1024; // more than there are names of zones

const knownRules = new Map<PeriodRule, Known>();
const lastMonthOf = new Map<string, Period>();
const lastHourOf = new Map<string, Period>();
/** Days and weeks as rules, by unit and time zone: what is known of a rule is kept with it. */
const windowRules = new Map<string, PeriodRule>();

/**
 * Period k of the rule, k ≥ 0, counted from the anchor and never from the period before: 31 Jan, 28 Feb, 31 Mar.
 * Local wall time is kept across daylight saving. With a calendar anchor period 0 is the stub up to the first
 * boundary after the start. A local day that never happened (Apia, 30 Dec 2011) is an empty period.
 */
export function periodAt(rule: PeriodRule, k: number): Period {
  return { start: startOf(rule, k), end: boundary(rule, k + 1) };
}

/** The period as it would be without a stub: for period 0 of a calendar anchor the whole interval around the start. */
export function wholePeriodAt(rule: PeriodRule, k: number): Period {
  return { start: boundary(rule, k), end: boundary(rule, k + 1) };
}

/** The period an instant lies in, with its number; null before the rule's start. */
export function periodContaining(rule: PeriodRule, at: Instant): NumberedPeriod | null {
  if (at < rule.start) return null;
  const known = know(rule);
  const last = known.lastFound;
  if (last !== null && at >= last.start && at < last.end) return last;
  known.lastFound = findPeriod(rule, at);
  return known.lastFound;
}

/** The calendar month an instant lies in, by the clocks of a time zone. */
export function calendarMonth(at: Instant, timezone: string): Period {
  const last = lastMonthOf.get(timezone);
  if (last !== undefined && at >= last.start && at < last.end) return last;
  const rule: PeriodRule = { start: at, anchor: "calendar", interval: "month", intervalCount: 1, timezone };
  const origin = findOrigin(rule);
  const month = { start: instantAt(rule, origin, 0), end: instantAt(rule, origin, 1) };
  if (lastMonthOf.size >= zonesKeptMax) lastMonthOf.clear();
  lastMonthOf.set(timezone, month);
  return month;
}

/**
 * The hour, day or week an instant lies in, by the clocks of a time zone; weeks start on Monday. Where the clocks
 * change it is as long as it is: a day of 23 hours, and an hour that comes twice is two.
 */
export function clockWindow(at: Instant, unit: "hour" | "day" | "week", timezone: string): Period {
  if (unit === "hour") return clockHour(at, timezone);
  const name = `${unit} ${timezone}`;
  let rule = windowRules.get(name);
  if (rule === undefined) {
    rule = { start: 0, anchor: "calendar", interval: unit, intervalCount: 1, timezone };
    if (windowRules.size >= zonesKeptMax) windowRules.clear();
    windowRules.set(name, rule);
  }
  const window = periodContaining(rule, at);
  assert(window !== null, "an instant does not lie before 1970");
  return window;
}

function clockHour(at: Instant, timezone: string): Period {
  const last = lastHourOf.get(timezone);
  if (last !== undefined && at >= last.start && at < last.end) return last;
  const start = hourStart(at, timezone);
  // Where the clocks change by half an hour, one hour lasts for ninety minutes or thirty.
  let inNext = start + hourMs;
  while (hourStart(inNext, timezone) <= start) inNext += hourMs / 2;
  const hour = { start, end: hourStart(inNext, timezone) };
  if (lastHourOf.size >= zonesKeptMax) lastHourOf.clear();
  lastHourOf.set(timezone, hour);
  return hour;
}

function hourStart(at: Instant, timezone: string): Instant {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone);
  return local.round({ smallestUnit: "hour", roundingMode: "floor" }).epochMilliseconds;
}

/**
 * Where the windows of a time zone's clocks begin and end between two instants: `from` and `to` themselves, and every
 * beginning of a minute, hour, day, week or month in between. Null where those are more than `max` windows.
 */
export function windowBoundaries(
  { start, end }: Period,
  unit: "minute" | "hour" | "day" | "week" | "month",
  timezone: string,
  max: number,
): Instant[] | null {
  const boundaries = [start];
  const length = windowMs[unit];
  let steady = start; // no change of the clocks between the last boundary and this
  for (let at = start; ; ) {
    if (unit === "minute") at += minuteMs - (at % minuteMs);
    else if (length !== null && at + length < steady) at += length;
    else {
      at = windowAround(at, unit, timezone).end;
      if (at >= steady) steady = nextClockChange(at, timezone);
    }
    if (at >= end) break;
    if (boundaries.length >= max) return null;
    boundaries.push(at);
  }
  return [...boundaries, end];
}

function nextClockChange(after: Instant, timezone: string): Instant {
  const local = Temporal.Instant.fromEpochMilliseconds(after).toZonedDateTimeISO(timezone);
  return local.getTimeZoneTransition("next")?.epochMilliseconds ?? Number.POSITIVE_INFINITY;
}

function windowAround(at: Instant, unit: "hour" | "day" | "week" | "month", timezone: string): Period {
  return unit === "month" ? calendarMonth(at, timezone) : clockWindow(at, unit, timezone);
}

/** True for an IANA time zone name in its usual spelling ("Europe/Berlin", "UTC"); offsets are no zones. */
export function isTimezone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId === name;
  } catch {
    return false; // RangeError: no such zone
  }
}

function findPeriod(rule: PeriodRule, at: Instant): NumberedPeriod {
  assert(at < timeEnd, "an instant lies before the year 10000");
  // Months and years differ from their average, and period 0 may be a stub: the guess may be off by one or two.
  let k = Math.floor((at - rule.start) / (averageMs[rule.interval] * rule.intervalCount));
  while (k > 0 && at < startOf(rule, k)) k -= 1;
  let period = periodAt(rule, k);
  while (at >= period.end) {
    k += 1;
    period = { start: period.end, end: boundary(rule, k + 1) };
  }
  return { k, start: period.start, end: period.end };
}

function startOf(rule: PeriodRule, k: number): Instant {
  assert(Number.isSafeInteger(k) && k >= 0, "periods are numbered from 0");
  return k === 0 ? rule.start : boundary(rule, k);
}

/** Boundary k of a rule, its 0th being the last one not after the start. */
function boundary(rule: PeriodRule, k: number): Instant {
  return instantAt(rule, know(rule).origin, k);
}

function know(rule: PeriodRule): Known {
  let known = knownRules.get(rule);
  if (known === undefined) {
    known = { origin: findOrigin(rule), lastFound: null };
    if (knownRules.size >= rulesKeptMax) knownRules.clear();
    knownRules.set(rule, known);
  }
  return known;
}

function findOrigin(rule: PeriodRule): Origin {
  assert(Number.isSafeInteger(rule.intervalCount) && rule.intervalCount >= 1, "a period has whole intervals");
  assert(rule.start < timeEnd, "periods start before the year 10000");
  const start = Temporal.Instant.fromEpochMilliseconds(rule.start).toZonedDateTimeISO(rule.timezone);
  if (rule.anchor === "anniversary") return { local: start.toPlainDateTime(), first: 0 };
  const local = intervalStart(start.toPlainDate(), rule).toPlainDateTime();
  // Where clocks go back over midnight an instant of the new day carries the old date once more.
  let first = 0;
  while (instantAt(rule, { local, first }, 1) <= rule.start) first += 1;
  return { local, first };
}

/** The first day of the interval a day lies in; counts of months that divide the year are aligned to January. */
function intervalStart(day: Temporal.PlainDate, rule: PeriodRule): Temporal.PlainDate {
  switch (rule.interval) {
    case "day":
      return day;
    case "week":
      return day.subtract({ days: day.dayOfWeek - 1 });
    case "month": {
      const aligned = 12 % rule.intervalCount === 0 ? rule.intervalCount : 1;
      return day.with({ day: 1, month: day.month - ((day.month - 1) % aligned) });
    }
    case "year":
      return day.with({ day: 1, month: 1 });
    default:
      return assertNever(rule.interval);
  }
}

/** When boundary k is: a local time that a change of clocks skips or repeats is read as Temporal's "compatible". */
function instantAt(rule: PeriodRule, origin: Origin, k: number): Instant {
  if (k === 0 && rule.anchor === "anniversary") return rule.start; // which a repeated local time would not give back
  const n = (origin.first + k) * rule.intervalCount;
  // Far beyond the end of time Temporal would refuse; the average is at most a year or so off.
  if (rule.start + n * averageMs[rule.interval] > timeEnd + 2 * averageMs.year) return timeEnd;
  const local = origin.local.add(intervals(rule.interval, n)); // clamped to the month's end
  return Math.min(local.toZonedDateTime(rule.timezone).epochMilliseconds, timeEnd);
}

function intervals(interval: Interval, n: number): Temporal.DurationLike {
  switch (interval) {
    case "day":
      return { days: n };
    case "week":
      return { weeks: n };
    case "month":
      return { months: n };
    case "year":
      return { years: n };
    default:
      return assertNever(interval);
  }
}

/**
 * The number of the calendar day an instant falls on by the clocks of a time zone, counted from 1970-01-01.
 * Days of 23 or 25 hours count as one, so differences are days as people count them.
 */
export function localDay(at: Instant, timezone: string): number {
  return firstDay.until(zoned(at, timezone).toPlainDate()).days;
}

/** The same local time some calendar days later, read as "compatible" where a change of clocks skips or repeats it. */
export function addLocalDays(at: Instant, days: number, timezone: string): Instant {
  return zoned(at, timezone).add({ days }).epochMilliseconds;
}

/** The end of another period as long as one that ends: in months where it is whole ones, else to the millisecond. */
export function endOfRepeat({ start, end }: Period, timezone: string): Instant {
  const from = zoned(start, timezone);
  const { months } = from.until(zoned(end, timezone), { largestUnit: "months" });
  const isWhole = months > 0 && from.add({ months }).epochMilliseconds === end;
  return isWhole ? from.add({ months: 2 * months }).epochMilliseconds : end + (end - start);
}

const minuteMs = 60_000;
/** How long windows are while the clocks go on evenly; null where that differs. */
const windowMs = { minute: minuteMs, hour: hourMs, day: 24 * hourMs, week: 7 * 24 * hourMs, month: null };
const firstDay = Temporal.PlainDate.from("1970-01-01");

function zoned(at: Instant, timezone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone);
}
