import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  apply,
  decodeAggregate,
  encodeAggregate,
  newAggregate,
  peek,
  quantityOf,
} from "../../src/metering/aggregate.ts";
import type { Aggregation } from "../../src/metering/metric.ts";
import { type Decimal, decimal, formatDecimal, fromInteger, ONE } from "../../src/money/decimal.ts";
import { fraction, isSame } from "../oracle/fraction.ts";
import { oracleQuantity } from "../oracle/metering.ts";
import { written } from "../oracle/random.ts";

interface Sent {
  readonly value: string;
  readonly at: number;
  readonly times: number;
}

const kinds: readonly Aggregation[] = ["count", "sum", "max", "min", "unique", "latest"];
const values = fc
  .tuple(fc.oneof(fc.bigInt(-5n, 5n), fc.bigInt(-(10n ** 30n), 10n ** 30n)), fc.integer({ min: 0, max: 12 }))
  .map(([c, s]) => written(c, s));
const streams = fc.array(
  fc.record({ value: values, at: fc.integer({ min: 0, max: 5 }), times: fc.integer({ min: 1, max: 4 }) }),
  { maxLength: 12 },
);

/** What `meteredValue` gives for the event. */
function contribution(kind: Aggregation, sent: Sent): Decimal | string {
  if (kind === "count") return ONE;
  return kind === "unique" ? sent.value : decimal(sent.value);
}

function taken(kind: Aggregation, events: readonly Sent[]) {
  const aggregate = newAggregate(kind);
  for (const [order, sent] of events.entries()) {
    apply(aggregate, contribution(kind, sent), sent.at, order, fromInteger(sent.times));
  }
  return aggregate;
}

describe("worked examples", () => {
  const one = (value: string, at = 0, times = 1): Sent => ({ value, at, times });
  const rows: [kind: Aggregation, events: Sent[], quantity: string][] = [
    ["count", [], "0"],
    ["count", [one("7"), one("7", 0, 150_000)], "150001"],
    ["sum", [one("0.1"), one("0.2"), one("-0.5")], "-0.2"],
    ["sum", [one("2.5", 0, 4)], "10"],
    ["sum", [one("9007199254740991"), one("1"), one("0.000000000001")], "9007199254740992.000000000001"],
    ["max", [], "0"],
    ["max", [one("-3"), one("-5")], "-3"],
    ["max", [one("2", 0, 9)], "2"],
    ["min", [one("3"), one("5")], "3"],
    ["min", [one("3"), one("-5")], "-5"],
    ["unique", [one("a"), one("b"), one("a")], "2"],
    ["latest", [one("5", 2), one("9", 1)], "5"],
    ["latest", [one("5", 2), one("9", 2)], "9"],
    ["latest", [one("-1", 0)], "-1"],
  ];
  for (const [kind, events, quantity] of rows) {
    test(`${kind} of ${JSON.stringify(events.map((sent) => [sent.value, sent.at, sent.times]))}`, () => {
      expect(formatDecimal(quantityOf(taken(kind, events)))).toBe(quantity);
    });
  }

  test("latest goes by ingest order between equal times, not by the order of application", () => {
    const aggregate = newAggregate("latest");
    apply(aggregate, decimal("2"), 10, 7, ONE);
    apply(aggregate, decimal("1"), 10, 6, ONE);
    expect(formatDecimal(quantityOf(aggregate))).toBe("2");
  });
});

describe.each([...kinds])("laws of %s", (kind) => {
  test("is what a naive aggregation of all events gives", () => {
    fc.assert(
      fc.property(streams, (events) => {
        const quantity = formatDecimal(quantityOf(taken(kind, events)));
        expect(isSame(fraction(quantity), oracleQuantity(kind, events))).toBe(true);
      }),
    );
  });

  test("peek foretells apply and changes nothing", () => {
    fc.assert(
      fc.property(streams, values, fc.integer({ min: 0, max: 5 }), (events, value, at) => {
        const aggregate = taken(kind, events);
        const before = JSON.stringify(encodeAggregate(aggregate));
        const next = contribution(kind, { value, at, times: 3 });
        const foretold = peek(aggregate, next, at, events.length, fromInteger(3));
        expect(JSON.stringify(encodeAggregate(aggregate))).toBe(before);
        apply(aggregate, next, at, events.length, fromInteger(3));
        expect(formatDecimal(quantityOf(aggregate))).toBe(formatDecimal(foretold));
      }),
    );
  });

  test("is the same from any order of events, their ingest order kept", () => {
    fc.assert(
      fc.property(
        streams.chain((s) =>
          fc.tuple(fc.constant(s), fc.shuffledSubarray([...s.keys()], { minLength: s.length })),
        ),
        ([events, turns]) => {
          const shuffled = newAggregate(kind);
          for (const order of turns) {
            const sent = events[order];
            if (sent !== undefined)
              apply(shuffled, contribution(kind, sent), sent.at, order, fromInteger(sent.times));
          }
          expect(formatDecimal(quantityOf(shuffled))).toBe(formatDecimal(quantityOf(taken(kind, events))));
        },
      ),
    );
  });

  test("times stands for so many equal events", () => {
    fc.assert(
      fc.property(streams, (events) => {
        const apart = events.flatMap((sent) =>
          Array.from({ length: sent.times }, () => ({ ...sent, times: 1 })),
        );
        expect(formatDecimal(quantityOf(taken(kind, apart)))).toBe(
          formatDecimal(quantityOf(taken(kind, events))),
        );
      }),
    );
  });

  test("goes on from a snapshot as if there had been none", () => {
    fc.assert(
      fc.property(streams, streams, (before, after) => {
        const whole = taken(kind, [...before, ...after]);
        const resumed = decodeAggregate(JSON.parse(JSON.stringify(encodeAggregate(taken(kind, before)))));
        for (const [index, sent] of after.entries()) {
          apply(resumed, contribution(kind, sent), sent.at, before.length + index, fromInteger(sent.times));
        }
        expect(encodeAggregate(resumed)).toEqual(encodeAggregate(whole));
      }),
    );
  });
});

describe("snapshots", () => {
  test("keep their shape: version 1", () => {
    const golden: [Aggregation, unknown][] = [
      ["count", { v: 1, kind: "count", value: "2" }],
      ["latest", { v: 1, kind: "latest", value: "1.5", at: 9, order: 1 }],
      ["unique", { v: 1, kind: "unique", texts: ["1.50"] }],
    ];
    const events: Sent[] = [
      { value: "1.50", at: 3, times: 1 },
      { value: "1.50", at: 9, times: 1 },
    ];
    for (const [kind, stored] of golden) {
      expect(encodeAggregate(taken(kind, events))).toEqual(stored);
      expect(encodeAggregate(decodeAggregate(stored))).toEqual(stored);
    }
  });

  test("of a version to come are refused", () => {
    expect(() => decodeAggregate({ v: 2, kind: "count", value: "1" })).toThrow(
      "aggregate version 2 can be read",
    );
  });
});

test("only unique takes texts, and nothing else", () => {
  expect(() => peek(newAggregate("sum"), "text", 0, 0, ONE)).toThrow("only unique takes texts");
  expect(() => apply(newAggregate("sum"), "text", 0, 0, ONE)).toThrow("only unique takes texts");
  expect(() => peek(newAggregate("unique"), ONE, 0, 0, ONE)).toThrow("unique takes texts");
});
