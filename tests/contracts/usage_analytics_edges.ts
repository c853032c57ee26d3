import { beforeEach, describe, expect, test } from "bun:test";
import type { Filter } from "../../src/filter.ts";
import type { Aggregation } from "../../src/metering/metric.ts";
import type { UsageQuestion } from "../../src/metering/usage_question.ts";
import { formatExact } from "../../src/money/ratio.ts";
import type { FedUsage, UsageAnalytics } from "../../src/ports/usage_analytics.ts";
import { windowBoundaries } from "../../src/time/calendar.ts";

const minuteMs = 60_000;
const start = Date.UTC(2026, 2, 2);
const end = start + 7 * 24 * 60 * minuteMs;

/** What only whoever wants harm, or is unlucky, sends. */
export function usageAnalyticsEdges(name: string, analytics: UsageAnalytics): void {
  describe(name, () => {
    let fed = 0;
    const feed = (rows: readonly FedUsage[]) => analytics.append({ token: `edge${++fed}`, rows });
    const row = (seq: number, given: Partial<FedUsage> = {}): FedUsage => ({
      ...{
        companyId: "co_a",
        customerId: "ada",
        subscriptionId: "sub_1",
        eventType: "call",
        seq,
        currency: "USD",
      },
      ...{ occurredAt: start, properties: `{"n":${seq}}`, charge: "0.5", version: 1, voided: false },
      ...given,
    });
    const ask = async (
      aggregation: Aggregation,
      field: string | null,
      given: Partial<UsageQuestion> = {},
    ) => {
      const question = {
        ...{ companyId: "co_a", customerIds: null, subscriptionIds: null, eventTypes: ["call"], filters: [] },
        ...{ aggregation, field, percentile: null, textFields: [], groupBy: [], boundaries: [start, end] },
        ...given,
      };
      const cells = (await analytics.cells(question)) ?? expect.unreachable("all of these numbers fit");
      return cells.map(({ window, group, value, events }) => [window, ...group, formatExact(value), events]);
    };

    beforeEach(async () => {
      await analytics.clear();
      await analytics.prepare();
    }, 60_000);

    test("texts are texts, whatever they mean to the engine", async () => {
      const texts = [
        "; drop table usage; select 1",
        "a\nb\r\n\n\nc",
        "it's \\' \\\\ \"q\"",
        "{company:String}",
        "\\N",
      ];
      texts.push("💡\u2028\u007f", "\t\b\f", "%s --", "x') or ('' = '");
      await feed(texts.map((text, i) => row(i, { properties: JSON.stringify({ text, [text]: 5 }) })));
      const groups = await ask("count", null, { groupBy: [{ by: "property", field: "text" }] });
      expect(groups.map(([, group]) => group).sort()).toEqual(texts.toSorted());
      for (const text of texts) {
        const filters: Filter[] = [{ field: "text", op: "in", values: [text, "other"] }];
        expect(await ask("sum", text, { filters })).toEqual([[0, "5", 1]]);
      }
    });

    test("a bound finer than any number lies between two of them", async () => {
      await feed([-1, 0, 1].map((n, i) => row(i, { properties: `{"n":${n}}` })));
      const counted = async (op: Filter["op"], bound: string) =>
        (await ask("count", null, { filters: [{ field: "n", op, values: [bound] }] }))[0]?.[2] ?? 0;
      const [above, below] = ["0.0000000000001", "-0.0000000000001"];
      expect([await counted("gt", above), await counted("gte", above)]).toEqual([1, 1]);
      expect([await counted("lt", above), await counted("lte", above)]).toEqual([2, 2]);
      expect([await counted("gt", below), await counted("gte", below)]).toEqual([2, 2]);
      expect([await counted("lt", below), await counted("lte", below)]).toEqual([1, 1]);
      const vast = `-${"9".repeat(60)}`;
      expect([await counted("gt", vast), await counted("lte", vast)]).toEqual([3, 0]);
    });

    test("of two customers' events at one instant with one number, the first customer's is the latest", async () => {
      const given = (customerId: string, n: number) => ({ customerId, properties: `{"n":${n}}` });
      await feed([row(1, given("mia", 3)), row(1, given("ada", 1)), row(1, given("zoe", 2))]);
      expect(await ask("latest", "n")).toEqual([[0, "1", 3]]);
      await feed([row(2, given("zoe", 4))]);
      expect(await ask("latest", "n")).toEqual([[0, "4", 4]]);
    });

    test("one block may be from any number of months", async () => {
      const rows = Array.from({ length: 300 }, (_, i) => row(i, { occurredAt: Date.UTC(2000, i) }));
      await feed(rows);
      expect(await analytics.hours("co_a", 0, end)).toHaveLength(300);
    });

    test("a number that is too large counts for nothing where it is added up, as in metering", async () => {
      await feed([
        row(1, { properties: '{"n":1e18,"m":1}' }),
        row(2, { properties: '{"n":0.0000000000001,"m":1}' }),
      ]);
      expect(await ask("sum", "n")).toEqual([]);
      expect(await ask("sum", "m")).toEqual([[0, "2", 2]]);
      expect(await ask("unique", "n")).toEqual([[0, "2", 2]]);
    });

    test("charges of any size add up exactly", async () => {
      const [vast, fine] = [`${"9".repeat(54)}.${"9".repeat(38)}`, `0.${"0".repeat(37)}1`];
      await feed([row(1, { charge: vast }), row(2, { charge: fine }), row(3, { charge: "-0.5" })]);
      await feed([row(4, { charge: `-1${"0".repeat(54)}` })]);
      const [hour] = await analytics.hours("co_a", start, end);
      expect(hour).toMatchObject({ events: 4, charge: "-0.5" });
    });

    test("a week of minutes is answered minute by minute", async () => {
      const boundaries = windowBoundaries({ start, end }, "minute", "Asia/Kathmandu", 20_000) ?? [];
      await feed(boundaries.slice(0, -1).map((at, i) => row(i, { occurredAt: at + (i % minuteMs) })));
      const cells = await ask("count", null, { boundaries });
      expect(cells).toHaveLength(10_080);
      expect(cells.every(([, count]) => count === "1")).toBe(true);
      expect(new Set(cells.map(([window]) => window)).size).toBe(10_080);
    }, 60_000);
  });
}
