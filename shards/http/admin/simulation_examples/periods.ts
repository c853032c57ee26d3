import { answer, metric, request, uses, type Worked } from "./worked.ts";

const fee = (amount: string, more: object = {}) => ({ model: "flat", amount, timing: "advance", ...more });

/** The recurring fee of one period. */
function billed(unit: string, amount: string): Worked["answer"] {
  return answer([["recurring", "1", unit, amount]], { total: amount });
}

/** One request for every rule of periods, and for time zones whose clocks change. */
export const periodExamples: Readonly<Record<string, Worked>> = {
  "calendar anchor: a stub from 15 to 28 February is half the month": {
    request: request([fee("28")], { subscription: { start: "2026-02-15T00:00:00Z", anchor: "calendar" } }),
    answer: billed("28", "14.00"),
  },
  "anniversary of 31 January: from 28 February to 31 March is a whole period": {
    request: request([fee("31")], {
      period_start: "2026-02-28T00:00:00Z",
      period_end: "2026-03-31T00:00:00Z",
      subscription: { start: "2026-01-31T00:00:00Z", anchor: "anniversary" },
    }),
    answer: billed("31", "31.00"),
  },
  "a leap day: half of February 2028 is 14.5 of 29 days": {
    request: request([fee("29")], {
      period_start: "2028-02-01T00:00:00Z",
      period_end: "2028-03-01T00:00:00Z",
      subscription: { start: "2028-02-15T12:00:00Z", anchor: "calendar" },
    }),
    answer: billed("29", "14.50"),
  },
  "a week in New York with a day of 23 hours": {
    request: request([fee("167", { interval: "week" })], {
      period_start: "2026-03-02T05:00:00Z",
      period_end: "2026-03-09T04:00:00Z",
      subscription: {
        start: "2026-03-08T05:00:00Z",
        anchor: "calendar",
        timezone: "America/New_York",
      },
    }),
    // Sunday 8 March has 23 of the week's 167 hours.
    answer: billed("167", "23.00"),
  },
  "a day of 25 hours in Berlin": {
    request: request([fee("25", { interval: "day" })], {
      period_start: "2026-10-24T22:00:00Z",
      period_end: "2026-10-25T23:00:00Z",
      subscription: { start: "2026-10-25T20:00:00Z", anchor: "calendar", timezone: "Europe/Berlin" },
    }),
    answer: billed("25", "3.00"),
  },
  "March in Kolkata, five and a half hours ahead": {
    request: request([fee("31")], {
      period_start: "2026-02-28T18:30:00Z",
      period_end: "2026-03-31T18:30:00Z",
      subscription: { start: "2026-02-28T18:30:00Z", anchor: "calendar", timezone: "Asia/Kolkata" },
    }),
    answer: billed("31", "31.00"),
  },
  "a yearly fee in advance beside usage by the month: the first invoice has both": {
    request: request(
      [fee("365", { interval: "year" }), { model: "per_unit", unit_amount: "1", metric: metric("count") }],
      {
        subscription: { start: "2026-02-01T00:00:00Z", anchor: "anniversary" },
        simulated_events: [uses(4)],
      },
    ),
    answer: answer(
      [
        ["usage", "4", "1", "4.00"],
        ["recurring", "1", "365", "365.00"],
      ],
      { total: "369.00" },
    ),
  },
  "every two weeks": {
    request: request([fee("14", { interval: "week", interval_count: 2 })], {
      period_start: "2026-02-02T00:00:00Z",
      period_end: "2026-02-16T00:00:00Z",
      subscription: { start: "2026-02-02T00:00:00Z", anchor: "anniversary" },
    }),
    answer: billed("14", "14.00"),
  },
  "a trial of 7 days in a month of 28": {
    request: request([fee("28")], {
      plan: { trial_days: 7 },
      subscription: { start: "2026-02-01T00:00:00Z" },
    }),
    answer: billed("28", "21.00"),
  },
  "a yen has no decimals": {
    request: request([fee("1000")], { currency: "JPY", period_end: "2026-02-02T00:00:00Z" }),
    // 1000 / 28 = 35.7…
    answer: billed("1000", "36"),
  },
};
