import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Metric } from "../../src/metering/metric.ts";
import { addExact, formatExact, subExact } from "../../src/money/ratio.ts";
import type { Price } from "../../src/pricing/price.ts";
import { chargeOf } from "../../src/subscriptions/price_meter.ts";
import { priceOf } from "../pricing/prices.ts";
import { february, liveThrough, metricWith, span, type Used } from "./price_meters.ts";

const open = { up_to: null };
const models: readonly Record<string, unknown>[] = [
  { model: "per_unit", unit_amount: "0.123456789012" },
  {
    model: "graduated",
    tiers: [
      { up_to: 5, unit_amount: 2, flat_amount: 1 },
      { ...open, unit_amount: 1 },
    ],
  },
  {
    model: "volume",
    tiers: [
      { up_to: "7.5", unit_amount: 2 },
      { ...open, unit_amount: 1, flat_amount: 3 },
    ],
  },
  {
    model: "stairstep",
    tiers: [
      { up_to: 3, flat_amount: 1 },
      { up_to: 9, flat_amount: 5 },
      { ...open, flat_amount: 4 },
    ],
  },
  { model: "package", package_size: "2.5", package_amount: 3 },
  {
    model: "graduated_percentage",
    tiers: [
      { up_to: 10, rate: 10, flat_amount: 1 },
      { ...open, rate: "0.5" },
    ],
  },
  { model: "seat", unit_amount: 5, min: 2, max: 20 },
  { model: "dynamic", amount_field: "value" },
  {
    model: "matrix",
    dimensions: ["kind"],
    cells: [
      { match: { kind: 1 }, unit_amount: 2 },
      { match: { kind: 2 }, unit_amount: 3 },
    ],
    default_unit_amount: 1,
  },
  { model: "percentage", rate: "2.9", fixed_amount: "0.3" },
];
const byEvent: readonly Record<string, unknown>[] = [
  { model: "percentage", rate: "2.9", fixed_amount: "0.3", free_events: 2 },
  { model: "percentage", rate: "2.9", fixed_amount: "0.3", free_amount: 12 },
  { model: "percentage", rate: "2.9", free_events: 4, free_amount: 12, min_per_event: 1, max_per_event: 2 },
];
const units = [{}, { included_units: 4 }, { unit_transform: { operation: "divide", by: 3, round: "up" } }];
const refuseUnits = ["dynamic", "percentage"];
const windows = [undefined, "hour", "day", "week"] as const;
const kinds = [
  "count",
  "sum",
  "max",
  "min",
  "unique",
  "latest",
  "average",
  "weighted_sum",
  "percentile",
] as const;

/** Prices of every model, by window or not, with metrics of every kind they go with. */
const pairs: fc.Arbitrary<{ price: Price; metric: Metric }> = fc
  .record({
    model: fc.constantFrom(...models, ...byEvent),
    rules: fc.constantFrom(...units),
    window: fc.constantFrom(...windows),
    kind: fc.constantFrom(...kinds),
  })
  .map(({ model, rules, window, kind }) => {
    const numbers = byEvent.includes(model) ? (kind === "count" ? "count" : "sum") : kind;
    const before = refuseUnits.includes(String(model.model)) ? {} : rules;
    const price = priceOf({ ...model, ...before, ...(window === undefined ? {} : { window }) });
    return { price, metric: metricWith(numbers, numbers === "percentile" ? { percentile: "90" } : {}) };
  });

/** Two days around a change of clocks, so that hours and days differ in length. */
const period = span("2026-03-28T23:00:00Z", "2026-03-30T22:00:00Z", "Europe/Berlin");
const halfHours = fc.integer({ min: 0, max: 93 }).map((n) => period.start + n * 1_800_000);
const usage: fc.Arbitrary<Used> = fc
  .tuple(
    halfHours,
    fc.integer({ min: -20, max: 60 }),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 3 }),
  )
  .map(([at, value, kind, times]) => [at, { value: value / 4, kind }, String(times)]);
/** Of two events of one instant the later in wins `latest`, so only for events of different times is order nothing. */
const differentTimes = fc.uniqueArray(usage, { maxLength: 10, selector: ([at]) => at });

describe("laws of the meter", () => {
  test("what is foretold is charged, for every model, kind and window", () => {
    // The law itself is held by `liveThrough`, after every event.
    fc.assert(
      fc.property(pairs, fc.array(usage, { maxLength: 8 }), ({ price, metric }, events) => {
        const { charge, meter } = liveThrough(price, metric, events, period);
        expect(formatExact(chargeOf(price, metric, meter, period).amount)).toBe(formatExact(charge.amount));
      }),
      { numRuns: 400 },
    );
  });

  test("the order in which events come in does not matter", () => {
    const drawn = differentTimes.chain((events) =>
      fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
    );
    fc.assert(
      fc.property(pairs, drawn, ({ price, metric }, [events, shuffled]) => {
        const one = liveThrough(price, metric, events, period);
        const other = liveThrough(price, metric, shuffled, period);
        expect([other.amount, other.quantity]).toEqual([one.amount, one.quantity]);
      }),
      { numRuns: 400 },
    );
  });

  test("an event that stands for many is as many events", () => {
    fc.assert(
      fc.property(pairs, fc.array(usage, { maxLength: 6 }), ({ price, metric }, events) => {
        const singles = events.flatMap(([at, properties, times]): Used[] =>
          Array.from({ length: Number(times) }, () => [at, properties]),
        );
        const one = liveThrough(price, metric, events, period);
        const other = liveThrough(price, metric, singles, period);
        expect([other.amount, other.quantity]).toEqual([one.amount, one.quantity]);
      }),
      { numRuns: 300 },
    );
  });

  test("the charges of windows are those of as many periods", () => {
    const unwindowed = pairs.filter(({ price }) => price.window === null);
    fc.assert(
      fc.property(unwindowed, differentTimes, ({ price, metric }, events) => {
        const daily = { ...price, window: "day" as const };
        const whole = liveThrough(daily, metric, events, period).charge.amount;
        const noon = period.start + 23 * 3_600_000; // the first of the two days has no hour from two to three
        const days = [
          { ...period, end: noon, wholeMs: noon - period.start },
          { ...period, start: noon, wholeMs: period.end - noon },
        ].map((day) => {
          const within = events.filter(([at]) => Number(at) >= day.start && Number(at) < day.end);
          return within.length === 0 ? { c: 0, s: 0 } : liveThrough(price, metric, within, day).charge.amount;
        });
        expect(formatExact(subExact(whole, days.reduce(addExact)))).toBe("0");
      }),
      { numRuns: 300 },
    );
  });

  test("tiers and cells add up to the amount", () => {
    fc.assert(
      fc.property(pairs, fc.array(usage, { maxLength: 8 }), ({ price, metric }, events) => {
        const { charge } = liveThrough(price, metric, events, period);
        for (const parts of [charge.tiers, charge.cells]) {
          if (parts.length === 0) continue;
          const sum = parts.map((part) => part.amount).reduce(addExact);
          expect(formatExact(subExact(sum, charge.amount))).toBe("0");
        }
      }),
      { numRuns: 300 },
    );
  });
});

test("a month's usage by filter adds up to the whole where the price is per unit", () => {
  const metric = metricWith("sum");
  const by = (filters: unknown[]) => priceOf({ model: "per_unit", unit_amount: "0.3", filters });
  const days = fc.integer({ min: 0, max: 27 }).map((n) => february.start + n * 86_400_000);
  const event = fc.tuple(days, fc.integer({ min: -9, max: 9 }), fc.constantFrom("a", "b", "c"));
  fc.assert(
    fc.property(fc.array(event, { maxLength: 9 }), (list) => {
      const events = list.map(([at, value, region]): Used => [at, { value: value + 9, region }]);
      const parts = [
        [{ field: "region", op: "eq", values: ["a"] }],
        [{ field: "region", op: "neq", values: ["a"] }],
      ].map((filters) => liveThrough(by(filters), metric, events).charge.amount);
      const whole = liveThrough(by([]), metric, events).charge.amount;
      expect(formatExact(parts.reduce(addExact))).toBe(formatExact(whole));
    }),
  );
});
