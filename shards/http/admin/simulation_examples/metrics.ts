import { answer, metric, request, use, uses, type Worked } from "./worked.ts";

/** A request at 1.00 a unit, so that the total tells the quantity. */
function counted(measured: object, events: readonly object[]): Worked["request"] {
  return request([{ model: "per_unit", unit_amount: "1", metric: measured }], { simulated_events: events });
}

function quantity(text: string, total: string): Worked["answer"] {
  return answer([["usage", text, "1", total]], { total });
}

const mid = { timestamp: "2026-02-15T00:00:00Z" };

/** One request for every kind of metric. */
export const metricExamples: Readonly<Record<string, Worked>> = {
  "count: zero usage is a line of zero": {
    request: counted(metric("count"), []),
    answer: quantity("0", "0.00"),
  },
  "sum: exact beyond what a float holds": {
    request: counted(metric("sum"), [use("0.1"), use("0.2"), use("1234567890123.45")]),
    answer: quantity("1234567890123.75", "1234567890123.75"),
  },
  max: { request: counted(metric("max"), [use(3), use(7), use(5)]), answer: quantity("7", "7.00") },
  min: { request: counted(metric("min"), [use(3), use(7), use(5)]), answer: quantity("3", "3.00") },
  unique: {
    request: counted(metric("unique"), [use("ann"), use("bob"), use("ann")]),
    answer: quantity("2", "2.00"),
  },
  "unique with operations: ann comes and goes": {
    request: counted(metric("unique", { operation_field: "op" }), [
      use("ann", { op: "add" }),
      use("bob"),
      use("ann", { op: "remove", ...mid }),
    ]),
    answer: quantity("1", "1.00"),
  },
  "latest: by the event's own time": {
    request: counted(metric("latest"), [use(9, mid), use(4)]),
    answer: quantity("9", "9.00"),
  },
  "average: 5 / 3, rounded at the line": {
    request: counted(metric("average"), [use(1), use(2), use(2)]),
    answer: quantity("1.666666666667", "1.67"),
  },
  "weighted_sum: 10 from the middle of the month on, and carried over": {
    request: counted(metric("weighted_sum", { carry_over: true }), [use(10, mid)]),
    answer: quantity("5", "5.00"),
  },
  "percentile: the 95th of 1 to 100 by nearest rank": {
    request: counted(
      metric("percentile", { percentile: "95" }),
      Array.from({ length: 100 }, (_, index) => use(100 - index)),
    ),
    answer: quantity("95", "95.00"),
  },
  "rounding of the period's aggregate, up to tens of thousandths": {
    request: counted(metric("average", { rounding: { mode: "up", scale: 4 } }), [use(1), use(2), use(2)]),
    answer: quantity("1.6667", "1.67"),
  },
  "group_by: a line for each model": {
    request: counted(metric("count", { group_by: ["model"] }), [
      uses(2, { model: "large" }),
      uses(3, { model: "mini" }),
    ]),
    answer: answer(
      [
        ["usage", "2", "1", "2.00"],
        ["usage", "3", "1", "3.00"],
      ],
      { total: "5.00" },
    ),
  },
  "filters and an expression: seconds × gigabytes of what succeeded": {
    request: counted(
      metric("sum", {
        expression: "ceil(ms / 1000) * gb",
        filters: [{ field: "status", op: "eq", values: ["ok"] }],
      }),
      [
        { event_type: "use", ms: 1200, gb: "0.5", status: "ok" },
        { event_type: "use", ms: 9000, gb: 4, status: "failed" },
      ],
    ),
    answer: quantity("1", "1.00"),
  },
};
