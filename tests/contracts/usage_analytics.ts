import { beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { answered, type Report } from "../../shards/reports/report.ts";
import { cellsFromStore } from "../../shards/reports/store_report.ts";
import type { Filter } from "../../src/filter.ts";
import type { Aggregation, Metric } from "../../src/metering/metric.ts";
import type { Grouping } from "../../src/metering/usage_question.ts";
import { formatExact } from "../../src/money/ratio.ts";
import type { ReportRow, ReportRows } from "../../src/ports/report_rows.ts";
import type { FedUsage, UsageAnalytics } from "../../src/ports/usage_analytics.ts";
import { windowBoundaries } from "../../src/time/calendar.ts";

const company = "co_a";
/** Around the clocks' change in Berlin, 2026-03-29. */
const start = Date.UTC(2026, 2, 27);
const end = Date.UTC(2026, 3, 3);

/** Stored usage that does not count any more is not in it. */
function rowsOf(usage: readonly FedUsage[]): ReportRows {
  return {
    page: async (scope, after, limit) => {
      const order = (a: ReportRow, b: ReportRow) =>
        a.occurredAt - b.occurredAt ||
        (a.customerId < b.customerId ? -1 : a.customerId > b.customerId ? 1 : a.seq - b.seq);
      return usage
        .filter((row) => !row.voided && row.companyId === scope.companyId)
        .filter((row) => row.occurredAt >= scope.from && row.occurredAt < scope.to)
        .filter((row) => scope.customerIds?.includes(row.customerId) ?? true)
        .filter((row) => scope.eventTypes?.includes(row.eventType) ?? true)
        .toSorted(order)
        .filter((row) => after === null || order(row, after) > 0)
        .slice(0, limit);
    },
  };
}

const numbers = fc.oneof(
  fc.integer({ min: -50, max: 50 }).map(String),
  fc.constantFrom(
    "0.1",
    "0.100000000001",
    "1e3",
    "999999999999999999.999999999999",
    "-123456789012345678.000000000001",
    "1.10",
    "0",
  ),
);
const scalars = fc.oneof(
  numbers,
  fc.constantFrom(
    '"eu"',
    '"us"',
    '""',
    '"1"',
    '"1.0"',
    '"ümläut 💡"',
    "true",
    "false",
    "null",
    '"2026-01-01"',
  ),
);
const value = fc.oneof(
  { weight: 8, arbitrary: scalars },
  { weight: 1, arbitrary: fc.constantFrom('{"b":2}', '{"b":{"c":"x"}}', "[1,2]", "{}") },
);
/** JSON texts with names that meet: "a.b" at the top, and b within a. */
const properties = fc
  .uniqueArray(fc.tuple(fc.constantFrom("n", "m", "region", "a", "a.b", "a.b.c", "__proto__"), value), {
    selector: ([name]) => name,
    maxLength: 5,
  })
  .map((entries) => `{${entries.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`);

const event = fc.record({
  customer: fc.constantFrom("ada", "bob", "cyd"),
  subscription: fc.constantFrom("sub_1", "sub_2"),
  type: fc.constantFrom("call", "call", "job"),
  at: fc.oneof(
    fc.integer({ min: start, max: end - 1 }),
    fc.constantFrom(
      start,
      start,
      end - 1,
      end,
      start - 1,
      Date.UTC(2026, 2, 29, 1),
      Date.UTC(2026, 2, 31, 22),
    ),
  ),
  properties,
  voided: fc.boolean().map((yes) => yes),
});

const field = fc.constantFrom("n", "m", "region", "a.b", "a", "a.b.c", "__proto__", "none");
const filter: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({
    field,
    op: fc.constantFrom("eq" as const, "neq" as const),
    values: fc.tuple(fc.constantFrom("eu", "1", true, "x")),
  }),
  fc.record({
    field,
    op: fc.constantFrom("in" as const, "nin" as const),
    values: fc.constant<string[]>(["eu", "us", "0.1"]),
  }),
  fc.record({
    field,
    op: fc.constantFrom("gt" as const, "gte" as const, "lt" as const, "lte" as const),
    values: fc.tuple(fc.constantFrom("0", "0.1", "1000", "-3", "0.1000000000001", "-0.0000000000001")),
  }),
  fc.record({ field, op: fc.constant("exists" as const), values: fc.tuple(fc.boolean()) }),
);
const grouping: fc.Arbitrary<Grouping> = fc.oneof(
  field.map((name): Grouping => ({ by: "property", field: name })),
  fc.constantFrom<Grouping>({ by: "customer" }, { by: "subscription" }, { by: "event_type" }),
);

const report: fc.Arbitrary<Report> = fc
  .record({
    aggregation: fc.constantFrom<Aggregation>(
      "count",
      "sum",
      "max",
      "min",
      "unique",
      "latest",
      "average",
      "percentile",
    ),
    field: fc.constantFrom("n", "m", "a.b", "region"),
    percentile: fc.constantFrom("50", "99.9", "100", "0.000001", "33.333333333333"),
    filters: fc.array(filter, { maxLength: 2 }),
    groupBy: fc.uniqueArray(grouping, { selector: (one) => JSON.stringify(one), maxLength: 2 }),
    textFields: fc.constantFrom<string[]>([], [], ["a"], ["region"]),
    customerIds: fc.constantFrom(null, null, ["ada", "cyd"]),
    subscriptionIds: fc.constantFrom(null, null, ["sub_2"]),
    timezone: fc.constantFrom("UTC", "Europe/Berlin", "Asia/Kathmandu"),
    window: fc.constantFrom(null, "hour" as const, "day" as const, "week" as const, "month" as const),
    order: fc.constantFrom("time" as const, "value" as const),
    limit: fc.constantFrom(1, 3, 1000),
  })
  .map((given) => {
    const { aggregation, filters, textFields, percentile, timezone, window } = given;
    const period = { start, end };
    const counted = aggregation === "count" ? null : given.field;
    const metric = {
      ...{
        id: "report",
        version: 1,
        key: "report",
        name: "report",
        event_type: "call",
        aggregation,
        filters,
      },
      ...(counted === null ? {} : { field: counted }),
      ...(aggregation === "percentile" ? { percentile } : {}),
      ...(textFields.length === 0 ? {} : { group_by: textFields }),
    } as Metric;
    return {
      metric,
      timezone,
      order: given.order,
      limit: given.limit,
      question: {
        ...{ companyId: company, aggregation, filters, textFields, field: counted },
        customerIds: given.customerIds,
        subscriptionIds: given.subscriptionIds,
        eventTypes: ["call"],
        percentile: aggregation === "percentile" ? percentile : null,
        groupBy: given.groupBy,
        boundaries:
          window === null ? [start, end] : (windowBoundaries(period, window, timezone, 10_000) ?? []),
      },
    };
  });

/** Analytics of any engine, against metering itself. */
export function usageAnalyticsContract(name: string, analytics: UsageAnalytics): void {
  describe(name, () => {
    let fed = 0;
    const feed = (rows: readonly FedUsage[]) => analytics.append({ token: `t${++fed}`, rows });
    const row = (seq: number, given: Partial<FedUsage> = {}): FedUsage => ({
      ...{
        companyId: company,
        customerId: "ada",
        subscriptionId: "sub_1",
        eventType: "call",
        seq,
        currency: "USD",
      },
      ...{ occurredAt: start + seq, properties: `{"n":${seq}}`, charge: "0.5", version: 1, voided: false },
      ...given,
    });
    const totals = async () =>
      (await analytics.hours(company, start, end)).map(({ events, charge }) => `${events} ${charge}`);

    beforeEach(async () => {
      await analytics.clear();
      await analytics.prepare();
    }, 60_000);

    test("its tables are the same as long as they are there, and others when they are made anew", async () => {
      const first = await analytics.prepare();
      expect(await analytics.prepare()).toBe(first);
      expect(await analytics.identity()).toBe(first);
      await analytics.clear();
      await expect(feed([row(1)])).rejects.toMatchObject({ code: "DEP_001" });
      expect(await analytics.identity()).toBeNull();
      const second = await analytics.prepare();
      expect(second).not.toBe(first);
      expect(await analytics.identity()).toBe(second);
      expect(await totals()).toEqual([]);
    });

    test("a block counts once however often it is sent, and a row in its last state, whichever comes first", async () => {
      const block = { token: "again", rows: [row(1), row(2), row(3)] };
      for (let i = 0; i < 3; i++) await analytics.append(block);
      await analytics.append({ ...block, token: "another" });
      expect(await totals()).toEqual(["3 1.5"]);
      await feed([row(2, { version: 7, voided: true }), row(4, { version: 6, voided: true })]);
      await feed([row(4, { version: 5 })]);
      expect(await totals()).toEqual(["2 1"]);
      await feed([row(5, { version: 9 }), row(5, { version: 9, voided: true })]);
      expect(await totals()).toEqual(["2 1"]);
    });

    test("companies are apart, and hours removed are gone", async () => {
      await feed([row(1), row(1, { companyId: "co_b" }), row(2, { occurredAt: start + 3_600_000 })]);
      expect(await totals()).toEqual(["1 0.5", "1 0.5"]);
      await analytics.remove(company, start, start + 3_600_000);
      expect(await totals()).toEqual(["1 0.5"]);
      expect(await analytics.hours("co_b", start, end)).toHaveLength(1);
      await feed([row(1)]);
      expect(await totals()).toEqual(["1 0.5", "1 0.5"]);
    });

    test("sums keep every digit", async () => {
      const charge = "123456789012345678.123456789012345678901234";
      const properties = '{"n":999999999999999999.999999999999}';
      await feed(Array.from({ length: 100 }, (_, n) => row(n, { charge, properties })));
      expect(await totals()).toEqual(["100 12345678901234567812.3456789012345678901234"]);
    });

    test("a number it cannot hold is left to the store", async () => {
      await feed([row(1, { properties: '{"n":1e30,"m":5}' })]);
      const [first] = fc.sample(report, { numRuns: 1, seed: 1 });
      const question = { ...first?.question, aggregation: "sum", groupBy: [], textFields: [] };
      const asked = {
        ...question,
        customerIds: null,
        subscriptionIds: null,
        field: "m",
      } as Report["question"];
      const above = (name: string): Filter[] => [{ field: name, op: "gt", values: ["3"] }];
      expect(await analytics.cells({ ...asked, filters: above("n") })).toBeNull();
      const cells = (await analytics.cells({ ...asked, filters: above("m") })) ?? [];
      expect(cells.map(({ value }) => formatExact(value))).toEqual(["5"]);
    });

    test("answers what metering does, whatever is asked of whatever usage", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(event, { minLength: 1, maxLength: 60 }),
          fc.array(report, { minLength: 1, maxLength: 6 }),
          async (events, reports) => {
            await analytics.clear();
            await analytics.prepare();
            // Every customer's events are numbered on their own, so that two may be alike in time and number.
            const counts = new Map<string, number>();
            const usage = events.map((one) => {
              const seq = (counts.get(one.customer) ?? 0) + 1;
              counts.set(one.customer, seq);
              return row(seq, {
                ...{ customerId: one.customer, subscriptionId: one.subscription, eventType: one.type },
                ...{ occurredAt: one.at, properties: one.properties, voided: one.voided },
              });
            });
            await feed(usage.map((one) => ({ ...one, voided: false })));
            const voided = usage.filter((one) => one.voided).map((one) => ({ ...one, version: 2 }));
            if (voided.length > 0) await feed(voided);
            for (const asked of reports) {
              const cells = await analytics.cells(asked.question);
              if (cells === null) expect.unreachable("all of these numbers fit");
              const shown = (all: ReturnType<typeof answered>) =>
                all.rows.map(({ value, ...cell }) => ({ ...cell, value: formatExact(value) }));
              const stored = await cellsFromStore(asked, rowsOf(usage));
              expect(shown(answered(asked, cells))).toEqual(shown(answered(asked, stored)));
            }
          },
        ),
        { numRuns: 40 },
      );
    }, 120_000);
  });
}
