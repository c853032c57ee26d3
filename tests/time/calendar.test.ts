import { describe, expect, test } from "bun:test";
import {
  calendarMonth,
  isTimezone,
  periodAt,
  periodContaining,
  wholePeriodAt,
} from "../../src/time/calendar.ts";
import { formatInstant } from "../../src/time/instant.ts";
import { at, ruleOf } from "./rules.ts";

describe("wholePeriodAt", () => {
  test("gives the interval a stub is part of", () => {
    const rule = ruleOf("2026-01-15T09:00:00Z", "calendar 1 month Europe/Berlin");
    expect(wholePeriodAt(rule, 0)).toEqual({
      start: at("2025-12-31T23:00:00Z"),
      end: at("2026-01-31T23:00:00Z"),
    });
    expect(wholePeriodAt(rule, 1)).toEqual(periodAt(rule, 1));
  });

  test("is the period itself for an anniversary, even one that starts in a repeated hour", () => {
    const rule = ruleOf("2026-11-01T06:30:00Z", "anniversary 1 month America/New_York");
    expect(wholePeriodAt(rule, 0)).toEqual(periodAt(rule, 0));
  });
});

describe("periodContaining", () => {
  const rule = ruleOf("2026-01-15T09:00:00Z", "calendar 1 month");
  test.each([
    ["2026-01-15T08:59:59.999Z", null],
    ["2026-01-15T09:00:00Z", 0],
    ["2026-01-31T23:59:59.999Z", 0],
    ["2026-02-01T00:00:00Z", 1],
    ["2026-02-28T23:59:59.999Z", 1],
    ["2026-03-01T00:00:00Z", 2],
    ["2126-01-01T00:00:00Z", 1200],
  ])("%s lies in period %p", (text, k) => {
    const found = periodContaining(rule, at(text));
    expect(found).toEqual(k === null ? null : { k, ...periodAt(rule, k) });
  });

  test("passes over a day that never happened", () => {
    const apia = ruleOf("2011-12-29T10:00:00Z", "calendar 1 day Pacific/Apia");
    expect(periodContaining(apia, at("2011-12-30T10:00:00Z"))?.k).toBe(2);
    expect(periodContaining(apia, at("2011-12-30T09:59:59Z"))?.k).toBe(0);
  });
});

describe("the end of time", () => {
  const last = at("9999-12-31T23:59:59.999Z");
  test.each([
    "anniversary 1 month",
    "calendar 1 year",
    "calendar 999999999 year",
    "anniversary 9007199254740991 day",
  ])("%s ends there and is empty afterwards", (spelling) => {
    const rule = ruleOf("9999-12-30T00:00:00Z", spelling);
    expect(periodContaining(rule, last)).toEqual({ k: 0, start: rule.start, end: last + 1 });
    expect(periodAt(rule, 50)).toEqual({ start: last + 1, end: last + 1 });
  });
});

test.each([
  ["2026-02-14T12:00:00Z", "UTC", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"],
  ["2026-03-01T04:59:59Z", "America/New_York", "2026-02-01T05:00:00Z", "2026-03-01T05:00:00Z"],
  ["2026-03-01T05:00:00Z", "America/New_York", "2026-03-01T05:00:00Z", "2026-04-01T04:00:00Z"],
  ["2026-12-31T23:30:00Z", "Europe/Berlin", "2026-12-31T23:00:00Z", "2027-01-31T23:00:00Z"],
  ["1970-01-01T00:00:00Z", "Asia/Kolkata", "1969-12-31T18:30:00Z", "1970-01-31T18:30:00Z"],
])("the calendar month of %s in %s", (text, timezone, start, end) => {
  const month = calendarMonth(at(text), timezone);
  expect([month.start, month.end].map(formatInstant)).toEqual([start, end]);
  expect(calendarMonth(at(text), timezone)).toEqual(month);
  expect(calendarMonth(month.end, timezone).start).toBe(month.end);
});

test("rules that make no sense are bugs", () => {
  expect(() => calendarMonth(at("9999-12-31T23:59:59.999Z") + 1, "UTC")).toThrow();
  const rule = ruleOf("2026-01-01T00:00:00Z", "calendar 1 month");
  for (const k of [-1, 0.5, Number.NaN]) expect(() => periodAt(rule, k)).toThrow();
  for (const intervalCount of [0, -1, 0.5]) expect(() => periodAt({ ...rule, intervalCount }, 0)).toThrow();
});

test("time zones are IANA names in their usual spelling", () => {
  for (const name of [
    "UTC",
    "Europe/Berlin",
    "America/Argentina/Buenos_Aires",
    "Asia/Calcutta",
    "Etc/GMT+5",
  ]) {
    expect(isTimezone(name)).toBe(true);
  }
  const others = [
    "",
    "Z",
    "+02:00",
    "-05:00",
    "utc",
    "europe/berlin",
    "Europe/Atlantis",
    "UTC ",
    "2026-01-01T00:00[UTC]",
  ];
  for (const name of others) expect(isTimezone(name)).toBe(false);
});
