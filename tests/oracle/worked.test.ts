import { expect, test } from "bun:test";
import { fraction, isSame } from "./fraction.ts";
import { fate, oracleBill } from "./prices/bill.ts";
import type { MeteredCase, OracleEvent, OracleMetric, OraclePrice } from "./prices/case.ts";

const dayMs = 86_400_000;
const berlin = (text: string) => Temporal.ZonedDateTime.from(`${text}[Europe/Berlin]`).epochMilliseconds;
const span = {
  start: berlin("2026-03-28T00:00"),
  end: berlin("2026-03-31T00:00"), // 71 hours
  wholeMs: 10 * dayMs,
  timezone: "Europe/Berlin",
};

type Said = readonly [value: string, at: string, more?: Partial<OracleEvent>];

/** Worked out by hand: what the events cost and what quantity they make. */
const examples: readonly {
  readonly name: string;
  readonly price: OraclePrice;
  readonly metric: OracleMetric;
  readonly before?: readonly Said[];
  readonly events: readonly Said[];
  readonly quantity: string;
  readonly amount: string;
}[] = [
  {
    name: "five and a half in tiers of two and more: 2 × 1 + 10 + 3.5 × 0.5",
    price: {
      model: "graduated",
      tiers: [
        { up_to: "2", unit_amount: "1", flat_amount: "10" },
        { up_to: null, unit_amount: "0.5" },
      ],
    },
    metric: { kind: "sum" },
    events: [["5.5", "2026-03-28T01:00"]],
    quantity: "5.5",
    amount: "13.75",
  },
  {
    name: "two exactly fill the first step",
    price: {
      model: "stairstep",
      tiers: [
        { up_to: "2", flat_amount: "7" },
        { up_to: null, flat_amount: "9" },
      ],
    },
    metric: { kind: "count" },
    events: [["", "2026-03-28T01:00", { times: 2 }]],
    quantity: "2",
    amount: "7",
  },
  {
    name: "1,400 calls are 2 thousands, of which one is included",
    price: {
      model: "per_unit",
      unit_amount: "3",
      unit_transform: { operation: "divide", by: "1000", round: "up" },
      included_units: "1",
    },
    metric: { kind: "sum" },
    events: [["1400", "2026-03-28T01:00"]],
    quantity: "1400",
    amount: "3",
  },
  {
    name: "the earliest event is free, the next crosses 150 and pays 2 % of 70 and its fee",
    price: { model: "percentage", rate: "2", fixed_amount: "0.3", free_events: "5", free_amount: "150" },
    metric: { kind: "sum" },
    events: [
      ["120", "2026-03-29T12:00"],
      ["100", "2026-03-28T12:00"],
    ],
    quantity: "220",
    amount: "1.7",
  },
  {
    name: "days of their own: two started packages on the day of 23 hours, one on the next",
    price: { model: "package", package_size: "10", package_amount: "1", window: "day" },
    metric: { kind: "sum" },
    events: [
      ["6", "2026-03-29T00:00"],
      ["6", "2026-03-29T23:59"],
      ["6", "2026-03-30T00:00"],
    ],
    quantity: "18",
    amount: "3",
  },
  {
    name: "a level of 4 over 71 hours and 6 more for the last 24, of ten days",
    price: { model: "per_unit", unit_amount: "60" },
    metric: { kind: "weighted_sum", carry_over: true, rounding: { mode: "down", scale: 2 } },
    before: [["4", "2026-03-20T00:00"]],
    events: [["6", "2026-03-30T00:00"]],
    quantity: "1.78",
    amount: "106.8",
  },
  {
    name: "the third of four is the median's upper neighbour",
    price: { model: "per_unit", unit_amount: "1" },
    metric: { kind: "percentile", percentile: "50.1" },
    events: [
      ["40", "2026-03-28T00:00"],
      ["10", "2026-03-28T00:00", { times: 2 }],
      ["30", "2026-03-28T00:00"],
    ],
    quantity: "30",
    amount: "30",
  },
  {
    name: "one of two texts is gone at the end, whatever came in last",
    price: { model: "seat", unit_amount: "5", min: "2" },
    metric: { kind: "unique with operations" },
    events: [
      ["1", "2026-03-29T00:00", { operation: "remove" }],
      ["1", "2026-03-28T00:00"],
      ["2", "2026-03-28T00:00", { operation: "add" }],
    ],
    quantity: "1",
    amount: "10",
  },
  {
    name: "included units are used up in the order of the cells",
    price: {
      model: "matrix",
      dimensions: ["region"],
      cells: [
        { match: { region: "eu" }, unit_amount: "2" },
        { match: { region: "us" }, unit_amount: "3" },
      ],
      default_unit_amount: "1",
      included_units: "5",
    },
    metric: { kind: "sum" },
    events: [
      ["4", "2026-03-28T00:00", { traits: { region: "us" } }],
      ["3", "2026-03-28T00:00", { traits: { region: "eu" } }],
      ["7", "2026-03-28T00:00", { traits: { region: "ap" } }],
    ],
    quantity: "14",
    amount: "13",
  },
];

for (const { name, price, metric, before = [], events, quantity, amount } of examples) {
  test(`the oracle: ${name}`, () => {
    const drawn: MeteredCase = {
      model: price.model,
      edge: "edge",
      price,
      metric,
      span,
      before: before.map(eventOf),
      events: events.map(eventOf),
      cutAt: null,
    };
    expect(drawn.events.map((event) => fate(drawn, event))).toEqual(events.map(() => "counts"));
    const bill = oracleBill(drawn, drawn.events);
    expect(isSame(bill.quantity, fraction(quantity))).toBe(true);
    expect(isSame(bill.amount, fraction(amount))).toBe(true);
  });
}

function eventOf([value, at, more]: Said): OracleEvent {
  return { value, fee: null, traits: {}, times: 1, at: berlin(at), ...more };
}
