import { answer, metric, request, use, uses, type Worked } from "./worked.ts";

const sum = metric("sum");
const count = metric("count");

/** One request for every price model and modifier. */
export const modelExamples: Readonly<Record<string, Worked>> = {
  "flat: 49.00 for half the month is 24.50": {
    request: request([{ model: "flat", amount: "49" }], { period_end: "2026-02-15T00:00:00Z" }),
    answer: answer([["recurring", "1", "49", "24.50"]], { total: "24.50" }),
  },
  "per_unit: 3 × 0.0005 dinars round once, to 0.002": {
    request: request([{ model: "per_unit", unit_amount: "0.0005", metric: sum }], {
      currency: "KWD",
      simulated_events: [use(3)],
    }),
    answer: answer([["usage", "3", "0.0005", "0.002"]], { total: "0.002" }),
  },
  "per_unit: 10^15 units of 10^-12": {
    request: request([{ model: "per_unit", unit_amount: "0.000000000001", metric: count }], {
      simulated_events: [uses("1000000000000000")],
    }),
    answer: answer([["usage", "1000000000000000", "0.000000000001", "1000.00"]], { total: "1000.00" }),
  },
  "graduated: 10 units at 1 and half a unit at 0.50, with 5 for entering the second tier": {
    request: request(
      [
        {
          model: "graduated",
          tiers: [
            { up_to: "10", unit_amount: "1" },
            { up_to: null, unit_amount: "0.5", flat_amount: "5" },
          ],
          metric: sum,
        },
      ],
      { simulated_events: [use("10.5")] },
    ),
    answer: answer([["usage", "10.5", null, "15.25"]], { total: "15.25" }),
  },
  "volume: 11 units all at the second tier's 0.50": {
    request: request(
      [
        {
          model: "volume",
          tiers: [
            { up_to: "10", unit_amount: "1" },
            { up_to: null, unit_amount: "0.5" },
          ],
          metric: sum,
        },
      ],
      { simulated_events: [use(11)] },
    ),
    answer: answer([["usage", "11", "0.5", "5.50"]], { total: "5.50" }),
  },
  "stairstep: exactly 10 units are still on the first step": {
    request: request(
      [
        {
          model: "stairstep",
          tiers: [
            { up_to: "10", flat_amount: "5" },
            { up_to: null, flat_amount: "20" },
          ],
          metric: sum,
        },
      ],
      { simulated_events: [use(10)] },
    ),
    answer: answer([["usage", "10", null, "5.00"]], { total: "5.00" }),
  },
  "package: 1,001 calls start a second package": {
    request: request([{ model: "package", package_size: "1000", package_amount: "4", metric: count }], {
      simulated_events: [uses(1001)],
    }),
    answer: answer([["usage", "1001", null, "8.00"]], { total: "8.00" }),
  },
  "percentage: 1.3 % above 250.00 free and 2.00 for each of two events that are not free": {
    request: request(
      [
        {
          model: "percentage",
          rate: "1.3",
          fixed_amount: "2",
          free_events: 3,
          free_amount: "250",
          metric: sum,
        },
      ],
      {
        simulated_events: [50, 100, 250, 400].map((value, index) =>
          use(value, { timestamp: `2026-02-0${index + 2}T00:00:00Z` }),
        ),
      },
    ),
    answer: answer([["usage", "800", null, "11.15"]], { total: "11.15" }),
  },
  "graduated_percentage: 2 % of 1,000 and 1 % of 500": {
    request: request(
      [
        {
          model: "graduated_percentage",
          tiers: [
            { up_to: "1000", rate: "2" },
            { up_to: null, rate: "1" },
          ],
          metric: sum,
        },
      ],
      { simulated_events: [use(1500)] },
    ),
    answer: answer([["usage", "1500", null, "25.00"]], { total: "25.00" }),
  },
  "matrix: 3 calls from the EU at 2, 4 from elsewhere at 1": {
    request: request(
      [
        {
          model: "matrix",
          dimensions: ["region"],
          cells: [{ match: { region: "eu" }, unit_amount: "2" }],
          default_unit_amount: "1",
          metric: count,
        },
      ],
      { simulated_events: [uses(3, { region: "eu" }), uses(4, { region: "us" })] },
    ),
    answer: answer([["usage", "7", null, "10.00"]], { total: "10.00" }),
  },
  "seat: two seats, of which at least three are paid for": {
    request: request([{ model: "seat", unit_amount: "10", min: 3 }], { subscription: { quantity: 2 } }),
    answer: answer([["recurring", "3", "10", "30.00"]], { total: "30.00" }),
  },
  "dynamic: the price travels on the event": {
    request: request([{ model: "dynamic", amount_field: "price", metric: sum }], {
      simulated_events: [use(3, { price: "1.255" }), use(1, { price: 0.1, count: 2 })],
    }),
    answer: answer([["usage", "5", null, "1.46"]], { total: "1.46" }),
  },
  "included units and a minimum: 8 units, 5 of them free, come to 3.00 and are brought to 10.00": {
    request: request(
      [{ model: "per_unit", unit_amount: "1", included_units: "5", minimum_amount: "10", metric: sum }],
      { simulated_events: [use(8)] },
    ),
    answer: answer(
      [
        ["usage", "8", "1", "3.00"],
        ["minimum", "1", null, "7.00"],
      ],
      { total: "10.00" },
    ),
  },
  "a maximum": {
    request: request([{ model: "per_unit", unit_amount: "1", maximum_amount: "10", metric: sum }], {
      simulated_events: [use(80)],
    }),
    answer: answer([["usage", "80", "1", "10.00"]], { total: "10.00" }),
  },
  "unit_transform: 1,400 calls are two started thousands": {
    request: request(
      [
        {
          model: "per_unit",
          unit_amount: "5",
          unit_transform: { operation: "divide", by: "1000", round: "up" },
          metric: count,
        },
      ],
      { simulated_events: [uses(1400)] },
    ),
    answer: answer([["usage", "1400", "5", "10.00"]], { total: "10.00" }),
  },
  "window: two days with half a package each are two packages": {
    request: request(
      [{ model: "package", package_size: "10", package_amount: "1", window: "day", metric: sum }],
      {
        simulated_events: [
          use(5, { timestamp: "2026-02-02T23:59:59Z" }),
          use(5, { timestamp: "2026-02-03T00:00:00Z" }),
        ],
      },
    ),
    answer: answer([["usage", "10", null, "2.00"]], { total: "2.00" }),
  },
  "filters: one metric at two prices": {
    request: request(
      [
        {
          model: "per_unit",
          unit_amount: "1",
          filters: [{ field: "tier", op: "eq", values: ["fast"] }],
          metric: count,
        },
        {
          model: "per_unit",
          unit_amount: "0.1",
          filters: [{ field: "tier", op: "neq", values: ["fast"] }],
          metric: count,
        },
      ],
      { simulated_events: [uses(4, { tier: "fast" }), uses(40, { tier: "slow" })] },
    ),
    answer: answer(
      [
        ["usage", "4", "1", "4.00"],
        ["usage", "40", "0.1", "4.00"],
      ],
      { total: "8.00" },
    ),
  },
};
