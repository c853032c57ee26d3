import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Decimal, decimal, formatDecimal, ONE, sub, ZERO } from "../../src/money/decimal.ts";
import { formatExact } from "../../src/money/ratio.ts";
import type { EventTally } from "../../src/pricing/event_tally.ts";
import { newTally, tallyWith } from "../../src/pricing/tally.ts";
import { chargedEvents, type Priced, priceOf } from "./prices.ts";

const percentage = (parameters: Record<string, unknown>) => priceOf({ model: "percentage", ...parameters });
const fee = (parameters: Record<string, unknown>, events: readonly Priced[]) =>
  formatExact(chargedEvents(percentage(parameters), events).amount);
/** Events of the given amounts, one after the other. */
const inTurn = (...amounts: string[]): Priced[] => amounts.map((amount, at) => [at, amount]);

describe("a percentage of the sum and so much per event", () => {
  const rows: [parameters: Record<string, unknown>, amounts: string[], fee: string][] = [
    [{ rate: "2.9", fixed_amount: "0.30" }, ["40", "60"], "3.5"],
    [{ rate: "2.9" }, [], "0"],
    [{ rate: "2.9", fixed_amount: "0.30" }, [], "0"],
    [{ rate: "0", fixed_amount: "0.30" }, ["40", "60"], "0.6"],
    [{ rate: "2.9" }, ["4"], "0.116"],
    [{ rate: "1.3", fixed_amount: "2" }, ["50", "100", "250", "400"], "18.4"],
    [{ rate: "100" }, ["1000000000000000"], "1000000000000000"],
    [{ rate: "0.000000000001" }, ["1000000000000000"], "10"],
    // What is taken back is taken off the sum, which counts as zero where it falls below.
    [{ rate: "10" }, ["100", "-40"], "6"],
    [{ rate: "10", fixed_amount: "1" }, ["40", "-100"], "2"],
  ];
  for (const [parameters, amounts, expected] of rows) {
    test(`${amounts} at ${JSON.stringify(parameters)} cost ${expected}`, () => {
      expect(fee(parameters, inTurn(...amounts))).toBe(expected);
    });
  }

  test("events are counted only where that matters", () => {
    expect(newTally(percentage({ rate: "2.9" }).terms)).toBeNull();
    expect(newTally(percentage({ rate: "2.9", fixed_amount: "0" }).terms)).toBeNull();
    expect(newTally(percentage({ rate: "2.9", free_amount: "100" }).terms)).toBeNull();
    expect(newTally(percentage({ rate: "2.9", fixed_amount: "1" }).terms)).not.toBeNull();
  });
});

describe("an allowance", () => {
  const rows: [allowance: Record<string, unknown>, amounts: string[], fee: string][] = [
    [{ free_events: "0" }, ["100"], "3"],
    [{ free_events: 1 }, ["100"], "0"],
    [{ free_events: "1" }, ["100", "50"], "2.5"],
    [{ free_events: "2" }, ["100", "50"], "0"],
    [{ free_events: "3" }, ["50", "100", "250", "400"], "6"],
    [{ free_events: "5" }, ["50", "100", "250"], "0"],
    // The event that goes beyond the free amount pays for what is above it, and its fixed fee.
    [{ free_amount: "250" }, ["50", "100", "250", "400"], "9.5"],
    [{ free_amount: "150" }, ["50", "100", "250"], "4.5"],
    [{ free_amount: "149.99" }, ["50", "100"], "2.0001"],
    [{ free_amount: "150.01" }, ["50", "100"], "0"],
    [{ free_amount: "0" }, ["0", "5"], "2.05"],
    [{ free_amount: "10" }, ["10", "0", "5"], "2.05"],
    // Of both the one reached first ends it.
    [{ free_events: "3", free_amount: "250" }, ["50", "100", "250", "400"], "9.5"],
    [{ free_events: "2", free_amount: "1000" }, ["50", "100", "250"], "4.5"],
    [{ free_events: "2", free_amount: "250" }, ["50", "100", "250"], "4.5"],
    [{ free_events: "2", free_amount: "100" }, ["50", "100", "250"], "7"],
    // By itself an event below zero counts as zero.
    [{ free_amount: "10" }, ["-20", "30"], "2.2"],
    [{ free_events: "1" }, ["5", "-100", "5"], "4.05"],
  ];
  for (const [allowance, amounts, expected] of rows) {
    test(`of ${JSON.stringify(allowance)} leaves ${expected} for ${amounts} at 1 % and 2 each`, () => {
      expect(fee({ rate: "1", fixed_amount: "2", ...allowance }, inTurn(...amounts))).toBe(expected);
    });
  }

  test("without a fee per event is taken off the sum, whatever the order", () => {
    expect(fee({ rate: "1", free_amount: "250" }, inTurn("50", "100", "250", "400"))).toBe("5.5");
    expect(fee({ rate: "1", free_amount: "250" }, inTurn("250"))).toBe("0");
    expect(fee({ rate: "1", free_amount: "250" }, inTurn("100"))).toBe("0");
  });

  test("takes events by time, at one time the smaller first, whenever they come in", () => {
    const price = { rate: "1", fixed_amount: "2", free_events: "2" };
    expect(
      fee(price, [
        [9, "100"],
        [5, "70"],
        [5, "10"],
        [1, "30"],
      ]),
    ).toBe("5.7"); // 30 and 10 are free
    expect(
      fee(price, [
        [1, "30"],
        [5, "10"],
        [5, "70"],
        [9, "100"],
      ]),
    ).toBe("5.7");
  });

  test("covers some of many equal events", () => {
    const price = { rate: "1", fixed_amount: "2" };
    expect(fee({ ...price, free_events: "3" }, [[0, "10", "5"]])).toBe("4.2");
    expect(fee({ ...price, free_amount: "25" }, [[0, "10", "5"]])).toBe("6.25"); // two, and half of the third
    const many = [[0, "0.01", "1000000000000000"]] as const;
    expect(fee({ ...price, free_amount: "1" }, many)).toBe("2000099999999799.99"); // (10^15 - 100) × 2.0001
  });

  test("covers no more than 100,000 different events", () => {
    const { terms } = percentage({ rate: "1", fixed_amount: "2", free_amount: "1000000" });
    const early = Array.from({ length: 99_999 }, (_, at) => ({ at, amount: decimal("1"), times: ONE }));
    const sum = decimal("200997.99"); // 99,999 × 2.01
    const left = { events: null, amount: decimal("900001") };
    const before: EventTally = { count: decimal("99999"), sum, early, freed: sum, left };
    const one = (at: number) => ({ at, amount: decimal("1"), times: ONE });
    const hundred = tallyWith(terms, before, one(100_000));
    expect(hundred).toMatchObject({ left: null });
    expect(hundred?.early).toHaveLength(100_000);
    const beyond = tallyWith(terms, hundred, one(200_000));
    expect(beyond?.early).toHaveLength(100_000);
    expect(formatDecimal(sub(beyond?.sum ?? ZERO, beyond?.freed ?? ZERO))).toBe("2.01");
    const earlier = tallyWith(terms, beyond, one(-1));
    expect(earlier?.early).toHaveLength(100_000);
    expect(earlier?.early.at(-1)?.at).toBe(99_998);
    expect(formatDecimal(sub(earlier?.sum ?? ZERO, earlier?.freed ?? ZERO))).toBe("4.02");
  });
});

describe("limits on what one event costs", () => {
  const rows: [parameters: Record<string, unknown>, amounts: string[], fee: string][] = [
    [{ min_per_event: "2", max_per_event: "15" }, ["10", "100", "10000"], "20"], // 2 + 3 + 15
    [{ min_per_event: "2", max_per_event: "15", fixed_amount: "1" }, ["10", "100", "10000"], "21"],
    [{ min_per_event: "2" }, ["10", "100", "10000"], "305"],
    [{ max_per_event: "15" }, ["10", "100", "10000"], "18.3"],
    [{ min_per_event: "2", max_per_event: "15", free_events: "1" }, ["10", "100", "10000"], "18"],
    [{ min_per_event: "2", max_per_event: "15", free_amount: "60" }, ["10", "100", "10000"], "17"],
    [{ min_per_event: "2" }, ["0", "-50"], "4"],
    [{ max_per_event: "1", fixed_amount: "0.25" }, ["-50"], "0.25"],
    [{ min_per_event: "2", max_per_event: "2" }, ["0", "1", "1000000000000000"], "6"],
    [{ max_per_event: "3" }, ["100", "100.01"], "6"],
    [{ min_per_event: "3" }, ["100", "99.99"], "6"],
  ];
  for (const [parameters, amounts, expected] of rows) {
    test(`${amounts} at 3 % and ${JSON.stringify(parameters)} cost ${expected}`, () => {
      expect(fee({ rate: "3", ...parameters }, inTurn(...amounts))).toBe(expected);
    });
  }
});

describe("laws of a percentage", () => {
  const whole = (max: number) => fc.integer({ min: 0, max });
  const maybe = (max: number) => fc.option(whole(max), { nil: undefined });
  const parameters = fc.record({
    rate: whole(30),
    fixed_amount: whole(5),
    free_events: maybe(8),
    free_amount: maybe(60),
    min_per_event: maybe(3),
    most: maybe(4),
  });
  const events = fc.array(
    fc.tuple(whole(6), fc.integer({ min: -10, max: 25 }), fc.integer({ min: 1, max: 3 })),
    {
      maxLength: 12,
    },
  );

  test("by event it is what walking one by one gives, in whatever order they came in", () => {
    fc.assert(
      fc.property(parameters, events, ({ most, ...drawn }, list) => {
        // A most that cannot matter makes every price one by event.
        const limit = most === undefined ? 1_000_000 : (drawn.min_per_event ?? 0) + most;
        const known = Object.entries({ ...drawn, max_per_event: limit }).filter(([, v]) => v !== undefined);
        const price = Object.fromEntries(known);
        const priced = list.map(([at, amount, times]): Priced => [at, String(amount), String(times)]);
        expect(fee(price, priced)).toBe(formatDecimal(walked(price, list)));
      }),
    );
  });
});

/** Every event by itself, in hundredths, straight from the words. */
function walked(
  price: Record<string, number | undefined>,
  list: readonly (readonly [at: number, amount: number, times: number])[],
): Decimal {
  const single = list.flatMap(([at, amount, times]) =>
    Array.from({ length: times }, () => [at, Math.max(amount, 0)]),
  );
  single.sort(([a = 0, x = 0], [b = 0, y = 0]) => a - b || x - y);
  const {
    rate = 0,
    fixed_amount = 0,
    free_events,
    free_amount,
    min_per_event = 0,
    max_per_event = 0,
  } = price;
  let hundredths = 0;
  let running = 0;
  let free = free_events !== undefined || free_amount !== undefined;
  for (const [index, [, amount = 0]] of single.entries()) {
    running += amount;
    let part = amount;
    if (free && index >= (free_events ?? Number.POSITIVE_INFINITY)) free = false;
    else if (free && running > (free_amount ?? Number.POSITIVE_INFINITY)) {
      free = false;
      part = running - (free_amount ?? 0);
    }
    if (free) continue;
    const each = part * rate + fixed_amount * 100;
    hundredths += Math.min(Math.max(each, min_per_event * 100), max_per_event * 100);
  }
  return { c: hundredths, s: 2 };
}
