import { describe, expect, test } from "bun:test";
import {
  apply,
  decodeAggregate,
  encodeAggregate,
  newAggregate,
  peek,
  quantityOf,
} from "../../src/metering/aggregate.ts";
import type { MetricInput } from "../../src/metering/metric.ts";
import { ONE } from "../../src/money/decimal.ts";
import { formatExact, writeExact } from "../../src/money/ratio.ts";
import { aggregateOf, hundred, metric, type Sent, sampleOf } from "./metrics.ts";

type Parts = Partial<MetricInput>;

const one = (value: string, at = 0, times = 1): Sent => ({ value, at, times });
const add = (value: string, at = 0): Sent => ({ value, at, operation: "add" });
const remove = (value: string, at = 0): Sent => ({ value, at, operation: "remove" });
const upTo = (n: number) => Array.from({ length: n }, (_, i) => one(String(n - i)));

function quantity(parts: Parts, events: readonly Sent[], span = hundred): string {
  const of = metric(parts);
  return formatExact(quantityOf(of, aggregateOf(of, events), span));
}

describe("worked examples", () => {
  const operated: Parts = { aggregation: "unique", operation_field: "operation" };
  const rows: [parts: Parts, events: Sent[], quantity: string][] = [
    [{ aggregation: "count" }, [], "0"],
    [{ aggregation: "count" }, [one("7"), one("7", 0, 150_000)], "150001"],
    [{ aggregation: "sum" }, [one("0.1"), one("0.2"), one("-0.5")], "-0.2"],
    [{ aggregation: "sum" }, [one("2.5", 0, 4)], "10"],
    [
      { aggregation: "sum" },
      [one("9007199254740991"), one("1"), one("0.000000000001")],
      "9007199254740992.000000000001",
    ],
    [{ aggregation: "max" }, [], "0"],
    [{ aggregation: "max" }, [one("-3"), one("-5")], "-3"],
    [{ aggregation: "max" }, [one("2", 0, 9)], "2"],
    [{ aggregation: "min" }, [one("3"), one("5")], "3"],
    [{ aggregation: "min" }, [one("3"), one("-5")], "-5"],
    [{ aggregation: "unique" }, [one("a"), one("b"), one("a")], "2"],
    [operated, [], "0"],
    [operated, [one("a"), add("b"), remove("a")], "1"], // without an operation it is added
    [operated, [add("a"), remove("a"), add("a"), remove("x")], "1"],
    [operated, [add("a", 5), remove("a", 4)], "1"], // the later time decides
    [operated, [remove("a", 5), add("a", 4)], "0"],
    [{ aggregation: "latest" }, [one("5", 2), one("9", 1)], "5"],
    [{ aggregation: "latest" }, [one("5", 2), one("9", 2)], "9"],
    [{ aggregation: "latest" }, [one("-1", 0)], "-1"],
    [{ aggregation: "average" }, [], "0"],
    [{ aggregation: "average" }, [one("1"), one("2"), one("2")], "1.666666666667"],
    [{ aggregation: "average" }, [one("1", 0, 3), one("5")], "2"],
    [{ aggregation: "average" }, [one("-1"), one("1")], "0"],
    [{ aggregation: "percentile" }, [], "0"],
    [{ aggregation: "percentile", percentile: "95" }, upTo(200), "190"],
    [{ aggregation: "percentile", percentile: "95" }, upTo(20), "19"],
    [{ aggregation: "percentile", percentile: "95" }, upTo(19), "19"], // 18.05 is started
    [{ aggregation: "percentile", percentile: "100" }, upTo(7), "7"],
    [{ aggregation: "percentile", percentile: "0.000000000001" }, upTo(7), "1"],
    [{ aggregation: "percentile", percentile: "99.9" }, upTo(1000), "999"],
    [{ aggregation: "percentile", percentile: "50" }, [one("1", 0, 3), one("9", 0, 2)], "1"],
    [{ aggregation: "percentile", percentile: "61" }, [one("1", 0, 3), one("9", 0, 2)], "9"],
    [{ aggregation: "percentile", percentile: "50" }, [one("2.0"), one("2"), one("-1")], "2"],
    [{ aggregation: "weighted_sum" }, [], "0"],
    [{ aggregation: "weighted_sum" }, [one("100"), one("-40", 50)], "80"],
    [{ aggregation: "weighted_sum" }, [one("10", 99)], "0.1"],
    [{ aggregation: "weighted_sum" }, [one("2.5", 20, 4)], "8"],
    [{ aggregation: "weighted_sum" }, [one("5", 10), one("-5", 10)], "0"],
    [{ aggregation: "weighted_sum" }, [one("8", -25)], "8"], // since before the period: all of it
    [{ aggregation: "weighted_sum" }, [one("8", 100), one("8", 250), one("1")], "1"], // after it: nothing
  ];
  for (const [parts, events, expected] of rows) {
    const sent = JSON.stringify(events.slice(0, 4).map((event) => Object.values(event)));
    test(`${JSON.stringify(parts)} of ${events.length} events ${sent} is ${expected}`, () => {
      expect(quantity(parts, events)).toBe(expected);
    });
  }
});

describe("a weighted sum", () => {
  const events = [one("10"), one("20", 50), one("-30", 80)];
  const of = metric({ aggregation: "weighted_sum" });

  test("is an exact quotient of the whole period, also of one that is cut", () => {
    // 10 × 30 of a whole of 90; the rest lies after the end.
    const cut = { ...hundred, end: 30, wholeMs: 90 };
    expect(writeExact(quantityOf(of, aggregateOf(of, events), cut))).toBe("10/3");
  });

  test("follows an end that moves earlier, whatever lies after it", () => {
    const byEnd = [0, 50, 60, 80, 100].map((end) =>
      quantity({ aggregation: "weighted_sum" }, events, { ...hundred, end }),
    );
    expect(byEnd).toEqual(["0", "5", "8", "14", "14"]);
  });

  test("counts what is older from a start that comes later", () => {
    const span = { ...hundred, start: 60 };
    expect(quantity({ aggregation: "weighted_sum" }, events, span)).toBe("6"); // 30 × 20 of 100
    const change = sampleOf(of, one("5", 10), 3);
    expect(formatExact(peek(of, aggregateOf(of, events), change, span))).toBe("8");
  });
});

describe("rounding of the aggregate", () => {
  const rows: [rounding: NonNullable<MetricInput["rounding"]>, sent: string, expected: string][] = [
    [{ mode: "up", scale: 0 }, "1.000000000001", "2"],
    [{ mode: "down", scale: 0 }, "1.999999999999", "1"],
    [{ mode: "half_up", scale: 1 }, "0.25", "0.3"],
    [{ mode: "half_even", scale: 1 }, "0.25", "0.2"],
    [{ mode: "half_even", scale: 1 }, "0.35", "0.4"],
    [{ mode: "up", scale: 0 }, "-1.2", "-2"],
    [{ mode: "up", scale: 12 }, "0.123456789012", "0.123456789012"],
    [{ mode: "up", scale: 3 }, "7", "7"],
  ];
  for (const [rounding, sent, expected] of rows) {
    test(`${JSON.stringify(rounding)} of ${sent} is ${expected}`, () => {
      const of = metric({ aggregation: "sum", rounding });
      expect(formatExact(peek(of, newAggregate(of), sampleOf(of, one(sent), 0), hundred))).toBe(expected);
      expect(quantity({ aggregation: "sum", rounding }, [one(sent)])).toBe(expected);
    });
  }

  test("is of the whole, not of every event", () => {
    const rounding = { mode: "up", scale: 0 } as const;
    expect(quantity({ aggregation: "sum", rounding }, [one("0.4"), one("0.4")])).toBe("1");
    expect(quantity({ aggregation: "average", rounding }, [one("1"), one("2"), one("2")])).toBe("2");
    expect(quantity({ aggregation: "weighted_sum", rounding }, [one("7", 99)])).toBe("1");
  });
});

describe("snapshots", () => {
  const events = [one("1.50", 3), one("1.50", 9, 2)];

  test("keep their shape: version 2", () => {
    const golden: [Parts, unknown][] = [
      [{ aggregation: "count" }, { v: 2, kind: "count", value: "3" }],
      [{ aggregation: "latest" }, { v: 2, kind: "latest", value: "1.5", at: 9, order: 1 }],
      [{ aggregation: "unique" }, { v: 2, kind: "unique", texts: ["1.50"] }],
      [
        { aggregation: "unique", operation_field: "operation" },
        { v: 2, kind: "unique", second: "1", mentions: [["1.50", 9, 1, true]] },
      ],
      [{ aggregation: "average" }, { v: 2, kind: "average", value: "4.5", second: "3" }],
      [{ aggregation: "percentile" }, { v: 2, kind: "percentile", second: "3", ranked: [["1.5", "3"]] }],
      [
        { aggregation: "weighted_sum" },
        {
          v: 2,
          kind: "weighted_sum",
          value: "4.5",
          second: "31.5",
          ranked: [
            ["3", "1.5"],
            ["9", "3"],
          ],
        },
      ],
    ];
    for (const [parts, stored] of golden) {
      expect(encodeAggregate(aggregateOf(metric(parts), events))).toEqual(stored);
      expect(encodeAggregate(decodeAggregate(stored))).toEqual(stored);
    }
  });

  test("of version 1 are read", () => {
    const stored = [
      { v: 1, kind: "sum", value: "2.5" },
      { v: 1, kind: "latest", value: "1.5", at: 9, order: 1 },
      { v: 1, kind: "unique", texts: ["1.50"] },
      { v: 1, kind: "max" },
    ];
    for (const old of stored) expect(encodeAggregate(decodeAggregate(old))).toEqual({ ...old, v: 2 });
  });

  test("of a version to come are refused", () => {
    expect(() => decodeAggregate({ v: 3, kind: "count", value: "1" })).toThrow(
      "aggregate version 3 can be read",
    );
  });
});

test("only unique takes texts, and nothing else", () => {
  const [sum, unique] = [metric({ aggregation: "sum" }), metric({ aggregation: "unique" })];
  const sample = { at: 0, order: 0, times: ONE, removes: false };
  const [text, number] = [
    { ...sample, value: "text" },
    { ...sample, value: ONE },
  ];
  expect(() => peek(sum, newAggregate(sum), text, hundred)).toThrow("only unique takes texts");
  expect(() => apply(sum, newAggregate(sum), text)).toThrow("only unique takes texts");
  expect(() => peek(unique, newAggregate(unique), number, hundred)).toThrow("unique takes texts");
  expect(() => apply(unique, newAggregate(unique), number)).toThrow("unique takes texts");
});
