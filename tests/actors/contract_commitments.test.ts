import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { countInvoiced, invoicedBy } from "../../actors/customer/contracts/billed.ts";
import { contractDocument } from "../../actors/customer/contracts/contract_document.ts";
import { add, decimal, formatDecimal, fromInteger, ZERO } from "../../src/money/decimal.ts";
import { agreed, agreedCatalog, invoicesOf, promised, settledIn } from "./agreed.ts";
import { at, Customer, row } from "./customer.ts";
import { expectReplays } from "./replayed.ts";

const calls = (n: string) => ({ times: decimal(n) });
const linesOf = (ada: Customer) =>
  invoicesOf(ada).map((one) => one.line_items.map((line) => `${line.type} ${line.amount}`).join(", "));

describe("a commitment's rest is invoiced after its period", () => {
  for (const [period, amount, end, settled, waits] of [
    ["month", "100", null, "2026-01-01 to 2026-02-01: 100 - 30 = 70", "2026-02-01"],
    ["quarter", "300", null, "2026-01-01 to 2026-04-01: 300 - 90 = 210", "2026-04-01"],
    ["year", "1200", null, "2026-01-01 to 2027-01-01: 1200 - 360 = 840", "2027-01-01"],
    ["term", "600", at("2026-07-01"), "2026-01-01 to 2026-07-01: 600 - 180 = 420", "2026-07-01"],
  ] as const) {
    test(`of a ${period}`, () => {
      const ada = new Customer(agreedCatalog, "2026-01-01");
      ada.do(agreed("2026-01-01", { ...promised(amount, period), end }));
      ada.subscribe("late");
      ada.advance(`${waits}T00:59:59Z`);
      expect(settledIn(ada)).toEqual([]); // the last invoice of the period waits for its grace
      ada.advance(`${waits}T01:00:00Z`);
      expect(settledIn(ada)).toEqual([settled]);
      ada.advance(`${waits}T03:00:00Z`);
      const [rest = ""] = settled.split("= ").slice(1);
      const last = invoicesOf(ada).at(-1);
      expect(last?.line_items).toMatchObject([
        { type: "minimum", contract_id: "con_1", amount: `${rest}.00` },
      ]);
      expect(last?.period_end).toBe(`${waits}T00:00:00Z`);
      expectReplays(ada);
    });
  }

  test("and again after the next one, each invoice counted once, its own not at all", () => {
    const ada = new Customer(agreedCatalog, "2026-01-01");
    ada.do(agreed("2026-01-01", promised("100", "month")));
    ada.subscribe("late");
    ada.advance("2026-04-02");
    expect(settledIn(ada)).toEqual([
      "2026-01-01 to 2026-02-01: 100 - 30 = 70",
      "2026-02-01 to 2026-03-01: 100 - 30 = 70",
      "2026-03-01 to 2026-04-01: 100 - 30 = 70",
    ]);
    expect(linesOf(ada)).toEqual([
      ...["recurring 30.00", "minimum 70.00"],
      ...["recurring 30.00", "minimum 70.00"],
      ...["recurring 30.00", "minimum 70.00"],
    ]);
    expectReplays(ada);
  });

  test("not at all where enough was billed", () => {
    const ada = new Customer(agreedCatalog, "2026-01-01");
    ada.do(agreed("2026-01-01", promised("30", "month")));
    ada.subscribe("late");
    ada.advance("2026-02-02");
    expect(settledIn(ada)).toEqual(["2026-01-01 to 2026-02-01: 30 - 30 = 0"]);
    expect(linesOf(ada)).toEqual(["recurring 30.00"]);
  });

  test("net of discounts", () => {
    const coupon = row("coupon", "half", { percent: "50", duration: "forever" });
    const ada = new Customer([...agreedCatalog, coupon], "2026-01-01");
    ada.do(agreed("2026-01-01", promised("100", "month")));
    ada.subscribe("late", { coupons: ["half"] });
    ada.advance("2026-02-02");
    expect(settledIn(ada)).toEqual(["2026-01-01 to 2026-02-01: 100 - 15 = 85"]);
  });
});

describe("what counts towards a period", () => {
  test("a fee in advance counts in the month it begins, though it shares an invoice with the month before", () => {
    const ada = new Customer(agreedCatalog, "2026-01-01");
    ada.do(agreed("2026-01-01", promised("100", "month")));
    ada.subscribe("early");
    for (const [date, n] of [
      ["2026-01-10", "1000"],
      ["2026-02-10", "500"],
    ] as const) {
      ada.advance(date);
      ada.use("call", {}, calls(n));
    }
    ada.advance("2026-03-02");
    // 30 and 1000 × 0.02; 30 and 500 × 0.02.
    expect(settledIn(ada)).toEqual([
      "2026-01-01 to 2026-02-01: 100 - 50 = 50",
      "2026-02-01 to 2026-03-01: 100 - 40 = 60",
    ]);
    expect(contractDocument("cust_1", ada.state.contracts[0] ?? expect.unreachable()).commitment).toEqual({
      amount: "100.00",
      period: "month",
      billed: "30.00",
      period_start: "2026-03-01T00:00:00Z",
      period_end: "2026-04-01T00:00:00Z",
    });
    expectReplays(ada);
  });

  test("a period that goes on beyond is waited for; one paid in advance is not", () => {
    const across = new Customer(agreedCatalog, "2026-01-15");
    across.subscribe("late", { anchor: "anniversary" });
    across.do(agreed("2026-01-15", promised("100", "quarter")));
    across.do(agreed("2026-02-01", { id: "con_2", ...promised("50", "month") }));
    across.advance("2026-03-15");
    // February's commitment meets the fee of 15 February to 15 March, invoiced on 15 March.
    expect(settledIn(across)).toEqual([]);
    across.advance("2026-03-15T01:00:00Z");
    expect(settledIn(across)).toEqual(["2026-02-01 to 2026-03-01: 50 - 30 = 20"]);

    const ahead = new Customer(agreedCatalog, "2026-01-01");
    ahead.do(agreed("2026-01-01", promised("400", "month")));
    ahead.subscribe("yearly");
    ahead.advance("2026-03-01");
    expect(settledIn(ahead)).toEqual([
      "2026-01-01 to 2026-02-01: 400 - 365 = 35",
      "2026-02-01 to 2026-03-01: 400 - 0 = 400",
    ]);
  });

  test("invoices in another currency do not", () => {
    const ada = new Customer(agreedCatalog, "2026-01-01");
    ada.do(agreed("2026-01-01", { ...promised("100", "month"), currency: "EUR" }));
    ada.subscribe("late");
    ada.advance("2026-03-02");
    expect(settledIn(ada)).toEqual([]); // there is nothing in euros it could be invoiced beside
  });

  test("what was invoiced before the contract was written down does, where it is told", () => {
    const ada = new Customer(agreedCatalog, "2026-01-01");
    ada.subscribe("early");
    const invoiced = invoicesOf(ada).flatMap(invoicedBy);
    ada.advance("2026-01-10");
    ada.do(agreed("2026-01-01", { ...promised("100", "month"), invoiced }));
    ada.advance("2026-02-02");
    expect(settledIn(ada)).toEqual(["2026-01-01 to 2026-02-01: 100 - 30 = 70"]);
    expectReplays(ada);
  });

  test("without a subscription it waits for one", () => {
    const ada = new Customer(agreedCatalog, "2026-01-01");
    ada.do(agreed("2026-01-01", promised("100", "month")));
    ada.advance("2026-02-10");
    expect(settledIn(ada)).toEqual([]);
    ada.subscribe("late");
    ada.advance("2026-02-11");
    expect(settledIn(ada)).toEqual(["2026-01-01 to 2026-02-01: 100 - 0 = 100"]);
    expect(linesOf(ada)).toEqual(["minimum 100.00"]);
  });
});

describe("a commitment that is cut short counts in part", () => {
  test("by termination in mid-period, by the second", () => {
    const ada = new Customer(agreedCatalog, "2026-03-01");
    ada.do(agreed("2026-03-01", promised("310", "month")));
    ada.subscribe("late");
    ada.advance("2026-03-05");
    ada.do({ type: "terminate_contract", contractId: "con_1", at: at("2026-03-11T12:00:00Z") });
    ada.advance("2026-05-02");
    // 10.5 of 31 days: 310 × 10.5/31 = 105. The fee of March begins in it and is invoiced on 1 April.
    expect(settledIn(ada)).toEqual(["2026-03-01 to 2026-03-11T12:00:00.000Z: 105 - 30 = 75"]);
    expect(linesOf(ada)).toEqual(["recurring 30.00", "minimum 75.00", "recurring 30.00"]);
    expectReplays(ada);
  });

  test("by an end that was agreed", () => {
    const ada = new Customer(agreedCatalog, "2026-01-01");
    ada.do(agreed("2026-01-01", { ...promised("900", "quarter"), end: at("2026-05-01") }));
    ada.subscribe("calls_only");
    ada.advance("2026-05-02");
    // April is 30 of the 91 days of its quarter: 296.7032…
    expect(settledIn(ada)).toEqual([
      "2026-01-01 to 2026-04-01: 900 - 0 = 900",
      "2026-04-01 to 2026-05-01: 296.7 - 0 = 296.7",
    ]);
  });

  test("for a term that was terminated; a whole one that renews counts whole, and the next is another", () => {
    const ada = new Customer(agreedCatalog, "2026-01-01");
    ada.do(agreed("2026-01-01", { ...promised("590", "term"), end: at("2026-03-01"), renewal: "auto" }));
    ada.subscribe("late");
    ada.advance("2026-03-10");
    ada.do({ type: "terminate_contract", contractId: "con_1", at: at("2026-03-31T12:00:00Z") });
    ada.advance("2026-06-02");
    // 1 March to 1 May has 61 days, of which 30.5 are half: 295, less the fee of March.
    expect(settledIn(ada)).toEqual([
      "2026-01-01 to 2026-03-01: 590 - 60 = 530",
      "2026-03-01 to 2026-03-31T12:00:00.000Z: 295 - 30 = 265",
    ]);
    expect(ada.state.contracts[0]?.termsOver).toEqual([]);
    expectReplays(ada);
  });

  test("months of a term that renews go on from the contract's day", () => {
    const ada = new Customer(agreedCatalog, "2026-01-31");
    ada.do(agreed("2026-01-31", { ...promised("10", "month"), end: at("2026-03-31"), renewal: "auto" }));
    ada.subscribe("calls_only", { anchor: "anniversary" });
    ada.advance("2026-06-01");
    expect(settledIn(ada)).toEqual([
      "2026-01-31 to 2026-02-28: 10 - 0 = 10",
      "2026-02-28 to 2026-03-31: 10 - 0 = 10",
      "2026-03-31 to 2026-04-30: 10 - 0 = 10",
      "2026-04-30 to 2026-05-31: 10 - 0 = 10",
    ]);
  });
});

test("amounts are counted once each, in any order, towards their period or those to come", () => {
  const february = at("2026-02-01");
  const amounts = fc.array(
    fc.record({
      start: fc.integer({ min: -5, max: 70 }).map((days) => february + days * 86_400_000),
      amount: fc.integer({ min: -1000, max: 1000 }).map(fromInteger),
    }),
  );
  const counted = (invoiced: { start: number; amount: ReturnType<typeof fromInteger> }[], parts: number) => {
    const ada = new Customer(agreedCatalog, "2026-02-01");
    ada.do(agreed("2026-02-01", promised("100", "month")));
    const contract = ada.state.contracts[0] ?? expect.unreachable();
    for (let i = 0; i < parts; i++)
      countInvoiced(
        contract,
        invoiced.filter((_, nth) => nth % parts === i),
      );
    const ahead = contract.ahead.reduce((sum, { amount }) => add(sum, amount), ZERO);
    return [formatDecimal(contract.billed), formatDecimal(ahead)];
  };
  const total = (some: { amount: ReturnType<typeof fromInteger> }[]) =>
    formatDecimal(some.reduce((sum, { amount }) => add(sum, amount), ZERO));
  fc.assert(
    fc.property(amounts, fc.integer({ min: 1, max: 4 }), (invoiced, parts) => {
      const march = at("2026-03-01");
      const own = invoiced.filter(({ start }) => start >= february && start < march);
      const later = invoiced.filter(({ start }) => start >= march);
      expect(counted(invoiced, parts)).toEqual([total(own), total(later)]);
      expect(counted(invoiced.toReversed(), 1)).toEqual([total(own), total(later)]);
    }),
  );
});

test("a hybrid plan under a contract: base, seats, usage, the plan's commitment and the contract's", () => {
  const ada = new Customer(agreedCatalog, "2026-01-01");
  const overrides = [{ price: "seat", unit_amount: "8" }];
  ada.do(agreed("2026-01-01", { ...promised("500", "quarter"), overrides }));
  ada.subscribe("hybrid", { quantity: decimal("5") });
  for (const date of ["2026-02-10", "2026-03-10"]) {
    ada.advance(date);
    ada.use("call", {}, calls("1000"));
  }
  ada.advance("2026-04-02");
  // A month is 100 and 5 × 8 in advance. January's 140 fall short of the plan's 150; February and March have 20 of
  // usage each. 150 + 160 + 160 = 470 of 500.
  expect(linesOf(ada)).toEqual([
    "recurring 100.00, recurring 40.00",
    "usage 0.00, recurring 100.00, recurring 40.00, minimum 10.00",
    "usage 20.00, recurring 100.00, recurring 40.00",
    "usage 20.00, recurring 100.00, recurring 40.00",
    "minimum 30.00",
  ]);
  expect(settledIn(ada)).toEqual(["2026-01-01 to 2026-04-01: 500 - 470 = 30"]);
  expectReplays(ada);
});
