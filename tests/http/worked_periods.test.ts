import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openApp, type TestApp } from "./app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await openApp();
}, 60_000);
afterAll(() => app.close());

async function total(body: Record<string, unknown>): Promise<unknown> {
  const told = await app.atlas.call("POST", "/api/v1/admin/simulation/invoice", body);
  return told.error === null ? told.payload.total : told.error.msg;
}

/** What a fee costs from `start` to the end of its calendar period. */
const from = (zone: string, interval: string, start: string, end: string, amount: number) =>
  total({
    plan: { currency: "USD", prices: [{ model: "flat", amount, interval }] },
    period_start: start,
    period_end: end,
    subscription: { start, anchor: "calendar", timezone: zone },
  });

describe("a day whose clocks change costs a cent a minute of what is left of it", () => {
  // Each day is priced at its own length in minutes / 100; the start leaves the given minutes.
  test.each([
    [
      "America/New_York, 8 March 2026, 23 hours",
      "America/New_York",
      "2026-03-08T05:00:00Z",
      "2026-03-09T04:00:00Z",
      "13.8",
      "13.80",
    ],
    [
      "the same from noon, 12 hours",
      "America/New_York",
      "2026-03-08T16:00:00Z",
      "2026-03-09T04:00:00Z",
      "13.8",
      "7.20",
    ],
    [
      "America/New_York, 1 November 2026, 25 hours",
      "America/New_York",
      "2026-11-01T04:00:00Z",
      "2026-11-02T05:00:00Z",
      "15",
      "15.00",
    ],
    [
      "the same from the second half past one",
      "America/New_York",
      "2026-11-01T06:30:00Z",
      "2026-11-02T05:00:00Z",
      "15",
      "13.50",
    ],
    [
      "Europe/Berlin, 29 March 2026, 23 hours",
      "Europe/Berlin",
      "2026-03-29T01:00:00Z",
      "2026-03-29T22:00:00Z",
      "13.8",
      "12.60",
    ],
    [
      "Europe/London, 25 October 2026, 25 hours",
      "Europe/London",
      "2026-10-25T00:00:00Z",
      "2026-10-26T00:00:00Z",
      "15",
      "14.40",
    ],
    [
      "Pacific/Auckland, 5 April 2026, 25 hours",
      "Pacific/Auckland",
      "2026-04-04T11:00:00Z",
      "2026-04-05T12:00:00Z",
      "15",
      "15.00",
    ],
    [
      "Pacific/Auckland, 27 September 2026, 23 hours",
      "Pacific/Auckland",
      "2026-09-26T23:00:00Z",
      "2026-09-27T11:00:00Z",
      "13.8",
      "7.20",
    ],
    [
      "Australia/Lord_Howe, 4 October 2026, 23 and a half hours",
      "Australia/Lord_Howe",
      "2026-10-03T13:30:00Z",
      "2026-10-04T13:00:00Z",
      "14.1",
      "14.10",
    ],
    [
      "Australia/Lord_Howe, 5 April 2026, 24 and a half hours",
      "Australia/Lord_Howe",
      "2026-04-05T01:30:00Z",
      "2026-04-05T13:30:00Z",
      "14.7",
      "7.20",
    ],
    [
      "Asia/Kolkata never changes",
      "Asia/Kolkata",
      "2026-03-08T06:30:00Z",
      "2026-03-08T18:30:00Z",
      "14.4",
      "7.20",
    ],
  ])("%s", async (_name, zone, start, end, amount, expected) => {
    expect(await from(zone, "day", start, end, Number(amount))).toBe(expected);
  });
});

describe("months", () => {
  test.each([
    ["February of a common year, its last day", "2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z", 28, "1.00"],
    [
      "February of a leap year, its last two days",
      "2028-02-28T00:00:00Z",
      "2028-03-01T00:00:00Z",
      29,
      "2.00",
    ],
    ["a century's February has no leap day", "2100-02-28T00:00:00Z", "2100-03-01T00:00:00Z", 28, "1.00"],
    ["31 January", "2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z", 31, "1.00"],
    ["30 April at noon", "2026-04-30T12:00:00Z", "2026-05-01T00:00:00Z", 30, "0.50"],
  ])("%s", async (_name, start, end, amount, expected) => {
    expect(await from("UTC", "month", start, end, amount)).toBe(expected);
  });

  test.each([
    [
      "from 31 January to 28 February",
      "2026-01-31T00:00:00Z",
      "2026-02-28T00:00:00Z",
      "2026-01-31T00:00:00Z",
    ],
    ["from 28 February to 31 March", "2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z", "2026-01-31T00:00:00Z"],
    ["from 31 March to 30 April", "2026-03-31T00:00:00Z", "2026-04-30T00:00:00Z", "2026-01-31T00:00:00Z"],
    [
      "from 29 February to 29 March 2028",
      "2028-02-29T00:00:00Z",
      "2028-03-29T00:00:00Z",
      "2028-02-29T00:00:00Z",
    ],
  ])("by the anniversary are whole: %s", async (_name, period_start, period_end, start) => {
    const plan = { currency: "USD", prices: [{ model: "flat", amount: 31 }] };
    const subscription = { start, anchor: "anniversary" };
    expect(await total({ plan, period_start, period_end, subscription })).toBe("31.00");
  });

  test("a quarter, a half and a year in one window each", async () => {
    for (const [interval, interval_count, period_end] of [
      ["month", 3, "2026-04-01T00:00:00Z"],
      ["month", 6, "2026-07-01T00:00:00Z"],
      ["year", 1, "2027-01-01T00:00:00Z"],
    ] as const) {
      const plan = { currency: "USD", prices: [{ model: "flat", amount: 300, interval, interval_count }] };
      const subscription = { start: "2026-01-01T00:00:00Z", anchor: "calendar" };
      expect(await total({ plan, period_start: "2026-01-01T00:00:00Z", period_end, subscription })).toBe(
        "300.00",
      );
    }
  });
});

describe("windows of an hour", () => {
  const packages = (zone: string, events: readonly string[]) =>
    total({
      plan: {
        currency: "USD",
        prices: [
          {
            model: "package",
            package_size: 10,
            package_amount: 1,
            window: "hour",
            metric: { event_type: "use", aggregation: "sum", field: "n" },
          },
        ],
      },
      period_start: "2026-10-01T00:00:00Z",
      period_end: "2026-11-01T00:00:00Z",
      subscription: { timezone: zone },
      simulated_events: events.map((timestamp) => ({ event_type: "use", n: 1, timestamp })),
    });

  test("an hour that comes twice is two", async () => {
    // Berlin, 25 October 2026: half past two by summer time, then by winter time.
    expect(await packages("Europe/Berlin", ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"])).toBe("2.00");
    expect(await packages("Europe/Berlin", ["2026-10-25T00:10:00Z", "2026-10-25T00:50:00Z"])).toBe("1.00");
  });

  test("begin where the zone's clocks say", async () => {
    expect(await packages("Asia/Kolkata", ["2026-10-05T00:10:00Z", "2026-10-05T00:40:00Z"])).toBe("2.00");
    expect(await packages("UTC", ["2026-10-05T00:10:00Z", "2026-10-05T00:40:00Z"])).toBe("1.00");
  });
});

describe("tier edges", () => {
  const tiers = (model: string, quantity: string) =>
    total({
      plan: {
        currency: "USD",
        prices: [
          {
            model,
            tiers: [
              { up_to: 10, unit_amount: 1, flat_amount: 3 },
              { up_to: 20, unit_amount: "0.5", flat_amount: 2 },
              { up_to: null, unit_amount: "0.1" },
            ],
            metric: { event_type: "use", aggregation: "sum", field: "n" },
          },
        ],
      },
      period_start: "2026-02-01T00:00:00Z",
      period_end: "2026-03-01T00:00:00Z",
      simulated_events: quantity === "0" ? [] : [{ event_type: "use", n: quantity }],
    });

  test.each([
    ["graduated", "0", "0.00"],
    ["graduated", "9", "12.00"],
    ["graduated", "10", "13.00"],
    ["graduated", "10.01", "15.01"], // 13 + 2 + 0.005, half a cent away from zero
    ["graduated", "11", "15.50"],
    ["graduated", "20", "20.00"],
    ["graduated", "1000000000000000", "100000000000018.00"],
    ["volume", "10", "13.00"],
    ["volume", "10.01", "7.01"], // 5.005 + 2
    ["volume", "20", "12.00"],
    ["volume", "21", "2.10"],
    ["volume", "0.000000000001", "3.00"],
  ])("%s at %s", async (model, quantity, expected) => {
    expect(await tiers(model, quantity)).toBe(expected);
  });
});

test("currencies of no and of three decimals round once, at the line", async () => {
  const plan = (currency: string) => ({
    currency,
    prices: [
      { model: "per_unit", unit_amount: "0.5", metric: { event_type: "a", aggregation: "count" } },
      { model: "per_unit", unit_amount: "0.0005", metric: { event_type: "b", aggregation: "count" } },
    ],
  });
  const period = { period_start: "2026-02-01T00:00:00Z", period_end: "2026-03-01T00:00:00Z" };
  const events = [
    { event_type: "a", count: 3 },
    { event_type: "b", count: 3 },
  ];
  // 1.5 and 0.0015
  expect(await total({ plan: plan("JPY"), ...period, simulated_events: events })).toBe("2");
  expect(await total({ plan: plan("KWD"), ...period, simulated_events: events })).toBe("1.502");
  expect(await total({ plan: plan("USD"), ...period, simulated_events: events })).toBe("1.50");
});
