import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  calendarMonth,
  type Interval,
  type PeriodRule,
  periodAt,
  periodContaining,
  wholePeriodAt,
} from "../../src/time/calendar.ts";

const timezones = [
  "UTC",
  "America/New_York",
  "America/St_Johns",
  "America/Sao_Paulo",
  "Europe/Berlin",
  "Africa/Cairo",
  "Africa/Casablanca",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Asia/Tehran",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Pacific/Chatham",
];

const instants = fc.oneof(
  fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) }),
  fc.integer({ min: 0, max: 800_000 }).map((hour) => hour * 3_600_000), // on the hour: on boundaries now and then
  fc.integer({ min: -50, max: 50 }).map((hour) => Date.UTC(2011, 11, 30) + hour * 3_600_000), // Apia's lost day
);

const rules: fc.Arbitrary<PeriodRule> = fc.record({
  start: instants,
  anchor: fc.constantFrom("calendar", "anniversary"),
  interval: fc.constantFrom<Interval>("day", "week", "month", "year"),
  intervalCount: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 14 })),
  timezone: fc.constantFrom(...timezones),
});

test("periods tile time from the start, without gap or overlap", () => {
  fc.assert(
    fc.property(rules, fc.nat({ max: 40 }), (rule, count) => {
      let end = rule.start;
      for (let k = 0; k <= count; k += 1) {
        const period = periodAt(rule, k);
        expect(period.start).toBe(end);
        expect(period.end).toBeGreaterThanOrEqual(period.start);
        end = period.end;
      }
      expect(end).toBeGreaterThan(rule.start);
    }),
    { numRuns: 500 },
  );
});

test("periodContaining finds the period of each of its instants, and only that", () => {
  fc.assert(
    fc.property(
      rules,
      fc.nat({ max: 600 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (rule, k, share) => {
        const period = periodAt(rule, k);
        fc.pre(period.end > period.start); // a lost day holds no instant
        const inside = period.start + Math.floor((period.end - period.start) * share);
        const fresh = { ...rule }; // nothing remembered from the call above
        for (const at of [inside, period.start, period.end - 1]) {
          expect(periodContaining(fresh, at)).toEqual({ k, ...period });
        }
        expect(periodContaining(fresh, period.end)?.start).toBe(period.end);
        expect(periodContaining(fresh, rule.start - 1)).toBeNull();
      },
    ),
    { numRuns: 1000 },
  );
});

test("the order in which periods are asked for changes nothing", () => {
  fc.assert(
    fc.property(rules, fc.array(fc.nat({ max: 10 ** 12 }), { maxLength: 10 }), (rule, distances) => {
      for (const distance of distances) {
        const at = rule.start + distance;
        expect(periodContaining(rule, at)).toEqual(periodContaining({ ...rule }, at));
      }
    }),
  );
});

test("every later boundary has the local time of the anchor, clamped to its month", () => {
  fc.assert(
    fc.property(rules, fc.integer({ min: 1, max: 60 }), (rule, k) => {
      const local = (at: number) =>
        Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(rule.timezone);
      const anchor = local(rule.anchor === "calendar" ? wholePeriodAt(rule, 0).end : rule.start);
      const boundary = local(periodAt(rule, k).start);
      const steps = (rule.anchor === "calendar" ? k - 1 : k) * rule.intervalCount;
      const wanted = anchor.toPlainDateTime().add({ [`${rule.interval}s`]: steps });
      // Where no change of clocks is near, the wall time is exactly that; else it is off by the change at most.
      const off = boundary.toPlainDateTime().since(wanted).total("hours");
      const clocksChange =
        boundary.subtract({ hours: 26 }).offset !== boundary.offset ||
        anchor.subtract({ hours: 26 }).offset !== anchor.offset;
      if (!clocksChange) expect(off).toBe(0);
      expect(Math.abs(off)).toBeLessThanOrEqual(rule.timezone === "Pacific/Apia" ? 24 : 1);
    }),
    { numRuns: 1000 },
  );
});

test("a stub lies in the whole interval around it", () => {
  fc.assert(
    fc.property(rules, (rule) => {
      const [stub, whole] = [periodAt(rule, 0), wholePeriodAt(rule, 0)];
      expect(whole.start).toBeLessThanOrEqual(stub.start);
      expect(whole.end).toBe(stub.end);
      const onBoundary: PeriodRule = { ...rule, start: whole.start };
      if (whole.start >= 0 && rule.anchor === "calendar")
        expect(periodAt(onBoundary, 0).start).toBe(whole.start);
    }),
    { numRuns: 500 },
  );
});

test("calendar months hold the instant they are asked for and start on the first", () => {
  fc.assert(
    fc.property(instants, fc.constantFrom(...timezones), (at, timezone) => {
      const month = calendarMonth(at, timezone);
      expect(month.start).toBeLessThanOrEqual(at);
      expect(month.end).toBeGreaterThan(at);
      const first = Temporal.Instant.fromEpochMilliseconds(month.start).toZonedDateTimeISO(timezone);
      expect(first.day).toBe(1);
      expect(first.toPlainDateTime().equals(first.startOfDay().toPlainDateTime())).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
