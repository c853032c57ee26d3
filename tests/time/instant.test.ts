import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { formatInstant, parseInstant } from "../../src/time/instant.ts";

const lastMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

test.each([
  ["1970-01-01T00:00:00Z", 0],
  ["2026-02-01T00:00:00Z", Date.UTC(2026, 1, 1)],
  ["2026-02-01t00:00:00z", Date.UTC(2026, 1, 1)],
  ["2026-02-01T00:00:00.5Z", Date.UTC(2026, 1, 1, 0, 0, 0, 500)],
  ["2026-02-01T00:00:00.123999999999Z", Date.UTC(2026, 1, 1, 0, 0, 0, 123)],
  ["2026-02-01T00:00:00.0009Z", Date.UTC(2026, 1, 1)],
  ["2026-02-01T02:00:00+02:00", Date.UTC(2026, 1, 1)],
  ["2026-01-31T19:30:00.250-04:30", Date.UTC(2026, 1, 1, 0, 0, 0, 250)],
  ["2026-02-01T05:45:00+05:45", Date.UTC(2026, 1, 1)],
  ["2026-02-01T00:00:00-00:00", Date.UTC(2026, 1, 1)],
  ["2024-02-29T12:00:00Z", Date.UTC(2024, 1, 29, 12)],
  ["2000-02-29T00:00:00Z", Date.UTC(2000, 1, 29)],
  ["2024-12-31T23:59:59Z", Date.UTC(2024, 11, 31, 23, 59, 59)],
  ["1970-01-01T10:00:00+10:00", 0],
  ["9999-12-31T23:59:59.999Z", lastMs],
])("parseInstant(%s)", (text, at) => {
  expect(parseInstant(text)).toBe(at);
});

test.each([
  "",
  "2026-02-01",
  "2026-02-01T00:00:00", // local time
  "2026-02-01 00:00:00Z",
  "2026-02-01T00:00Z",
  "2026-02-01T00:00:00.Z",
  "2026-02-01T00:00:00,5Z",
  "2026-02-01T00:00:00ZZ",
  "2026-02-01T00:00:00Z ",
  " 2026-02-01T00:00:00Z",
  "2026-02-01T00:00:00+0200",
  "2026-02-01T00:00:00+02",
  "2026-02-01T00:00:00+02:00Z",
  "2026-02-01T00:00:00+24:00",
  "2026-02-01T00:00:00+02:60",
  "2026-02-01T00:00:00 02:00",
  "2026-2-1T00:00:00.00Z",
  "2026/02/01T00:00:00Z",
  "2026-02-01T00-00-00Z",
  "2026-00-01T00:00:00Z",
  "2026-13-01T00:00:00Z",
  "2026-01-00T00:00:00Z",
  "2026-01-32T00:00:00Z",
  "2026-04-31T00:00:00Z",
  "2026-02-29T00:00:00Z",
  "2100-02-29T00:00:00Z", // no leap year
  "2026-02-30T00:00:00Z",
  "2026-02-01T24:00:00Z",
  "2026-02-01T00:60:00Z",
  "2016-12-31T23:59:60Z", // leap second
  "1969-12-31T23:59:59Z",
  "1970-01-01T00:00:00+00:01", // still 1969
  "9999-12-31T23:59:59-00:01", // the year 10000 already
  "+02026-02-01T00:00:00Z",
  "202x-02-01T00:00:00Z",
  "2026-02-01T00:00:0xZ",
  "２０２６-02-01T00:00:00Z",
])("parseInstant refuses %j", (text) => {
  expect(parseInstant(text)).toBeNull();
});

test("formatInstant shows milliseconds only where there are some", () => {
  expect(formatInstant(Date.UTC(2026, 1, 1))).toBe("2026-02-01T00:00:00Z");
  expect(formatInstant(Date.UTC(2026, 1, 1, 23, 59, 59, 7))).toBe("2026-02-01T23:59:59.007Z");
  expect(formatInstant(-1)).toBe("1969-12-31T23:59:59.999Z"); // a month's start in a zone east of UTC
  expect(formatInstant(lastMs + 1)).toBe("10000-01-01T00:00:00Z"); // where the last period ends
});

describe("laws", () => {
  const instants = fc.integer({ min: 0, max: lastMs });

  test("parse undoes format, which agrees with the runtime", () => {
    fc.assert(
      fc.property(instants, (at) => {
        const text = formatInstant(at);
        expect(parseInstant(text)).toBe(at);
        expect(Date.parse(text)).toBe(at);
        expect(text).toBe(new Date(at).toISOString().replace(".000Z", "Z"));
      }),
      { numRuns: 3000 },
    );
  });

  test("every day of four centuries is read and written as the runtime does", () => {
    for (let at = Date.UTC(1970, 0, 1); at < Date.UTC(2370, 0, 1); at += 86_400_000) {
      const text = new Date(at).toISOString().replace(".000Z", "Z");
      if (formatInstant(at) !== text || parseInstant(text) !== at) throw new Error(`${text} differs`);
    }
  });

  test("any digits make an instant exactly where the calendar has such a time", () => {
    const two = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, "0"));
    const parts = fc.tuple(fc.integer({ min: 1970, max: 2500 }), two(14), two(33), two(26), two(62), two(62));
    fc.assert(
      fc.property(parts, ([year, month, day, hour, minute, second]) => {
        const text = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
        const at = Date.UTC(
          year,
          Number(month) - 1,
          Number(day),
          Number(hour),
          Number(minute),
          Number(second),
        );
        const exists = new Date(at).toISOString().startsWith(text.slice(0, 19)); // Date rolls over what does not
        expect(parseInstant(text)).toBe(exists ? at : null);
      }),
      { numRuns: 3000 },
    );
  });

  test("an offset only moves the same wall time", () => {
    const offsets = fc.tuple(fc.constantFrom("+", "-"), fc.nat({ max: 23 }), fc.nat({ max: 59 }));
    fc.assert(
      fc.property(fc.integer({ min: 1e12, max: 4e12 }), offsets, (at, [direction, hours, minutes]) => {
        const pad = (n: number) => String(n).padStart(2, "0");
        const text = formatInstant(at).replace("Z", `${direction}${pad(hours)}:${pad(minutes)}`);
        const ms = (hours * 60 + minutes) * 60_000;
        expect(parseInstant(text)).toBe(direction === "+" ? at - ms : at + ms);
      }),
    );
  });
});
