import { describe, expect, test } from "bun:test";
import { boundaries, ruleOf } from "./rules.ts";

describe("boundaries in UTC", () => {
  const rows: [title: string, start: string, spelling: string, wanted: string[]][] = [
    [
      "31 Jan comes back to the 31st after every shorter month",
      "2026-01-31T10:00:00Z",
      "anniversary 1 month",
      ["2026-01-31T10", "2026-02-28T10", "2026-03-31T10", "2026-04-30T10", "2026-05-31T10"],
    ],
    [
      "30 Jan in a leap year",
      "2024-01-30T00:00:00Z",
      "anniversary 1 month",
      ["2024-01-30T00", "2024-02-29T00", "2024-03-30T00"],
    ],
    [
      "29 Feb every year",
      "2024-02-29T00:00:00Z",
      "anniversary 1 year",
      ["2024-02-29T00", "2025-02-28T00", "2026-02-28T00", "2027-02-28T00", "2028-02-29T00"],
    ],
    [
      "quarters from 30 Nov",
      "2025-11-30T00:00:00Z",
      "anniversary 3 month",
      ["2025-11-30T00", "2026-02-28T00", "2026-05-30T00", "2026-08-30T00"],
    ],
    [
      "weeks",
      "2026-02-25T06:00:00Z",
      "anniversary 2 week",
      ["2026-02-25T06", "2026-03-11T06", "2026-03-25T06"],
    ],
    [
      "days over a month's end",
      "2026-02-27T06:00:00Z",
      "anniversary 1 day",
      ["2026-02-27T06", "2026-02-28T06", "2026-03-01T06"],
    ],
    [
      "a stub, then months",
      "2026-01-15T09:00:00Z",
      "calendar 1 month",
      ["2026-01-15T09", "2026-02-01T00", "2026-03-01T00"],
    ],
    [
      "no stub on a boundary",
      "2026-02-01T00:00:00Z",
      "calendar 1 month",
      ["2026-02-01T00", "2026-03-01T00", "2026-04-01T00"],
    ],
    [
      "a stub of the last moment",
      "2026-01-31T23:59:59Z",
      "calendar 1 month",
      ["2026-01-31T23:59:59", "2026-02-01T00", "2026-03-01T00"],
    ],
    [
      "quarters of the year",
      "2026-02-15T00:00:00Z",
      "calendar 3 month",
      ["2026-02-15T00", "2026-04-01T00", "2026-07-01T00"],
    ],
    [
      "halves of the year",
      "2026-08-15T00:00:00Z",
      "calendar 6 month",
      ["2026-08-15T00", "2027-01-01T00", "2027-07-01T00"],
    ],
    [
      "twelve months are a year",
      "2026-08-15T00:00:00Z",
      "calendar 12 month",
      ["2026-08-15T00", "2027-01-01T00", "2028-01-01T00"],
    ],
    [
      "five months count from the month of the start",
      "2026-02-15T00:00:00Z",
      "calendar 5 month",
      ["2026-02-15T00", "2026-07-01T00", "2026-12-01T00"],
    ],
    ["years", "2024-02-29T00:00:00Z", "calendar 1 year", ["2024-02-29T00", "2025-01-01T00", "2026-01-01T00"]],
    [
      "two years count from the year of the start",
      "2026-03-01T00:00:00Z",
      "calendar 2 year",
      ["2026-03-01T00", "2028-01-01T00", "2030-01-01T00"],
    ],
    [
      "weeks start on Monday",
      "2026-02-25T06:00:00Z",
      "calendar 1 week",
      ["2026-02-25T06", "2026-03-02T00", "2026-03-09T00"],
    ],
    [
      "a Sunday is the end of its week",
      "2026-03-01T00:00:00Z",
      "calendar 1 week",
      ["2026-03-01T00", "2026-03-02T00", "2026-03-09T00"],
    ],
    [
      "two weeks count from the Monday before the start",
      "2026-02-25T06:00:00Z",
      "calendar 2 week",
      ["2026-02-25T06", "2026-03-09T00", "2026-03-23T00"],
    ],
    ["days", "2026-02-28T06:00:00Z", "calendar 1 day", ["2026-02-28T06", "2026-03-01T00", "2026-03-02T00"]],
    [
      "ten days count from the day of the start",
      "2026-02-25T06:00:00Z",
      "calendar 10 day",
      ["2026-02-25T06", "2026-03-07T00", "2026-03-17T00"],
    ],
  ];
  test.each(rows)("%s", (_title, start, spelling, wanted) => {
    const full = wanted.map((text) => (text.length === 13 ? `${text}:00:00Z` : `${text}Z`));
    expect(boundaries(ruleOf(start, spelling), wanted.length - 1)).toEqual(full);
  });
});

describe("boundaries by the clocks of a time zone", () => {
  const rows: [title: string, start: string, spelling: string, wanted: string[]][] = [
    [
      "New York: a day of 23 hours",
      "2026-03-07T05:00:00Z",
      "calendar 1 day America/New_York",
      ["2026-03-07T05:00:00Z", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z", "2026-03-10T04:00:00Z"],
    ],
    [
      "Berlin: a day of 25 hours",
      "2026-10-24T22:00:00Z",
      "calendar 1 day Europe/Berlin",
      ["2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "2026-10-26T23:00:00Z"],
    ],
    [
      "Berlin: months keep local midnight",
      "2026-02-28T23:00:00Z",
      "calendar 1 month Europe/Berlin",
      ["2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z", "2026-04-30T22:00:00Z"],
    ],
    [
      "New York: an anniversary keeps its local time",
      "2026-01-31T15:00:00Z", // 10:00
      "anniversary 1 month America/New_York",
      ["2026-01-31T15:00:00Z", "2026-02-28T15:00:00Z", "2026-03-31T14:00:00Z"],
    ],
    [
      "New York: the local day counts, not that of UTC",
      "2026-02-01T03:30:00Z", // 31 January, 22:30
      "anniversary 1 month America/New_York",
      ["2026-02-01T03:30:00Z", "2026-03-01T03:30:00Z", "2026-04-01T02:30:00Z"],
    ],
    [
      "New York: 02:30 does not exist on one day and is 03:30 then",
      "2026-03-07T07:30:00Z",
      "anniversary 1 day America/New_York",
      ["2026-03-07T07:30:00Z", "2026-03-08T07:30:00Z", "2026-03-09T06:30:00Z"],
    ],
    [
      "New York: 01:30 happens twice on one day, and the first counts",
      "2026-10-31T05:30:00Z",
      "anniversary 1 day America/New_York",
      ["2026-10-31T05:30:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"],
    ],
    [
      "New York: a start in the second 01:30 stays where it is",
      "2026-11-01T06:30:00Z",
      "anniversary 1 day America/New_York",
      ["2026-11-01T06:30:00Z", "2026-11-02T06:30:00Z"],
    ],
    [
      "Lord Howe: half an hour of daylight saving",
      "2026-04-03T13:00:00Z",
      "calendar 1 day Australia/Lord_Howe",
      ["2026-04-03T13:00:00Z", "2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z"],
    ],
    [
      "Kolkata: half an hour off, no daylight saving",
      "2026-01-10T00:00:00Z",
      "calendar 1 month Asia/Kolkata",
      ["2026-01-10T00:00:00Z", "2026-01-31T18:30:00Z", "2026-02-28T18:30:00Z"],
    ],
    [
      "Sao Paulo: a day that started at 01:00",
      "2018-11-03T03:00:00Z",
      "calendar 1 day America/Sao_Paulo",
      ["2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"],
    ],
    [
      "Cairo: a Friday that started at 01:00",
      "2026-04-22T22:00:00Z",
      "calendar 1 day Africa/Cairo",
      ["2026-04-22T22:00:00Z", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"],
    ],
    [
      "Apia: 30 December 2011 never happened and is empty",
      "2011-12-29T10:00:00Z",
      "calendar 1 day Pacific/Apia",
      ["2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"],
    ],
    [
      "St John's: an hour before midnight that came twice leaves no stub behind",
      "2006-10-29T03:00:00Z", // 23:30 on the 28th for the second time, after the 29th had begun
      "calendar 1 day America/St_Johns",
      ["2006-10-29T03:00:00Z", "2006-10-30T03:30:00Z", "2006-10-31T03:30:00Z"],
    ],
  ];
  test.each(rows)("%s", (_title, start, spelling, wanted) => {
    expect(boundaries(ruleOf(start, spelling), wanted.length - 1)).toEqual(wanted);
  });
});
