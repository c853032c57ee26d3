import { describe, expect, test } from "bun:test";
import { customers, dayStart, month } from "../../shards/cli/demo/catalog.ts";
import { eventsOfMonth, usageOfDay } from "../../shards/cli/demo/usage.ts";

describe("the demo's usage", () => {
  const days = Array.from({ length: month.days }, (_, i) => usageOfDay(i + 1));

  test("is the same whenever it is asked for", () => {
    expect(usageOfDay(7)).toEqual(days[6] ?? []);
  });

  test("has as many events as announced, each with an id of its own for its customer", () => {
    const events = days.flat();
    expect(events.length).toBe(eventsOfMonth);
    expect(new Set(events.map((event) => `${event.customer_id} ${event.event_id}`)).size).toBe(events.length);
  });

  test("lies within its day and covers every customer", () => {
    for (const [i, events] of days.entries()) {
      const [from, to] = [dayStart(i + 1), dayStart(i + 2)];
      expect(events.every((event) => event.timestamp >= from && event.timestamp < to)).toBe(true);
    }
    expect(new Set(days.flat().map((event) => event.customer_id)).size).toBe(customers.length);
  });
});
