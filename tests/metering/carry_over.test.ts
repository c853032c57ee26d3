import { describe, expect, test } from "bun:test";
import {
  type Aggregate,
  apply,
  carriedAggregate,
  encodeAggregate,
  newAggregate,
  quantityOf,
} from "../../src/metering/aggregate.ts";
import type { Metric } from "../../src/metering/metric.ts";
import { formatExact } from "../../src/money/ratio.ts";
import { aggregateOf, hundred, metric, type Sent, sampleOf } from "./metrics.ts";

const next = { start: 100, end: 200, wholeMs: 100, timezone: "UTC" };
const operated = { aggregation: "unique", operation_field: "operation", carry_over: true } as const;

function carried(of: Metric, events: readonly Sent[]): Aggregate {
  const aggregate = carriedAggregate(of, aggregateOf(of, events), next.start);
  if (aggregate === null) throw new Error("nothing carries over");
  return aggregate;
}

/** The quantity of the next period: what carries over, and then its own events, the first in with order 0. */
function nextQuantity(of: Metric, events: readonly Sent[], own: readonly Sent[]): string {
  const aggregate = carried(of, events);
  for (const [order, sent] of own.entries()) apply(of, aggregate, sampleOf(of, sent, order));
  return formatExact(quantityOf(of, aggregate, next));
}

describe("the next period begins", () => {
  test("with the sum", () => {
    const of = metric({ aggregation: "sum", carry_over: true });
    expect(nextQuantity(of, [{ value: "7" }, { value: "-2" }], [])).toBe("5");
    expect(nextQuantity(of, [{ value: "7" }], [{ value: "0.5", at: 150 }])).toBe("7.5");
  });

  test("with the texts that came", () => {
    const of = metric({ aggregation: "unique", carry_over: true });
    expect(nextQuantity(of, [{ value: "a" }, { value: "b" }], [{ value: "b" }, { value: "c" }])).toBe("3");
  });

  test("with the texts that are there, which go when they are taken out", () => {
    const of = metric(operated);
    const before = [{ value: "a" }, { value: "b" }, { value: "c" }, { value: "c", operation: "remove" }];
    expect(nextQuantity(of, before, [])).toBe("2");
    expect(nextQuantity(of, before, [{ value: "a", at: 100, operation: "remove" }])).toBe("1");
    expect(nextQuantity(of, before, [{ value: "c", at: 100 }])).toBe("3");
  });

  test("with the latest value, older than anything in it", () => {
    const of = metric({ aggregation: "latest", carry_over: true });
    const before = [
      { value: "3", at: 10 },
      { value: "9", at: 99 },
    ];
    expect(nextQuantity(of, before, [])).toBe("9");
    expect(nextQuantity(of, before, [{ value: "1", at: 100 }])).toBe("1");
    // What came in late for the time before it does not take its place.
    expect(nextQuantity(of, before, [{ value: "1", at: 98 }])).toBe("9");
    // Nor does an event beyond an end that moved earlier.
    expect(nextQuantity(of, [{ value: "9", at: 130 }], [{ value: "1", at: 100 }])).toBe("1");
  });

  test("with the level, from its start", () => {
    const of = metric({ aggregation: "weighted_sum", carry_over: true });
    const before = [{ value: "100" }, { value: "-40", at: 50 }];
    expect(formatExact(quantityOf(of, aggregateOf(of, before), hundred))).toBe("80");
    expect(nextQuantity(of, before, [])).toBe("60");
    expect(nextQuantity(of, before, [{ value: "20", at: 125 }])).toBe("75");
    // A change beyond an end that moved earlier still counts from its own time.
    expect(nextQuantity(of, [...before, { value: "-60", at: 150 }], [])).toBe("30");
  });

  test("with nothing where there was nothing", () => {
    for (const aggregation of ["sum", "latest", "weighted_sum", "unique"] as const) {
      const of = metric({ aggregation, carry_over: true });
      expect(carriedAggregate(of, newAggregate(of), 100)).toBeNull();
    }
  });

  test("with a zero that has come about", () => {
    const gone = [{ value: "a" }, { value: "a", operation: "remove" }];
    expect(nextQuantity(metric(operated), gone, [])).toBe("0");
    const back = [{ value: "7" }, { value: "-7" }];
    expect(nextQuantity(metric({ aggregation: "sum", carry_over: true }), back, [])).toBe("0");
  });

  test("with nothing where the metric does not carry over", () => {
    const of = metric({ aggregation: "sum" });
    expect(carriedAggregate(of, aggregateOf(of, [{ value: "7" }]), 100)).toBeNull();
    const no = metric({ aggregation: "sum", carry_over: false });
    expect(carriedAggregate(no, aggregateOf(no, [{ value: "7" }]), 100)).toBeNull();
  });
});

test("what carries over is apart from what it came from", () => {
  for (const parts of [{ aggregation: "unique", carry_over: true }, operated] as const) {
    const of = metric(parts);
    const before = aggregateOf(of, [{ value: "a" }]);
    const stored = JSON.stringify(encodeAggregate(before));
    const after = carriedAggregate(of, before, 100);
    if (after === null) throw new Error("nothing carries over");
    apply(of, after, sampleOf(of, { value: "b", at: 100 }, 0));
    expect(JSON.stringify(encodeAggregate(before))).toBe(stored);
  }
});

describe("a version of the metric that changes", () => {
  const texts = [{ value: "a" }, { value: "b" }];

  test("to operations takes the texts over", () => {
    const [plain, of] = [metric({ aggregation: "unique", carry_over: true }), metric(operated)];
    const aggregate = carriedAggregate(of, aggregateOf(plain, texts), 100);
    if (aggregate === null) throw new Error("nothing carries over");
    apply(of, aggregate, sampleOf(of, { value: "a", at: 100, operation: "remove" }, 0));
    apply(of, aggregate, sampleOf(of, { value: "b", at: 100 }, 1));
    expect(formatExact(quantityOf(of, aggregate, next))).toBe("1");
  });

  test("from operations takes those that are there over", () => {
    const [plain, of] = [metric({ aggregation: "unique", carry_over: true }), metric(operated)];
    const aggregate = carriedAggregate(
      plain,
      aggregateOf(of, [...texts, { value: "b", operation: "remove" }]),
      100,
    );
    if (aggregate === null) throw new Error("nothing carries over");
    apply(plain, aggregate, sampleOf(plain, { value: "a", at: 100 }, 0));
    expect(formatExact(quantityOf(plain, aggregate, next))).toBe("1");
  });

  test("to another aggregation begins anew", () => {
    const sum = metric({ aggregation: "sum", carry_over: true });
    const latest = metric({ aggregation: "latest", carry_over: true });
    expect(carriedAggregate(latest, aggregateOf(sum, [{ value: "7" }]), 100)).toBeNull();
  });
});
