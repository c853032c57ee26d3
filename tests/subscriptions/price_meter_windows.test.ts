import { describe, expect, test } from "bun:test";
import { formatExact } from "../../src/money/ratio.ts";
import {
  chargeOf,
  chargeWith,
  newPriceMeter,
  quantityOfMeter,
  readUsage,
  takeUsage,
} from "../../src/subscriptions/price_meter.ts";
import { priceOf, shown, shownCells } from "../pricing/prices.ts";
import { february, instant, liveThrough, metered, metricWith, span, type Used } from "./price_meters.ts";

/** Ten units a window are free, each beyond costs 1: a charge shows what fell in one window. */
const beyondTen = (window: string) =>
  priceOf({ model: "per_unit", unit_amount: "1", included_units: "10", window });
const used = (...list: readonly (readonly [at: string, value: unknown])[]): Used[] =>
  list.map(([at, value]) => [at, { value }]);
const sum = metricWith("sum");

describe("windows are cut by the clocks of the zone", () => {
  const berlin = span("2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z", "Europe/Berlin");
  const newYork = span("2026-11-01T04:00:00Z", "2026-12-01T05:00:00Z", "America/New_York");
  const lordHowe = span("2026-03-31T13:00:00Z", "2026-04-30T13:30:00Z", "Australia/Lord_Howe");
  const kathmandu = span("2026-01-31T18:15:00Z", "2026-02-28T18:15:00Z", "Asia/Kathmandu");
  const saoPaulo = span("2018-11-01T03:00:00Z", "2018-12-01T02:00:00Z", "America/Sao_Paulo");
  const apia = span("2011-12-01T10:00:00Z", "2011-12-31T10:00:00Z", "Pacific/Apia");
  const rows: [
    what: string,
    window: string,
    period: typeof february,
    first: string,
    second: string,
    together: boolean,
  ][] = [
    [
      "a UTC day to its last millisecond",
      "day",
      february,
      "2026-02-03T00:00:00Z",
      "2026-02-03T23:59:59.999Z",
      true,
    ],
    [
      "midnight begins the next day",
      "day",
      february,
      "2026-02-03T23:59:59.999Z",
      "2026-02-04T00:00:00Z",
      false,
    ],
    ["a UTC hour", "hour", february, "2026-02-03T07:00:00Z", "2026-02-03T07:59:59.999Z", true],
    ["the next hour", "hour", february, "2026-02-03T07:59:59.999Z", "2026-02-03T08:00:00Z", false],
    ["a week from Monday to Sunday", "week", february, "2026-02-02T00:00:00Z", "2026-02-08T23:59:59Z", true],
    ["Sunday and Monday", "week", february, "2026-02-08T23:59:59Z", "2026-02-09T00:00:00Z", false],
    ["Berlin's day of 23 hours", "day", berlin, "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z", true],
    ["and the one after it", "day", berlin, "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z", false],
    ["New York's day of 25 hours", "day", newYork, "2026-11-01T04:00:00Z", "2026-11-02T04:59:59Z", true],
    [
      "New York's hour from one, twice",
      "hour",
      newYork,
      "2026-11-01T05:30:00Z",
      "2026-11-01T06:30:00Z",
      false,
    ],
    [
      "an hour and a half in Lord Howe",
      "hour",
      lordHowe,
      "2026-04-04T14:00:00Z",
      "2026-04-04T15:29:59Z",
      true,
    ],
    ["and the hour after it", "hour", lordHowe, "2026-04-04T15:29:59Z", "2026-04-04T15:30:00Z", false],
    [
      "an hour of Kathmandu begins at a quarter past",
      "hour",
      kathmandu,
      "2026-02-03T07:15:00Z",
      "2026-02-03T08:14:59Z",
      true,
    ],
    ["not on the hour", "hour", kathmandu, "2026-02-03T07:14:59Z", "2026-02-03T07:15:00Z", false],
    [
      "São Paulo's day without a midnight",
      "day",
      saoPaulo,
      "2018-11-04T03:00:00Z",
      "2018-11-05T01:59:59Z",
      true,
    ],
    ["and the day before it", "day", saoPaulo, "2018-11-04T02:59:59Z", "2018-11-04T03:00:00Z", false],
    ["Apia's last two days of 2011", "day", apia, "2011-12-30T09:59:59Z", "2011-12-30T10:00:00Z", false],
    ["Apia's week of six days", "week", apia, "2011-12-26T10:00:00Z", "2011-12-31T09:59:59Z", true],
  ];
  for (const [what, window, period, first, second, together] of rows) {
    test(`${what}: ${together ? "one window" : "two windows"}`, () => {
      const { amount, quantity } = liveThrough(beyondTen(window), sum, used([first, 8], [second, 7]), period);
      expect([amount, quantity]).toEqual([together ? "5" : "0", "15"]);
    });
  }
});

describe("every window is priced on its own", () => {
  const tiers = [
    { up_to: "10", unit_amount: "1", flat_amount: "5" },
    { up_to: null, unit_amount: "0.5", flat_amount: "2" },
  ];
  const three = used(["2026-02-01T10:00:00Z", 12], ["2026-02-02T10:00:00Z", 4], ["2026-02-03T10:00:00Z", 10]);

  test("graduated: tiers and flat amounts add up", () => {
    const { charge } = liveThrough(priceOf({ model: "graduated", tiers, window: "day" }), sum, three);
    expect(shown(charge)).toEqual({
      amount: "42", // 10 + 5 + 1 + 2, 4 + 5, 10 + 5
      unit: null,
      tiers: ["24 × 1 + 15 = 39", "2 × 0.5 + 2 = 3"],
    });
  });

  test("volume: windows of different tiers, in the order of the price whatever came first", () => {
    const { charge } = liveThrough(
      priceOf({ model: "volume", tiers, window: "day" }),
      sum,
      three.toReversed(),
    );
    expect(shown(charge)).toEqual({
      amount: "32", // 12 × 0.5 + 2, 4 + 5, 10 + 5
      unit: null,
      tiers: ["14 × 1 + 10 = 24", "12 × 0.5 + 2 = 8"],
    });
  });

  test("packages are started anew", () => {
    const price = priceOf({ model: "package", package_size: 10, package_amount: 3, window: "day" });
    expect(liveThrough(price, sum, three).amount).toBe("12"); // 2 + 1 + 1
  });

  test("units are transformed and included anew", () => {
    const unit_transform = { operation: "divide", by: 5, round: "up" };
    const price = priceOf({
      model: "per_unit",
      unit_amount: 1,
      unit_transform,
      included_units: 1,
      window: "day",
    });
    expect(liveThrough(price, sum, three)).toMatchObject({ amount: "3", quantity: "26" }); // 3-1, 1-1, 2-1
  });

  test("empty windows cost nothing, also with flat_at_zero; one with usage of zero does", () => {
    const price = priceOf({ model: "volume", tiers, flat_at_zero: true, window: "day" });
    expect(formatExact(chargeOf(price, sum, null, february).amount)).toBe("0");
    expect(liveThrough(price, sum, three.slice(0, 1)).amount).toBe("8");
    expect(
      liveThrough(price, sum, used(["2026-02-01T10:00:00Z", 4], ["2026-02-01T11:00:00Z", -4])).amount,
    ).toBe("5");
  });

  test("a maximum is of every window, the quantity their sum", () => {
    const events = used(
      ["2026-02-01T10:00:00Z", 3],
      ["2026-02-01T11:00:00Z", 8],
      ["2026-02-02T10:00:00Z", 5],
      ["2026-02-02T09:00:00Z", 4],
    );
    const price = priceOf({ model: "per_unit", unit_amount: 2, window: "day" });
    expect(liveThrough(price, metricWith("max"), events)).toMatchObject({ quantity: "13", amount: "26" });
    expect(liveThrough(price, metricWith("latest"), events)).toMatchObject({ quantity: "13", amount: "26" });
    expect(liveThrough(price, metricWith("average"), events)).toMatchObject({ quantity: "10", amount: "20" });
  });

  test("a level lasts to the end of its window, measured by the window's length", () => {
    const price = priceOf({ model: "per_unit", unit_amount: 1, window: "day" });
    const events = used(["2026-02-01T18:00:00Z", 8], ["2026-02-02T12:00:00Z", 4]);
    // A quarter of a day at 8, half a day at 4: what the first day left is not carried into the second.
    expect(liveThrough(price, metricWith("weighted_sum"), events).amount).toBe("4");
  });

  test("an allowance is of every window", () => {
    const price = priceOf({ model: "percentage", rate: 10, fixed_amount: 1, free_events: 1, window: "week" });
    const events = used(
      ["2026-02-03T00:00:00Z", 10],
      ["2026-02-04T00:00:00Z", 20],
      ["2026-02-10T00:00:00Z", 30],
      ["2026-02-11T00:00:00Z", 40],
    );
    expect(liveThrough(price, sum, events).amount).toBe("8"); // 2 + 1 and 4 + 1
    expect(liveThrough(price, sum, events.toReversed()).amount).toBe("8");
  });

  test("cells are of every window and shown together, in the order of the price", () => {
    const price = priceOf({
      model: "matrix",
      dimensions: ["a"],
      cells: [
        { match: { a: "x" }, unit_amount: 1 },
        { match: { a: "y" }, unit_amount: 2 },
      ],
      included_units: 3,
      window: "day",
    });
    const events: Used[] = [
      ["2026-02-01T00:00:00Z", { a: "y", value: 5 }],
      ["2026-02-02T00:00:00Z", { a: "x", value: 4 }],
      ["2026-02-02T00:00:00Z", { a: "y", value: 1 }],
      ["2026-02-02T00:00:00Z", { a: "z", value: 1 }],
    ];
    const { charge, amount, quantity } = liveThrough(price, sum, events);
    expect([amount, quantity]).toEqual(["7", "11"]);
    expect(shownCells(charge)).toEqual(["x: 1 × 1 = 1", "y: 3 × 2 = 6", "default: 1 × 0 = 0"]);
  });

  test("dynamic amounts add up over windows", () => {
    const price = priceOf({ model: "dynamic", amount_field: "value", window: "hour" });
    expect(liveThrough(price, sum, three)).toMatchObject({ amount: "26", quantity: "26" });
  });

  test("the rate of one window is the rate of all, where it is the same", () => {
    const price = priceOf({ model: "per_unit", unit_amount: "0.25", window: "day" });
    expect(shown(liveThrough(price, sum, three).charge)).toEqual({ amount: "6.5", unit: "0.25", tiers: [] });
  });
});

describe("windows at the ends of a period", () => {
  const price = priceOf({ model: "per_unit", unit_amount: "1", window: "week" });
  const level = metricWith("weighted_sum");

  test("are cut, and measured by the length of the whole window", () => {
    // 1 February 2026 is a Sunday: one day of a week from Monday.
    const events = used(["2026-02-01T00:00:00Z", 7]);
    expect(liveThrough(price, level, events).amount).toBe("1");
  });

  test("move with the end of a period that is cut short", () => {
    const events = used(["2026-02-02T00:00:00Z", 7], ["2026-02-09T00:00:00Z", 7]);
    const { meter, amount } = liveThrough(price, level, events);
    expect(amount).toBe("14");
    const cut = { ...february, end: instant("2026-02-11T00:00:00Z") };
    expect(formatExact(chargeOf(price, level, meter, cut).amount)).toBe("9"); // a week, and two days of the next
    expect(formatExact(quantityOfMeter(price, level, meter, cut))).toBe("9");
    expect(formatExact(chargeOf(price, level, meter, february).amount)).toBe("14");
  });
});

test("what was foretold in one window does not outlive usage in another", () => {
  const price = beyondTen("day");
  const meter = newPriceMeter(price, sum);
  const readings = used(["2026-02-01T00:00:00Z", 12], ["2026-02-02T00:00:00Z", 15]).map((event, order) => {
    const reading = readUsage(price, sum, metered(event, order), february);
    if (reading === null || "reason" in reading) throw new Error("the event can be metered");
    return reading;
  });
  const [first, second] = readings;
  if (first === undefined || second === undefined) throw new Error("there are two readings");
  const foretold = () => formatExact(chargeWith(price, sum, meter, first, february));
  expect(foretold()).toBe("2");
  takeUsage(price, sum, meter, second);
  expect(foretold()).toBe("7");
  takeUsage(price, sum, meter, first);
  expect(foretold()).toBe("19"); // 24 in the first, 15 in the second
  const early = { ...february, end: instant("2026-02-01T12:00:00Z") };
  expect(formatExact(chargeWith(price, sum, meter, first, early))).toBe("19");
});
