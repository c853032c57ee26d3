import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { checkUsage } from "../../actors/customer/check.ts";
import { encodeSnapshot } from "../../actors/customer/snapshot.ts";
import { spendStatus } from "../../actors/customer/spend_status.ts";
import { isSuspended } from "../../actors/customer/state.ts";
import { spanOf } from "../../actors/customer/subscription_state.ts";
import { upcomingInvoice } from "../../actors/customer/upcoming.ts";
import { add, compare, decimal, formatDecimal, ZERO } from "../../src/money/decimal.ts";
import { formatExact } from "../../src/money/ratio.ts";
import { chargeOf } from "../../src/subscriptions/price_meter.ts";
import { at, Customer, row } from "./customer.ts";

const monthly = { currency: "USD", interval: "month", interval_count: 1 };
const catalog = [
  row("metric", "calls", { event_type: "call", aggregation: "count" }),
  row("metric", "gigabytes", { event_type: "storage", aggregation: "max", field: "gb" }),
  row("metric", "tokens", { event_type: "llm", aggregation: "sum", field: "n", group_by: ["model"] }),
  row("price", "base", { ...monthly, model: "flat", amount: "20" }),
  row("price", "call_price", { ...monthly, model: "per_unit", metric_id: "calls", unit_amount: "10" }),
  row("price", "storage_price", {
    ...monthly,
    model: "volume",
    metric_id: "gigabytes",
    tiers: [
      { up_to: "10", unit_amount: "2" },
      { up_to: null, unit_amount: "0.5" },
    ],
  }),
  row("price", "token_price", {
    ...monthly,
    model: "graduated",
    metric_id: "tokens",
    tiers: [
      { up_to: "100", unit_amount: "0.003", flat_amount: "1" },
      { up_to: null, unit_amount: "0.0011" },
    ],
  }),
  row("plan", "calls", { currency: "USD", prices: [{ id: "call_price", version: 1 }] }),
  row("plan", "all", {
    currency: "USD",
    prices: ["base", "call_price", "storage_price", "token_price"].map((id) => ({ id, version: 1 })),
  }),
];

function customer(plan = "calls"): { ada: Customer; id: string } {
  const ada = new Customer(catalog, "2026-01-01");
  return { ada, id: ada.subscribe(plan) };
}

const request = { eventType: "call", subscriptionRef: null, properties: {} };

describe("a limit that suspends", () => {
  test("suspends at the event that crosses it, which is billed, and bills what comes later", () => {
    const { ada, id } = customer();
    ada.limit("25");
    const kinds = Array.from({ length: 4 }, () => [ada.use("call").kind, isSuspended(ada.state, id)]);
    expect(kinds).toEqual([
      ["facts", false],
      ["facts", false],
      ["facts", true],
      ["facts", true],
    ]);
    expect(ada.ofType("usage_recorded").map((fact) => fact.while_suspended)).toEqual([
      false,
      false,
      false,
      true,
    ]);
    expect(spendStatus(ada.state, ada.now)).toMatchObject({
      spend: "40",
      remaining: "-15",
      state: "suspended",
      percent: "160",
    });
  });

  test("at exactly the limit nothing is suspended", () => {
    const { ada, id } = customer();
    ada.limit("20");
    ada.use("call");
    ada.use("call");
    expect(isSuspended(ada.state, id)).toBe(false);
    expect(spendStatus(ada.state, ada.now).percent).toBe("100");
  });

  test("refuses usage while suspended where it says so", () => {
    const { ada } = customer();
    ada.limit("5", { onSuspend: "reject" });
    expect(ada.use("call").kind).toBe("facts");
    expect(ada.use("call")).toMatchObject({ kind: "refused", error: { code: "SPEND_001" } });
    expect(spendStatus(ada.state, ada.now).spend).toBe("10");
  });

  test("resumes when raised, when removed and when its window resets, and only then", () => {
    const { ada, id } = customer();
    const limit = ada.limit("5");
    ada.use("call");
    expect(isSuspended(ada.state, id)).toBe(true);
    const change = { type: "set_limit", id: limit, create: false, subscriptionRef: null } as const;
    ada.do({ ...change, monthlyLimit: decimal("9") });
    expect(isSuspended(ada.state, id)).toBe(true);
    ada.do({ ...change, monthlyLimit: decimal("15") });
    expect(isSuspended(ada.state, id)).toBe(false);
    ada.do({ ...change, monthlyLimit: decimal("5") });
    expect(isSuspended(ada.state, id)).toBe(true);
    ada.advance("2026-02-01");
    expect(isSuspended(ada.state, id)).toBe(false);
    ada.use("call");
    expect(isSuspended(ada.state, id)).toBe(true);
    ada.do({ type: "remove_limit", limitId: limit });
    expect(isSuspended(ada.state, id)).toBe(false);
  });

  test("counts an event in the window of its own time: yesterday's month never suspends today", () => {
    const { ada, id } = customer();
    ada.limit("5");
    ada.advance("2026-02-01T00:30:00Z");
    ada.use("call", {}, { occurredAt: at("2026-01-31T23:59:00Z") });
    expect(isSuspended(ada.state, id)).toBe(false);
    expect(spendStatus(ada.state, ada.now).spend).toBe("0");
  });

  test("usage ahead of time suspends when its window begins", () => {
    const { ada, id } = customer();
    ada.limit("5");
    ada.use("call", {}, { occurredAt: at("2026-02-10") });
    expect(isSuspended(ada.state, id)).toBe(false);
    ada.advance("2026-02-01");
    expect(isSuspended(ada.state, id)).toBe(true);
    expect(ada.ofType("alert_fired").map((fact) => fact.threshold)).toEqual([50, 80, 95]);
  });

  test("on one subscription leaves the other alone", () => {
    const { ada, id } = customer();
    const other = ada.subscribe("all");
    ada.limit("5", { subscriptionRef: id });
    ada.use("call", {}, { subscriptionRef: other });
    expect([isSuspended(ada.state, id), isSuspended(ada.state, other)]).toEqual([false, false]);
    ada.use("call", {}, { subscriptionRef: id });
    expect([isSuspended(ada.state, id), isSuspended(ada.state, other)]).toEqual([true, false]);
  });
});

test("a limit that blocks refuses what would cross it, and lets smaller usage by", () => {
  const { ada } = customer("all");
  ada.limit("45", { action: "block" });
  expect([ada.use("call").kind, ada.use("call").kind, ada.use("call").kind]).toEqual([
    "facts",
    "facts",
    "refused",
  ]);
  expect(ada.use("storage", { gb: 2 }).kind).toBe("facts");
  expect(spendStatus(ada.state, ada.now).spend).toBe("44");
});

test("alerts fire once per threshold and window, all that were jumped over, in order", () => {
  const { ada } = customer();
  ada.limit("20", { action: "notify", thresholds: [95, 50, 80] });
  ada.use("call");
  ada.use("call");
  ada.use("call");
  expect(ada.ofType("alert_fired").map((fact) => [fact.threshold, fact.spend])).toEqual([
    [50, "10"],
    [80, "20"],
    [95, "20"],
  ]);
  ada.advance("2026-02-01");
  ada.use("call");
  expect(ada.ofType("alert_fired").length).toBe(4);
});

test("a recurring fee counts towards the limit from the period's start", () => {
  const { ada, id } = customer("all");
  ada.limit("19");
  expect(isSuspended(ada.state, id)).toBe(true);
});

test("check tells the cost and changes nothing", () => {
  const { ada } = customer();
  ada.limit("15", { action: "block" });
  const before = encodeSnapshot(ada.state);
  expect(checkUsage(ada.state, request, ada.ctx)).toEqual({ allowed: true, cost: "10", remaining: "15" });
  expect(encodeSnapshot(ada.state)).toBe(before);
  ada.use("call");
  expect(checkUsage(ada.state, request, ada.ctx)).toEqual({
    allowed: false,
    cost: "10",
    remaining: "5",
    reason: "spend_limit",
  });
});

const usage = fc.oneof(
  fc.record({ type: fc.constant("call"), properties: fc.constant({}) }),
  fc.record({ type: fc.constant("storage"), properties: fc.record({ gb: fc.integer({ min: 0, max: 40 }) }) }),
  fc.record({
    type: fc.constant("llm"),
    properties: fc.record({
      n: fc.oneof(fc.integer({ min: -50, max: 500 }), fc.constantFrom("0.000000000001", "99999.5")),
      model: fc.constantFrom("a", "b"),
    }),
  }),
);

describe("laws", () => {
  test("live spend equals the sum of the exact charges the invoice is made of, whatever came in what order", () => {
    fc.assert(
      fc.property(fc.array(usage, { maxLength: 40 }), (events) => {
        const { ada } = customer("all");
        for (const { type, properties } of events) expect(ada.use(type, properties).kind).toBe("facts");
        const period = ada.state.subscriptions[0]?.periods[0];
        if (period === undefined) throw new Error("there is an open period");
        let sum = decimal("20");
        for (const [index, price] of period.meters.plan.prices.entries()) {
          const metric = period.meters.metrics[index];
          const subscription = ada.state.subscriptions[0];
          if (!metric || subscription === undefined) continue;
          for (const group of period.lines[index]?.groups ?? []) {
            const { amount } = chargeOf(price, metric, group.meter, spanOf(subscription, period));
            sum = add(sum, decimal(formatExact(amount)));
          }
        }
        expect(spendStatus(ada.state, ada.now).spend).toBe(formatDecimal(sum));
      }),
      { numRuns: 200 },
    );
  });

  test("any order of the same events bills the same", () => {
    const shuffled = fc
      .array(usage, { maxLength: 25 })
      .chain((events) =>
        fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
      );
    fc.assert(
      fc.property(shuffled, ([events, others]) => {
        const totals = [events, others].map((list) => {
          const { ada } = customer("all");
          for (const { type, properties } of list) ada.use(type, properties);
          return upcomingInvoice(ada.state, ada.state.subscriptions[0]?.id ?? "", ada.ctx)?.total;
        });
        expect(totals[0]).toBe(totals[1]);
      }),
      { numRuns: 100 },
    );
  });

  test("a limit that blocks is never overspent, and check foretells what happens", () => {
    fc.assert(
      fc.property(fc.array(usage, { maxLength: 40 }), fc.integer({ min: 20, max: 120 }), (events, cap) => {
        const { ada } = customer("all");
        ada.limit(String(cap), { action: "block" });
        let spend = ZERO;
        for (const { type, properties } of events) {
          const told = checkUsage(ada.state, { eventType: type, subscriptionRef: null, properties }, ada.ctx);
          expect(ada.use(type, properties).kind === "facts").toBe(told.allowed);
          spend = decimal(spendStatus(ada.state, ada.now).spend);
          expect(compare(spend, decimal(String(cap)))).not.toBe(1);
        }
      }),
      { numRuns: 100 },
    );
  });
});
