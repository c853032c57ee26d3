import { describe, expect, test } from "bun:test";
import { decimal } from "../../src/money/decimal.ts";
import { at, Customer } from "./customer.ts";
import { creditCatalog, give, moved, onPlan, paidBy, statusOf } from "./given.ts";
import { expectReplays } from "./replayed.ts";

describe("expiry", () => {
  test("takes what is left, once, at its instant", () => {
    const ada = onPlan("late");
    ada.do(give("g", "100", { expiresAt: at("2026-03-10") }));
    ada.advance("2026-03-09T23:59:59Z");
    expect(ada.ofType("credit_expired")).toEqual([]);
    ada.advance("2026-05-01");
    expect(ada.ofType("credit_expired")).toEqual([
      { type: "credit_expired", at: at("2026-03-10"), grant_id: "g", amount: "70" },
    ]);
    expect(statusOf(ada, "g")).toEqual(["0.00", "expired"]);
    expectReplays(ada);
  });

  test("at the instant of an issue comes first", () => {
    const ada = onPlan("late");
    ada.do(give("g", "100", { expiresAt: at("2026-03-01T01:00:00Z") }));
    ada.advance("2026-03-02");
    expect(paidBy(ada)).toEqual(["30.00 - 0.00 = 30.00"]);
    expect(ada.ofType("credit_expired").map((fact) => fact.amount)).toEqual(["100"]);
  });

  test("of several grants goes in order, also where the customer is woken late", () => {
    const ada = onPlan("late");
    ada.do(give("third", "3", { expiresAt: at("2026-02-12") }));
    ada.do(give("first", "1", { expiresAt: at("2026-02-10") }));
    ada.do(give("second", "2", { expiresAt: at("2026-02-11") }));
    ada.now = at("2026-02-20");
    ada.do({ type: "read", read: () => null });
    expect(ada.ofType("credit_expired").map((fact) => fact.grant_id)).toEqual(["first", "second", "third"]);
    ada.do({ type: "read", read: () => null });
    expect(ada.ofType("credit_expired").length).toBe(3);
  });

  test("of what has been used up is none", () => {
    const ada = onPlan("late");
    ada.do(give("g", "30", { expiresAt: at("2026-03-10") }));
    ada.advance("2026-04-01");
    expect(moved(ada)).toEqual(["granted 30 g", "applied 30 g"]);
    expect(statusOf(ada, "g")).toEqual(["0.00", "exhausted"]);
  });
});

describe("rollover", () => {
  test("carries what is left up to its cap, as often as it may, each time for as many months", () => {
    const ada = new Customer(creditCatalog, "2026-02-01");
    ada.do(
      give("g", "100", { expiresAt: at("2026-03-01"), rollover: { maxAmount: decimal("40"), times: 2 } }),
    );
    ada.advance("2026-12-01");
    const [, second, third] = ada.ofType("credit_granted");
    expect(moved(ada)).toEqual([
      "granted 100 g",
      "rolled_over 40 g",
      `granted 40 ${second?.grant_id}`,
      "expired 60 g",
      `rolled_over 40 ${second?.grant_id}`,
      `granted 40 ${third?.grant_id}`,
      `expired 40 ${third?.grant_id}`,
    ]);
    // From 1 February to 1 March is a month: so the next are too, though they have 31 and 30 days.
    expect([second?.effective_at, second?.expires_at]).toEqual([at("2026-03-01"), at("2026-04-01")]);
    expect([third?.effective_at, third?.expires_at]).toEqual([at("2026-04-01"), at("2026-05-01")]);
    expect([second?.rollover?.times, third?.rollover?.times]).toEqual([1, 0]);
    expect(new Set([second?.grant_id, third?.grant_id, "g"]).size).toBe(3);
    expectReplays(ada);
  });

  test("carries all there is without a cap, keeps the terms, and leaves the old grant expired", () => {
    const ada = new Customer(creditCatalog, "2026-02-01");
    const terms = { kind: "promotional", priority: 7, productIds: ["prod_1"], name: "Yearly" } as const;
    const rollover = { maxAmount: null, times: 1 };
    ada.do(give("g", "12.34", { ...terms, expiresAt: at("2026-02-11"), rollover }));
    ada.advance("2026-02-12");
    expect(ada.ofType("credit_expired")).toEqual([]);
    expect(ada.ofType("credit_granted")[1]).toMatchObject({
      amount: "12.34",
      kind: "promotional",
      priority: 7,
      product_ids: ["prod_1"],
      name: "Yearly",
      expires_at: at("2026-02-21"),
    });
    expect(statusOf(ada, "g")).toEqual(["0.00", "expired"]);
  });

  test("of an amount below the cap carries just that", () => {
    const ada = onPlan("late");
    ada.do(
      give("g", "50", { expiresAt: at("2026-03-10"), rollover: { maxAmount: decimal("40"), times: null } }),
    );
    ada.advance("2026-03-11");
    expect(moved(ada).map((what) => what.split(" ")[0])).toEqual([
      "granted",
      "applied",
      "rolled_over",
      "granted",
    ]);
    expect(ada.ofType("credit_rolled_over").map((fact) => fact.amount)).toEqual(["20"]);
  });
});
