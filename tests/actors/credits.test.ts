import { describe, expect, test } from "bun:test";
import { creditBalance } from "../../actors/customer/credits/balance.ts";
import type { GivenGrant } from "../../actors/customer/credits/credit_commands.ts";
import { nextWake } from "../../actors/customer/next_wake.ts";
import { decimal } from "../../src/money/decimal.ts";
import { at, Customer } from "./customer.ts";
import { creditCatalog, give, invoicesOf, onPlan, paidBy, statusOf } from "./given.ts";
import { expectReplays } from "./replayed.ts";

describe("credit on invoices", () => {
  test("pays what is due, each amount once, until it is used up", () => {
    const ada = onPlan("late");
    ada.do(give("g", "50"));
    ada.advance("2026-05-02");
    expect(paidBy(ada)).toEqual(["30.00 - 30.00 = 0.00", "30.00 - 20.00 = 10.00", "30.00 - 0.00 = 30.00"]);
    expect(invoicesOf(ada).map((one) => one.status)).toEqual(["paid", "issued", "issued"]);
    expect(ada.ofType("credit_applied").map((fact) => fact.amount)).toEqual(["30", "20"]);
    expect(invoicesOf(ada)[0]?.credits).toEqual([{ grant_id: "g", amount: "30.00" }]);
    expect(statusOf(ada, "g")).toEqual(["0.00", "exhausted"]);
    expectReplays(ada);
  });

  test("counts when it is given before the issue, be it in the grace of the draft", () => {
    const ada = onPlan("late");
    ada.advance("2026-03-01T00:30:00Z");
    ada.do(give("in time", "10"));
    ada.advance("2026-03-01T01:00:00Z");
    ada.do(give("too late", "10"));
    expect(paidBy(ada)).toEqual(["30.00 - 10.00 = 20.00"]);
  });

  test("is used by two subscriptions' invoices one after the other", () => {
    const ada = onPlan("late");
    ada.subscribe("late");
    ada.do(give("g", "45"));
    ada.advance("2026-03-02");
    expect(paidBy(ada)).toEqual(["30.00 - 30.00 = 0.00", "30.00 - 15.00 = 15.00"]);
  });

  test("comes of a change of plan, for the same invoice, before other credit", () => {
    const ada = onPlan("basic");
    ada.do(give("g", "100"));
    ada.advance("2026-02-15");
    const before = ada.facts.length;
    ada.do({
      type: "change_plan",
      ref: "sub_1",
      planId: "pro",
      quantity: null,
      at: null,
      overrides: [],
      asked: {},
    });
    ada.advance(ada.now);
    // Of 60 for the whole of February 30 are due for its second half; half of the 30 that were paid comes back.
    const [granted, issued, ...applied] = ada.facts.slice(before).filter((f) => /credit|issued/.test(f.type));
    expect(granted).toMatchObject({ type: "credit_granted", amount: "15", kind: "paid", expires_at: null });
    expect(issued?.type === "invoice_issued" && issued.invoice.total).toBe("30.00");
    expect(applied).toMatchObject([{ amount: "15" }, { grant_id: "g", amount: "15" }]);
    expectReplays(ada);
  });

  test("comes of an invoice that would be below zero, for the next ones", () => {
    const ada = onPlan("pro");
    ada.advance("2026-02-15");
    const asked = { unused: "invoice_line", timing: "immediate" } as const;
    ada.do({
      type: "change_plan",
      ref: "sub_1",
      planId: "basic",
      quantity: null,
      at: "now",
      overrides: [],
      asked,
    });
    ada.advance("2026-03-02");
    // 30 of 60 come back, 15 of 30 are due: 15 are left over.
    expect(invoicesOf(ada)[1]?.line_items.map((line) => `${line.type} ${line.amount}`)).toEqual([
      "proration -30.00",
      "recurring 15.00",
      "credit 15.00",
    ]);
    expect(paidBy(ada)).toEqual(["60.00 - 0.00 = 60.00", "0.00 - 0.00 = 0.00", "30.00 - 15.00 = 15.00"]);
    expect(ada.ofType("credit_granted")).toMatchObject([
      { amount: "15", invoice_id: invoicesOf(ada)[1]?.id },
    ]);
    expectReplays(ada);
  });
});

describe("void", () => {
  test("takes back what is left, once; what was used stays used", () => {
    const ada = onPlan("late");
    ada.do(give("g", "50"));
    ada.advance("2026-03-02");
    expect(ada.do({ type: "void_grant", grantId: "g" })).toMatchObject({
      remaining: "0.00",
      status: "voided",
    });
    expect(ada.ofType("credit_voided").map((fact) => fact.amount)).toEqual(["20"]);
    const again = ada.try({ type: "void_grant", grantId: "g" });
    expect(again.kind === "refused" && again.error.code).toBe("RES_002");
    ada.advance("2026-04-02");
    expect(paidBy(ada)).toEqual(["30.00 - 30.00 = 0.00", "30.00 - 0.00 = 30.00"]);
    expectReplays(ada);
  });

  test("ends what time would have done", () => {
    const ada = new Customer(creditCatalog, "2026-02-01");
    ada.do(give("g", "50", { effectiveAt: at("2026-02-10"), expiresAt: at("2026-03-10") }));
    ada.do({ type: "void_grant", grantId: "g" });
    expect(nextWake(ada.state)).toBeNull();
  });
});

describe("credit to come", () => {
  test("is scheduled until it takes effect, and pays nothing before", () => {
    const ada = onPlan("late");
    const early = ada.do(give("g", "100", { effectiveAt: at("2026-03-15") }));
    expect(early).toMatchObject({ status: "scheduled", remaining: "100.00" });
    expect(creditBalance(ada.state, ada.now).balances).toMatchObject([
      { available: "0.00", scheduled: "100.00" },
    ]);
    ada.advance("2026-04-02");
    expect(paidBy(ada)).toEqual(["30.00 - 0.00 = 30.00", "30.00 - 30.00 = 0.00"]);
    expect(ada.ofType("credit_activated")).toEqual([
      { type: "credit_activated", at: at("2026-03-15"), grant_id: "g" },
    ]);
    expect(statusOf(ada, "g")).toEqual(["70.00", "active"]);
    expectReplays(ada);
  });
});

test("the balance tells currencies, kinds and limits apart", () => {
  const ada = new Customer(creditCatalog, "2026-02-01");
  ada.do(give("a", "10"));
  ada.do(give("b", "5.50", { kind: "promotional", productIds: ["prod_1"], expiresAt: at("2026-03-01") }));
  ada.do(give("c", "3", { effectiveAt: at("2026-02-20") }));
  ada.do(give("d", "700", { currency: "JPY" }));
  expect(creditBalance(ada.state, ada.now)).toEqual({
    customer_id: "cust_1",
    as_of: "2026-02-01T00:00:00Z",
    balances: [
      {
        currency: "USD",
        available: "15.50",
        by_kind: { paid: "10.00", promotional: "5.50" },
        limited_to_products: "5.50",
        scheduled: "3.00",
        next_expiry: "2026-03-01T00:00:00Z",
      },
      {
        currency: "JPY",
        available: "700",
        by_kind: { paid: "700", promotional: "0" },
        limited_to_products: "0",
        scheduled: "0",
        next_expiry: null,
      },
    ],
  });
});

describe("refusals", () => {
  const rows: [why: string, grant: Partial<GivenGrant>, field: string][] = [
    ["a currency there is not", { currency: "XXX" }, "currency"],
    ["more decimals than the currency has", { amount: decimal("1.005") }, "amount"],
    ["a fraction of a yen", { amount: decimal("1.5"), currency: "JPY" }, "amount"],
    ["nothing", { amount: decimal("0") }, "amount"],
    ["an expiry in the past", { expiresAt: at("2026-01-31") }, "expires_at"],
    [
      "an expiry before it takes effect",
      { effectiveAt: at("2026-03-02"), expiresAt: at("2026-03-01") },
      "expires_at",
    ],
    ["a rollover without expiry", { rollover: { maxAmount: null, times: 1 } }, "rollover"],
    [
      "a cap finer than the currency",
      { expiresAt: at("2026-03-01"), rollover: { maxAmount: decimal("0.001"), times: 1 } },
      "rollover.max_amount",
    ],
  ];
  for (const [why, more, field] of rows) {
    test(why, () => {
      const ada = new Customer(creditCatalog, "2026-02-01");
      const outcome = ada.try(give("g", "10", more));
      expect(outcome.kind === "refused" && [outcome.error.code, outcome.error.field]).toEqual([
        "VAL_001",
        field,
      ]);
      expect(ada.state.grants).toEqual([]);
    });
  }

  test("more grants than can be looked at, until some are used up", () => {
    const ada = new Customer(creditCatalog, "2026-02-01");
    for (let i = 0; i < 1000; i++) ada.do(give(`g${i}`, "1"));
    const outcome = ada.try(give("one more", "1"));
    expect(outcome.kind === "refused" && outcome.error.code).toBe("RES_002");
    ada.do({ type: "void_grant", grantId: "g7" });
    ada.do(give("one more", "1"));
  });
});
