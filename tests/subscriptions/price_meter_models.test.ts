import { describe, expect, test } from "bun:test";
import { priceOf, shownCells } from "../pricing/prices.ts";
import { day, faultOf, liveThrough, metricWith, type Used, values } from "./price_meters.ts";

describe("a matrix price", () => {
  const price = (more: Record<string, unknown> = {}) =>
    priceOf({
      model: "matrix",
      dimensions: ["model", "request.tier"],
      cells: [
        { match: { model: "large", "request.tier": 1 }, unit_amount: "3" },
        { match: { model: "small", "request.tier": "1" }, unit_amount: "1" },
        { match: { model: "large", "request.tier": true }, unit_amount: "7" },
      ],
      ...more,
    });
  const of = (model: unknown, tier: unknown, value: unknown, n = 1): Used => [
    day(n),
    { model, request: { tier }, value },
  ];

  test("meters every cell by itself", () => {
    const events = [
      of("large", "1.0", 5),
      of("large", 1.0, 2),
      of("small", 1, 4),
      of("large", true, 1),
      of("large", 2, 9),
    ];
    const { charge, amount, quantity } = liveThrough(price(), metricWith("sum"), events);
    expect([amount, quantity]).toEqual(["17", "21"]);
    expect(shownCells(charge)).toEqual([
      "large 1: 2 × 3 = 6",
      "small 1: 4 × 1 = 4",
      "large true: 1 × 7 = 7",
      "default: 14 × 0 = 0",
    ]);
  });

  test("a maximum is of each cell, the quantity their total", () => {
    const events = [of("large", 1, 5), of("large", 1, 3), of("small", 1, 4), of("small", 1, 10)];
    expect(liveThrough(price(), metricWith("max"), events)).toMatchObject({ quantity: "15", amount: "25" });
  });

  test("the same text counts in every cell it comes in", () => {
    const events = [of("large", 1, "ada"), of("small", 1, "ada"), of("small", 1, "ada")];
    expect(liveThrough(price(), metricWith("unique"), events)).toMatchObject({ quantity: "2", amount: "4" });
  });

  test("what has no value, or one that is no scalar, is in no cell", () => {
    const events: Used[] = [
      of("large", [1], 1),
      of(null, 1, 1),
      of("large", null, 1),
      [day(1), { value: 1 }],
    ];
    const { charge } = liveThrough(price({ default_unit_amount: "0.5" }), metricWith("sum"), events);
    expect(shownCells(charge)).toEqual(["default: 4 × 0.5 = 2"]);
  });

  test("included units go to the cells in the order they are listed, whatever came first", () => {
    const events = [of("other", 1, 10), of("small", 1, 4), of("large", 1, 4)];
    const { amount } = liveThrough(
      price({ included_units: 6, default_unit_amount: 2 }),
      metricWith("sum"),
      events,
    );
    expect(amount).toBe("22"); // 4 large and 2 small are free: 2 × 1 + 10 × 2
  });
});

describe("a dynamic price", () => {
  const price = priceOf({ model: "dynamic", amount_field: "order.price" });
  const order = (amount: unknown, times = "1"): Used => [
    day(1),
    { value: 1, order: { price: amount } },
    times,
  ];

  test("costs what the events say, the quantity stays the metric's", () => {
    const events = [order("0.40"), order(1.1), order("-0.000000000001"), order(2, "3")];
    expect(liveThrough(price, metricWith("count"), events)).toMatchObject({
      quantity: "6",
      amount: "7.499999999999",
    });
  });

  test("can cost less than nothing", () => {
    expect(liveThrough(price, metricWith("sum"), [order(1), order(-3)]).amount).toBe("-2");
  });

  const faults: [amount: unknown, reason: string][] = [
    [undefined, "is missing"],
    [null, "is missing"],
    ["free", "is not a number"],
    [true, "is not a number"],
    [{}, "is not a number"],
    ["1e18", "must be below 10^18"],
    ["0.1234567890123", "must not have more than 12 decimals"],
  ];
  for (const [amount, reason] of faults) {
    test(`an event of ${JSON.stringify(amount)} has no amount`, () => {
      expect(faultOf(price, metricWith("count"), { order: { price: amount } })).toBe(
        `property 'order.price' ${reason}`,
      );
    });
  }
});

describe("a percentage by event", () => {
  const price = priceOf({ model: "percentage", rate: 1, fixed_amount: 2, free_events: 2 });

  test("frees the earliest events, whenever they come in", () => {
    const late: Used[] = [
      [day(9), { value: 100 }],
      [day(5), { value: 70 }],
      [day(5), { value: 10 }],
      [day(1), { value: 30 }],
    ];
    for (const events of [late, late.toReversed()])
      expect(liveThrough(price, metricWith("sum"), events)).toMatchObject({ quantity: "210", amount: "5.7" });
  });

  test("a count's events are of one each", () => {
    expect(liveThrough(price, metricWith("count"), values(5, 5, 5))).toMatchObject({
      quantity: "3",
      amount: "2.01",
    });
  });

  test("needs numbers", () => {
    expect(faultOf(price, metricWith("unique"), { value: "ada" })).toBe(
      "a percentage by event needs a number",
    );
  });
});
