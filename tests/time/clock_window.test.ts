import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { clockWindow } from "../../src/time/calendar.ts";
import { formatInstant, parseInstant } from "../../src/time/instant.ts";

const at = (text: string) => parseInstant(text) ?? Number.NaN;
const units = ["hour", "day", "week"] as const;
const zones = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "America/Sao_Paulo",
  "America/Havana",
  "Pacific/Apia",
];

describe("clockWindow", () => {
  const rows: [zone: string, unit: (typeof units)[number], at: string, start: string, end: string][] = [
    ["UTC", "hour", "2026-02-03T07:59:59.999Z", "2026-02-03T07:00:00Z", "2026-02-03T08:00:00Z"],
    ["UTC", "day", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"],
    ["UTC", "week", "2026-02-01T12:00:00Z", "2026-01-26T00:00:00Z", "2026-02-02T00:00:00Z"],
    ["UTC", "week", "2026-02-02T00:00:00Z", "2026-02-02T00:00:00Z", "2026-02-09T00:00:00Z"],
    ["Europe/Berlin", "day", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"],
    ["Europe/Berlin", "hour", "2026-03-29T00:30:00Z", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"],
    ["America/New_York", "day", "2026-11-01T12:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"],
    ["America/New_York", "hour", "2026-11-01T05:30:00Z", "2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z"],
    ["America/New_York", "hour", "2026-11-01T06:30:00Z", "2026-11-01T06:00:00Z", "2026-11-01T07:00:00Z"],
    ["Asia/Kathmandu", "hour", "2026-03-08T05:00:00Z", "2026-03-08T04:15:00Z", "2026-03-08T05:15:00Z"],
    // The clocks go half an hour back at two, then, in October, half an hour ahead.
    ["Australia/Lord_Howe", "hour", "2026-04-04T14:10:00Z", "2026-04-04T14:00:00Z", "2026-04-04T15:30:00Z"],
    ["Australia/Lord_Howe", "hour", "2026-04-04T15:10:00Z", "2026-04-04T14:00:00Z", "2026-04-04T15:30:00Z"],
    ["Australia/Lord_Howe", "hour", "2026-10-03T15:40:00Z", "2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z"],
    // A day that begins at one o'clock, one that has its first hour twice, and one that never happened.
    ["America/Sao_Paulo", "day", "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"],
    ["America/Havana", "day", "2026-11-01T05:30:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"],
    ["Pacific/Apia", "day", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"],
    ["Pacific/Apia", "week", "2011-12-31T09:00:00Z", "2011-12-26T10:00:00Z", "2012-01-01T10:00:00Z"],
  ];
  for (const [zone, unit, instant, start, end] of rows) {
    test(`the ${unit} of ${instant} in ${zone}`, () => {
      const window = clockWindow(at(instant), unit, zone);
      expect([formatInstant(window.start), formatInstant(window.end)]).toEqual([start, end]);
    });
  }

  test("windows follow each other without gap or overlap, asked in any order", () => {
    const around = fc.integer({ min: at("2010-01-01T00:00:00Z"), max: at("2030-01-01T00:00:00Z") });
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.constantFrom(...units), around, (zone, unit, instant) => {
        const window = clockWindow(instant, unit, zone);
        expect(window.start <= instant && instant < window.end).toBe(true);
        expect(clockWindow(window.end, unit, zone).start).toBe(window.end);
        expect(clockWindow(window.start - 1, unit, zone).end).toBe(window.start);
        expect(clockWindow(window.start, unit, zone)).toMatchObject({ start: window.start, end: window.end });
        expect(clockWindow(window.end - 1, unit, zone)).toMatchObject({
          start: window.start,
          end: window.end,
        });
      }),
      { numRuns: 1000 },
    );
  });

  test("a day and a week are made of whole hours and days", () => {
    const around = fc.integer({ min: at("2010-01-01T00:00:00Z"), max: at("2030-01-01T00:00:00Z") });
    fc.assert(
      fc.property(fc.constantFrom(...zones), around, (zone, instant) => {
        for (const [whole, part] of [
          ["day", "hour"],
          ["week", "day"],
        ] as const) {
          const { start, end } = clockWindow(instant, whole, zone);
          expect(clockWindow(start, part, zone).start).toBe(start);
          expect(clockWindow(end - 1, part, zone).end).toBe(end);
        }
      }),
    );
  });
});
