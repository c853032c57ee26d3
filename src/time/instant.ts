/** UTC milliseconds since the epoch, an integer. */
export type Instant = number;

const dayMs = 86_400_000;
const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;
const daysBeforeMonth = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334] as const;
/** 10000-01-01T00:00:00Z: RFC 3339 has four digits for the year. */
const yearsEnd = 253_402_300_800_000;

/**
 * Reads RFC 3339 with `Z` or a numeric offset, years 1970 to 9999; digits beyond milliseconds are cut off. Null for
 * anything else: no date alone, no local time, no day that is not in the calendar, no leap second.
 */
export function parseInstant(text: string): Instant | null {
  // 2026-02-01T00:00:00Z: every part has its place, so characters are read where they must be.
  if (text.length < 20 || text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return null;
  const letter = text.charCodeAt(10);
  if ((letter !== 84 && letter !== 116) || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58)
    return null;
  const year = two(text, 0) * 100 + two(text, 2);
  const month = two(text, 5);
  const day = two(text, 8);
  const hour = two(text, 11);
  const minute = two(text, 14);
  const second = two(text, 17);
  // A part that is no number is NaN, for which every comparison is false.
  if (!(year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= lastDay(year, month))) return null;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return null;
  let end = 19;
  let ms = 0;
  if (text.charCodeAt(end) === 46) {
    let weight = 100;
    for (end = 20; isDigit(text.charCodeAt(end)); end += 1) {
      ms += (text.charCodeAt(end) - 48) * weight;
      weight = weight > 1 ? weight / 10 : 0;
    }
    if (end === 20) return null;
  }
  const offset = offsetMinutes(text, end);
  const minutes = (daysTo(year, month, day) * 24 + hour) * 60 + minute - offset;
  const at = minutes * 60_000 + second * 1000 + ms;
  return at >= 0 && at < yearsEnd ? at : null; // false for NaN too
}

/** RFC 3339 in UTC: "2026-02-01T00:00:00Z", with ".123" only where there are milliseconds. */
export function formatInstant(at: Instant): string {
  const days = Math.floor(at / dayMs);
  const rest = at - days * dayMs;
  const ms = rest % 1000;
  const seconds = (rest - ms) / 1000;
  const minutes = Math.floor(seconds / 60);
  const time = `${pad2(Math.floor(minutes / 60))}:${pad2(minutes % 60)}:${pad2(seconds % 60)}`;
  return `${formatDay(days)}T${time}${ms === 0 ? "" : `.${String(ms).padStart(3, "0")}`}Z`;
}

/** Minutes east of UTC of what ends the text at `at` ("Z", "+02:00"), NaN where that is no offset. */
function offsetMinutes(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === 90 || first === 122) return text.length === at + 1 ? 0 : Number.NaN;
  if ((first !== 43 && first !== 45) || text.length !== at + 6 || text.charCodeAt(at + 3) !== 58)
    return Number.NaN;
  const hours = two(text, at + 1);
  const minutes = two(text, at + 4);
  if (!(hours <= 23 && minutes <= 59)) return Number.NaN;
  return (hours * 60 + minutes) * (first === 43 ? 1 : -1);
}

/** The number two digits make, NaN where they are none. */
function two(text: string, at: number): number {
  const tens = text.charCodeAt(at);
  const ones = text.charCodeAt(at + 1);
  return isDigit(tens) && isDigit(ones) ? (tens - 48) * 10 + ones - 48 : Number.NaN;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function lastDay(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : (daysInMonth[month - 1] ?? 0);
}

/** Days from 1970-01-01 to a day of the Gregorian calendar. */
function daysTo(year: number, month: number, day: number): number {
  const before = year - 1;
  const leaps = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 477; // 477 until 1970
  const inYear = (daysBeforeMonth[month - 1] ?? 0) + (month > 2 && isLeap(year) ? 1 : 0);
  return (year - 1970) * 365 + leaps + inYear + day - 1;
}

/** The calendar day, days from 1970-01-01, as text. */
function formatDay(days: number): string {
  let year = 1970 + Math.floor(days / 365.2425); // right or one off, near New Year
  while (daysTo(year, 1, 1) > days) year -= 1;
  while (daysTo(year + 1, 1, 1) <= days) year += 1;
  let month = 12;
  while (daysTo(year, month, 1) > days) month -= 1;
  return `${String(year).padStart(4, "0")}-${pad2(month)}-${pad2(days - daysTo(year, month, 1) + 1)}`;
}

function pad2(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}
