import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  apply,
  carriedAggregate,
  decodeAggregate,
  encodeAggregate,
  newAggregate,
  peek,
  quantityOf,
} from "../../src/metering/aggregate.ts";
import type { MetricInput } from "../../src/metering/metric.ts";
import type { Span } from "../../src/metering/span.ts";
import { type Exact, toRatio, writeExact } from "../../src/money/ratio.ts";
import { isSame } from "../oracle/fraction.ts";
import type { OracleEvent, OracleMetric } from "../oracle/prices/case.ts";
import { oracleQuantity } from "../oracle/prices/quantity.ts";
import { written } from "../oracle/random.ts";
import { aggregateOf, metric, type Sent, sampleOf } from "./metrics.ts";

type Parts = Partial<MetricInput> & { readonly aggregation: MetricInput["aggregation"] };

const kinds: readonly Parts[] = [
  { aggregation: "count" },
  { aggregation: "sum" },
  { aggregation: "sum", carry_over: true, rounding: { mode: "half_even", scale: 2 } },
  { aggregation: "max" },
  { aggregation: "min", rounding: { mode: "down", scale: 0 } },
  { aggregation: "latest" },
  { aggregation: "latest", carry_over: true },
  { aggregation: "unique" },
  { aggregation: "unique", carry_over: true },
  { aggregation: "unique", operation_field: "operation" },
  { aggregation: "unique", operation_field: "operation", carry_over: true },
  { aggregation: "average" },
  { aggregation: "average", rounding: { mode: "half_up", scale: 1 } },
  { aggregation: "percentile", percentile: "1" },
  { aggregation: "percentile", percentile: "50" },
  { aggregation: "percentile", percentile: "95.5", rounding: { mode: "up", scale: 0 } },
  { aggregation: "percentile", percentile: "100" },
  { aggregation: "weighted_sum" },
  { aggregation: "weighted_sum", carry_over: true, rounding: { mode: "up", scale: 3 } },
];

const values = fc
  .tuple(
    fc.oneof(fc.bigInt(-4n, 4n), fc.bigInt(-(10n ** 28n), 10n ** 28n)),
    fc.oneof(fc.constant(0), fc.integer({ min: 10, max: 12 })),
  )
  .map(([c, s]) => written(c % 10n ** BigInt(18 + s), s));
const events = (from: number, to: number) =>
  fc.array(
    fc.record({
      value: values,
      at: fc.integer({ min: from, max: to - 1 }),
      times: fc.integer({ min: 1, max: 4 }),
      operation: fc.constantFrom("add", "remove"),
    }),
    { maxLength: 12 },
  );
const streams = events(100, 110);
const span: Span = { start: 100, end: 110, wholeMs: 12, timezone: "UTC" };
const ends = fc.integer({ min: 100, max: 112 }).map((end) => ({ ...span, end }));

const oracleEvent = ({ operation, ...sent }: Sent): OracleEvent => ({
  fee: null,
  traits: {},
  at: 0,
  times: 1,
  ...(operation === "remove" ? { operation } : {}),
  ...sent,
});

function isQuantity(quantity: Exact, expected: { n: bigint; d: bigint }): boolean {
  const { num, den } = toRatio(quantity);
  return isSame({ n: num, d: den }, expected);
}

describe.each(kinds.map((parts) => [JSON.stringify(parts), parts] as const))("laws of %s", (_, parts) => {
  const of = metric(parts);
  const text = (quantity: Exact) => writeExact(toRatio(quantity));
  const stored = (sent: readonly Sent[]) => JSON.stringify(encodeAggregate(aggregateOf(of, sent)));

  test("is what a naive aggregation of all events gives, after those of the period before", () => {
    const oracleMetric: OracleMetric = {
      kind: parts.operation_field === undefined ? parts.aggregation : "unique with operations",
      percentile: String(of.percentile),
      ...(of.rounding === undefined ? {} : { rounding: of.rounding }),
      carry_over: of.carry_over === true,
    };
    fc.assert(
      fc.property(events(90, 100), streams, ends, (before, own, cut) => {
        const aggregate = carriedAggregate(of, aggregateOf(of, before), span.start) ?? newAggregate(of);
        for (const [order, sent] of own.entries()) apply(of, aggregate, sampleOf(of, sent, order));
        const expected = oracleQuantity(oracleMetric, before.map(oracleEvent), own.map(oracleEvent), cut);
        expect(isQuantity(quantityOf(of, aggregate, cut), expected)).toBe(true);
      }),
    );
  });

  test("peek foretells apply and changes nothing", () => {
    fc.assert(
      fc.property(streams, streams, ends, (sent, more, cut) => {
        const aggregate = aggregateOf(of, sent);
        for (const [index, next] of more.entries()) {
          const before = JSON.stringify(encodeAggregate(aggregate));
          const sample = sampleOf(of, next, sent.length + index);
          const foretold = peek(of, aggregate, sample, cut);
          expect(JSON.stringify(encodeAggregate(aggregate))).toBe(before);
          apply(of, aggregate, sample);
          expect(text(quantityOf(of, aggregate, cut))).toBe(text(foretold));
        }
      }),
    );
  });

  test("is the same from any order of events, their ingest order kept", () => {
    const shuffles = streams.chain((s) =>
      fc.tuple(fc.constant(s), fc.shuffledSubarray([...s.keys()], { minLength: s.length })),
    );
    fc.assert(
      fc.property(shuffles, ends, ([sent, turns], cut) => {
        const shuffled = newAggregate(of);
        for (const order of turns) {
          const one = sent[order];
          if (one !== undefined) apply(of, shuffled, sampleOf(of, one, order));
        }
        expect(text(quantityOf(of, shuffled, cut))).toBe(text(quantityOf(of, aggregateOf(of, sent), cut)));
      }),
    );
  });

  test("times stands for so many equal events", () => {
    fc.assert(
      fc.property(streams, ends, (sent, cut) => {
        const apart = sent.flatMap((one) => Array.from({ length: one.times }, () => ({ ...one, times: 1 })));
        const [many, few] = [aggregateOf(of, apart), aggregateOf(of, sent)];
        expect(text(quantityOf(of, many, cut))).toBe(text(quantityOf(of, few, cut)));
      }),
    );
  });

  test("goes on from a snapshot as if there had been none", () => {
    fc.assert(
      fc.property(streams, streams, (before, after) => {
        const resumed = decodeAggregate(JSON.parse(stored(before)));
        for (const [index, sent] of after.entries())
          apply(of, resumed, sampleOf(of, sent, before.length + index));
        expect(JSON.stringify(encodeAggregate(resumed))).toBe(stored([...before, ...after]));
      }),
    );
  });
});

describe.each(["sum", "weighted_sum"] as const)("a %s", (aggregation) => {
  test("gives back what is taken in once more with its times below zero", () => {
    const of = metric({ aggregation });
    fc.assert(
      fc.property(streams, streams, ends, (sent, undone, cut) => {
        const back = undone.map((one) => ({ ...one, times: -one.times }));
        const aggregate = aggregateOf(of, [...sent, ...undone, ...back]);
        const expected = quantityOf(of, aggregateOf(of, sent), cut);
        expect(writeExact(toRatio(quantityOf(of, aggregate, cut)))).toBe(writeExact(toRatio(expected)));
      }),
    );
  });

  test("of a period is the sum of any two parts of its events", () => {
    const of = metric({ aggregation });
    fc.assert(
      fc.property(streams, streams, ends, (some, others, cut) => {
        const [a, b, whole] = [some, others, [...some, ...others]].map((sent) =>
          toRatio(quantityOf(of, aggregateOf(of, sent), cut)),
        );
        if (a === undefined || b === undefined || whole === undefined) throw new Error("three quantities");
        expect((a.num * b.den + b.num * a.den) * whole.den).toBe(whole.num * a.den * b.den);
      }),
    );
  });
});

test("a weighted sum of a period cut in two, its level carried over, is that of the whole", () => {
  const of = metric({ aggregation: "weighted_sum", carry_over: true });
  fc.assert(
    fc.property(streams, fc.integer({ min: 100, max: 110 }), (sent, cut) => {
      const first = aggregateOf(
        of,
        sent.filter(({ at }) => at < cut),
      );
      const second = carriedAggregate(of, first, cut) ?? newAggregate(of);
      for (const [order, one] of sent.entries())
        if (one.at >= cut) apply(of, second, sampleOf(of, one, order));
      const a = toRatio(quantityOf(of, first, { ...span, end: cut }));
      const b = toRatio(quantityOf(of, second, { ...span, start: cut }));
      const whole = toRatio(quantityOf(of, aggregateOf(of, sent), span));
      expect((a.num * b.den + b.num * a.den) * whole.den).toBe(whole.num * a.den * b.den);
    }),
  );
});
