import { describe, expect, test } from "bun:test";
import { formatExact } from "../../src/money/ratio.ts";
import {
  carriedMeter,
  chargeOf,
  chargeWith,
  newPriceMeter,
  quantityOfMeter,
  readUsage,
} from "../../src/subscriptions/price_meter.ts";
import { charged, priceOf, shown, shownCells } from "../pricing/prices.ts";
import {
  day,
  faultOf,
  february,
  liveThrough,
  metered,
  metricWith,
  type Used,
  values,
} from "./price_meters.ts";

describe("a plain price", () => {
  const tiers = [
    { up_to: "100", unit_amount: "0.10" },
    { up_to: null, unit_amount: "0.05", flat_amount: "5" },
  ];
  const rows: [
    aggregation: string,
    price: Record<string, unknown>,
    events: Used[],
    quantity: string,
    amount: string,
  ][] = [
    ["count", { model: "per_unit", unit_amount: "0.01" }, values(1, 2, 3), "3", "0.03"],
    ["sum", { model: "graduated", tiers }, values(99, 1, "0.5"), "100.5", "15.025"],
    ["sum", { model: "graduated", tiers }, values(150, -60), "90", "9"],
    ["sum", { model: "volume", tiers }, values("100", "1"), "101", "10.05"],
    ["max", { model: "package", package_size: 10, package_amount: 2 }, values(9, 31, 12), "31", "8"],
    ["unique", { model: "seat", unit_amount: 10, min: 3 }, values("ada", "bob", "ada"), "2", "30"],
    ["sum", { model: "graduated_percentage", tiers: [{ up_to: null, rate: 2 }] }, values(40, 60), "100", "2"],
    [
      "latest",
      {
        model: "stairstep",
        tiers: [
          { up_to: 5, flat_amount: 1 },
          { up_to: null, flat_amount: 2 },
        ],
      },
      values(9, 5),
      "5",
      "1",
    ],
    ["sum", { model: "percentage", rate: 3, fixed_amount: "0.30" }, values(40, 60), "100", "3.6"],
    ["count", { model: "percentage", rate: 50, fixed_amount: "1" }, values(1, 1), "2", "3"],
    ["average", { model: "per_unit", unit_amount: "3" }, values(1, 1, 2), "1.333333333333", "4"],
  ];
  for (const [aggregation, price, events, quantity, amount] of rows) {
    test(`${price.model} of a ${aggregation}: ${quantity} cost ${amount}`, () => {
      expect(liveThrough(priceOf(price), metricWith(aggregation), events)).toMatchObject({
        quantity,
        amount,
      });
    });
  }

  test("one event that stands for many", () => {
    const price = priceOf({ model: "per_unit", unit_amount: "0.000000000001" });
    const events: Used[] = [[day(1), { value: "0.5" }, "1000000000000000"]];
    expect(liveThrough(price, metricWith("count"), events).amount).toBe("1000");
    expect(liveThrough(price, metricWith("sum"), events)).toMatchObject({
      quantity: "500000000000000",
      amount: "500",
    });
  });

  test("keeps nothing but its aggregate", () => {
    const meter = newPriceMeter(priceOf({ model: "per_unit", unit_amount: 1 }), metricWith("sum"));
    expect(meter).toMatchObject({ cells: null, tally: null, windows: null });
  });

  test("costs without a meter what no usage costs", () => {
    const none = (price: Record<string, unknown>) =>
      shown(chargeOf(priceOf(price), metricWith("sum"), null, february)).amount;
    expect(none({ model: "per_unit", unit_amount: 1 })).toBe("0");
    expect(
      none({
        model: "graduated",
        tiers: [{ up_to: null, unit_amount: 1, flat_amount: 5 }],
        flat_at_zero: true,
      }),
    ).toBe("5");
    expect(none({ model: "seat", unit_amount: 2, min: 3 })).toBe("6");
    expect(none({ model: "seat", unit_amount: 2, min: 3, window: "day" })).toBe("0");
    expect(none({ model: "percentage", rate: 1, fixed_amount: 1, free_events: 3 })).toBe("0");
    expect(none({ model: "dynamic", amount_field: "price" })).toBe("0");
    expect(none({ model: "matrix", dimensions: ["a"], cells: [{ match: { a: "b" }, unit_amount: 1 }] })).toBe(
      "0",
    );
    const unused = quantityOfMeter(
      priceOf({ model: "per_unit", unit_amount: 1 }),
      metricWith("max"),
      null,
      february,
    );
    expect(formatExact(unused)).toBe("0");
  });

  test("the first event is foretold without a meter too", () => {
    for (const price of [
      { model: "per_unit", unit_amount: 2 },
      { model: "per_unit", unit_amount: 2, window: "day" },
      { model: "percentage", rate: 100, fixed_amount: 1, free_events: 0 },
      {
        model: "matrix",
        dimensions: ["a"],
        cells: [{ match: { a: "b" }, unit_amount: 1 }],
        default_unit_amount: 2,
      },
      { model: "dynamic", amount_field: "price" },
    ]) {
      const compiled = priceOf(price);
      const metric = metricWith("sum");
      const event = metered([day(3), { value: 4, price: 8 }], 0);
      const reading = readUsage(compiled, metric, event, february);
      if (reading === null || "reason" in reading) throw new Error("the event can be metered");
      const expected = price.model === "percentage" ? "5" : "8";
      expect(formatExact(chargeWith(compiled, metric, null, reading, february))).toBe(expected);
    }
  });
});

describe("filters of a price beside those of its metric", () => {
  const metric = metricWith("sum", { filters: [{ field: "ok", op: "eq", values: [true] }] });
  const large = priceOf({
    model: "per_unit",
    unit_amount: "10",
    filters: [{ field: "size", op: "gte", values: ["100"] }],
  });
  const small = priceOf({
    model: "per_unit",
    unit_amount: "1",
    filters: [{ field: "size", op: "lt", values: [100] }],
  });
  const events: Used[] = [
    [day(1), { value: 1, ok: true, size: 99.999 }],
    [day(2), { value: 2, ok: true, size: 100 }],
    [day(3), { value: 4, ok: false, size: 100 }],
    [day(4), { value: 8, ok: true }],
  ];

  test("share the usage of one metric among prices", () => {
    expect(liveThrough(small, metric, events)).toMatchObject({ quantity: "1", amount: "1" });
    expect(liveThrough(large, metric, events)).toMatchObject({ quantity: "2", amount: "20" });
  });

  test("what they leave out need not have a value", () => {
    expect(faultOf(large, metric, { ok: true, size: 1 })).toBeNull();
    expect(faultOf(large, metric, { ok: true, size: 100 })).toBe("property 'value' is missing");
  });
});

describe("what carries over", () => {
  const storage = (aggregation: string) => metricWith(aggregation, { carry_over: true });
  const march = {
    ...february,
    start: february.end,
    end: february.end + 31 * 86_400_000,
    wholeMs: 31 * 86_400_000,
  };
  const perUnit = priceOf({ model: "per_unit", unit_amount: 2 });

  test("a sum goes on from where it was", () => {
    const metric = storage("sum");
    const { meter } = liveThrough(perUnit, metric, values(10, -3));
    const next = carriedMeter(perUnit, metric, meter, march.start);
    if (next === null) throw new Error("a sum carries over");
    expect(formatExact(chargeOf(perUnit, metric, next, march).amount)).toBe("14");
    const events: Used[] = [["2026-03-05T00:00:00Z", { value: 1 }]];
    expect(liveThrough(perUnit, metric, events, march, next)).toMatchObject({ quantity: "8", amount: "16" });
  });

  test("cell by cell", () => {
    const metric = storage("unique");
    const price = priceOf({
      model: "matrix",
      dimensions: ["a"],
      cells: [{ match: { a: "x" }, unit_amount: 3 }],
    });
    const events: Used[] = [
      [day(1), { a: "x", value: "ada" }],
      [day(1), { a: "y", value: "ada" }],
    ];
    const next = carriedMeter(price, metric, liveThrough(price, metric, events).meter, march.start);
    expect(shownCells(chargeOf(price, metric, next, march))).toEqual(["x: 1 × 3 = 3", "default: 1 × 0 = 0"]);
    expect(carriedMeter(price, metric, newPriceMeter(price, metric), march.start)).toBeNull();
  });

  test("nothing of a metric that does not, nothing of windows, and no events", () => {
    const usage = values(10, 20);
    const { meter } = liveThrough(perUnit, metricWith("sum"), usage);
    expect(carriedMeter(perUnit, metricWith("sum"), meter, march.start)).toBeNull();
    const daily = priceOf({ model: "per_unit", unit_amount: 2, window: "day" });
    const windows = liveThrough(daily, storage("sum"), usage).meter;
    expect(carriedMeter(daily, storage("sum"), windows, march.start)).toBeNull();
    const fees = priceOf({ model: "percentage", rate: 10, fixed_amount: 1 });
    const next = carriedMeter(
      fees,
      storage("sum"),
      liveThrough(fees, storage("sum"), usage).meter,
      march.start,
    );
    expect(formatExact(chargeOf(fees, storage("sum"), next, march).amount)).toBe("3"); // 10 % of 30, no event yet
  });
});

test("rate and meter say the same", () => {
  const price = priceOf({
    model: "volume",
    tiers: [
      { up_to: 10, unit_amount: 3 },
      { up_to: null, unit_amount: 2 },
    ],
  });
  const { charge } = liveThrough(price, metricWith("sum"), values(4, 7));
  expect(charge).toEqual(charged(price, "11"));
});
