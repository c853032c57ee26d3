import { describe, expect, test } from "bun:test";
import type { ContractCommand } from "../../actors/customer/contracts/contract_commands.ts";
import { contractDocument } from "../../actors/customer/contracts/contract_document.ts";
import { decimal } from "../../src/money/decimal.ts";
import { agreed, agreedCatalog, day, invoicesOf, promised } from "./agreed.ts";
import { at, Customer } from "./customer.ts";
import { expectReplays } from "./replayed.ts";

const halfPrice = [{ price: "call", unit_amount: "0.01" }];
const hundred = { times: decimal("100") };
const documentOf = (ada: Customer) =>
  contractDocument("cust_1", ada.state.contracts[0] ?? expect.unreachable());
const termsOf = (ada: Customer) =>
  ada.ofType("contract_renewed").map(({ start, end }) => `${day(start)} to ${day(end)}`);

describe("custom prices", () => {
  test("hold for the periods from a contract's start to its end", () => {
    const ada = new Customer(agreedCatalog, "2026-01-01");
    ada.do(agreed("2026-02-01", { end: at("2026-04-01"), overrides: halfPrice }));
    ada.subscribe("calls_only");
    for (const month of ["2026-01-10", "2026-02-10", "2026-03-10", "2026-04-10", "2026-05-10"]) {
      ada.advance(month);
      ada.use("call", {}, hundred);
    }
    expect(invoicesOf(ada).map((one) => one.total)).toEqual(["2.00", "1.00", "1.00", "2.00"]);
    expectReplays(ada);
  });

  test("of a later contract win, and those of other plans change nothing", () => {
    const ada = new Customer(agreedCatalog, "2026-01-01");
    ada.do(agreed("2026-01-01", { overrides: [...halfPrice, { price: "seat", unit_amount: "1" }] }));
    ada.do(agreed("2026-01-01", { id: "con_2", overrides: [{ price: "call", unit_amount: "0.005" }] }));
    ada.subscribe("calls_only");
    ada.use("call", {}, hundred);
    ada.advance("2026-02-02");
    expect(invoicesOf(ada).map((one) => one.total)).toEqual(["0.50"]);
  });

  test("go on where the term renews by itself", () => {
    const ada = new Customer(agreedCatalog, "2026-01-01");
    ada.do(agreed("2026-01-01", { end: at("2026-02-01"), renewal: "auto", overrides: halfPrice }));
    ada.subscribe("calls_only");
    for (const month of ["2026-01-10", "2026-02-10", "2026-03-10", "2026-04-10"]) {
      ada.advance(month);
      ada.use("call", {}, hundred);
    }
    expect(invoicesOf(ada).map((one) => one.total)).toEqual(["1.00", "1.00", "1.00"]);
  });
});

describe("terms", () => {
  test("renew in whole months from the first one's day", () => {
    const ada = new Customer(agreedCatalog, "2026-01-31");
    ada.do(agreed("2026-01-31", { end: at("2026-02-28"), renewal: "auto" }));
    ada.advance("2026-06-15");
    expect(termsOf(ada)).toEqual([
      "2026-02-28 to 2026-03-31",
      "2026-03-31 to 2026-04-30",
      "2026-04-30 to 2026-05-31",
      "2026-05-31 to 2026-06-30",
    ]);
    expectReplays(ada);
  });

  test("of a year renew over a leap day", () => {
    const ada = new Customer(agreedCatalog, "2024-02-29");
    ada.do(agreed("2024-02-29", { end: at("2025-02-28"), renewal: "auto" }));
    ada.advance("2028-03-01");
    expect(termsOf(ada)).toEqual([
      "2025-02-28 to 2026-02-28",
      "2026-02-28 to 2027-02-28",
      "2027-02-28 to 2028-02-29",
      "2028-02-29 to 2029-02-28",
    ]);
  });

  test("that are no whole months renew to the millisecond", () => {
    const ada = new Customer(agreedCatalog, "2026-02-01");
    ada.do(agreed("2026-02-01", { end: at("2026-02-11"), renewal: "auto" }));
    ada.advance("2026-03-05");
    expect(termsOf(ada)).toEqual([
      "2026-02-11 to 2026-02-21",
      "2026-02-21 to 2026-03-03",
      "2026-03-03 to 2026-03-13",
    ]);
  });

  test("follow the clocks of the customer's zone", () => {
    const ada = new Customer(agreedCatalog, "2026-03-01", { timezone: "Europe/Berlin" });
    ada.do(agreed("2026-02-28T23:00:00Z", { end: at("2026-03-31T22:00:00Z"), renewal: "auto" }));
    ada.advance("2026-11-15");
    const ends = ada.ofType("contract_renewed").map((fact) => new Date(fact.end).toISOString().slice(5, 16));
    expect(ends.slice(0, 2)).toEqual(["04-30T22:00", "05-31T22:00"]);
    expect(ends.slice(-2)).toEqual(["10-31T23:00", "11-30T23:00"]);
  });

  test("end where nothing renews them, and the contract with them", () => {
    const ada = new Customer(agreedCatalog, "2026-01-01");
    ada.do(agreed("2026-02-01", { end: at("2026-03-01") }));
    expect(documentOf(ada)).toMatchObject({ status: "scheduled", start: "2026-02-01T00:00:00Z" });
    ada.advance("2026-02-01");
    expect(documentOf(ada).status).toBe("active");
    ada.advance("2026-03-01");
    expect(documentOf(ada)).toMatchObject({ status: "ended", end: "2026-03-01T00:00:00Z" });
    const late = ada.try({ type: "update_contract", contractId: "con_1", name: "Too late" });
    expect(late.kind === "refused" && late.error.code).toBe("RES_002");
    expectReplays(ada);
  });

  test("take a new end, and are as long from then on", () => {
    const ada = new Customer(agreedCatalog, "2026-01-01");
    ada.do(agreed("2026-01-01", { end: at("2026-02-01"), renewal: "auto" }));
    ada.advance("2026-02-10");
    ada.do({ type: "update_contract", contractId: "con_1", end: at("2026-04-01") });
    ada.advance("2026-06-15");
    expect(termsOf(ada)).toEqual([
      "2026-02-01 to 2026-03-01",
      "2026-04-01 to 2026-06-01",
      "2026-06-01 to 2026-08-01",
    ]);
  });

  test("change their name, papers and renewal, and nothing else", () => {
    const ada = new Customer(agreedCatalog, "2026-01-01");
    ada.do(agreed("2026-01-01", { end: at("2026-02-01"), renewal: "auto" }));
    const documents = [{ name: "Signed", url: "https://files.example.com/1.pdf" }];
    ada.do({ type: "update_contract", contractId: "con_1", name: "New", documents, renewal: "none" });
    expect(documentOf(ada)).toMatchObject({
      name: "New",
      documents,
      renewal: "none",
      end: "2026-02-01T00:00:00Z",
    });
    ada.advance("2026-03-01");
    expect(termsOf(ada)).toEqual([]);
    expect(documentOf(ada).status).toBe("ended");
  });
});

describe("termination", () => {
  test("now ends it now; at an instant then, and it renews no more", () => {
    const now = new Customer(agreedCatalog, "2026-01-01");
    now.do(agreed("2026-01-01", { overrides: halfPrice }));
    now.advance("2026-01-10");
    now.do({ type: "terminate_contract", contractId: "con_1", at: "now" });
    now.advance(now.now);
    expect(documentOf(now)).toMatchObject({ status: "ended", end: "2026-01-10T00:00:00Z" });

    const later = new Customer(agreedCatalog, "2026-01-01");
    later.do(agreed("2026-01-01", { end: at("2027-01-01"), renewal: "auto" }));
    later.do({ type: "terminate_contract", contractId: "con_1", at: at("2026-07-01") });
    expect(documentOf(later)).toMatchObject({
      status: "active",
      end: "2026-07-01T00:00:00Z",
      renewal: "none",
    });
    const again = later.try({ type: "update_contract", contractId: "con_1", renewal: "auto" });
    expect(again.kind === "refused" && again.error.code).toBe("RES_002");
    later.advance("2026-07-01");
    expect(documentOf(later).status).toBe("ended");
    expectReplays(later);
  });

  test("of a contract that has not begun ends it at once, without a commitment", () => {
    const ada = new Customer(agreedCatalog, "2026-01-01");
    ada.subscribe("late");
    ada.do(agreed("2026-02-01", promised("100", "month")));
    ada.do({ type: "terminate_contract", contractId: "con_1", at: "now" });
    ada.advance("2026-04-02");
    expect(documentOf(ada).status).toBe("ended");
    expect(ada.ofType("contract_trued_up")).toEqual([]);
  });
});

describe("refusals", () => {
  const rows: [why: string, more: Parameters<typeof agreed>[1], field: string][] = [
    ["an end before the start", { end: at("2025-12-31") }, "end"],
    ["a currency there is not", { currency: "XXX" }, "currency"],
    ["renewal without an end", { renewal: "auto" }, "renewal"],
    ["a commitment for a term without an end", promised("10", "term"), "commitment.period"],
    ["a commitment finer than its currency", promised("10.001", "month"), "commitment.amount"],
  ];
  for (const [why, more, field] of rows) {
    test(why, () => {
      const ada = new Customer(agreedCatalog, "2026-01-01");
      const outcome = ada.try(agreed("2026-01-01", more));
      expect(outcome.kind === "refused" && [outcome.error.code, outcome.error.field]).toEqual([
        "VAL_001",
        field,
      ]);
    });
  }

  const changes: [why: string, command: ContractCommand, error: (string | undefined)[]][] = [
    [
      "an end in the past",
      { type: "update_contract", contractId: "con_1", end: at("2026-01-01") },
      ["VAL_001", "end"],
    ],
    [
      "no end for a term",
      { type: "update_contract", contractId: "con_1", end: null },
      ["VAL_001", "commitment.period"],
    ],
    [
      "a termination in the past",
      { type: "terminate_contract", contractId: "con_1", at: at("2026-01-01") },
      ["VAL_001", "at"],
    ],
    [
      "a termination after the end",
      { type: "terminate_contract", contractId: "con_1", at: at("2027-01-02") },
      ["VAL_001", "at"],
    ],
    [
      "an unknown contract",
      { type: "terminate_contract", contractId: "con_9", at: "now" },
      ["RES_001", undefined],
    ],
  ];
  for (const [why, command, error] of changes) {
    test(why, () => {
      const ada = new Customer(agreedCatalog, "2026-01-01");
      ada.do(agreed("2026-01-01", { end: at("2027-01-01"), ...promised("10", "term") }));
      ada.advance("2026-01-15");
      const outcome = ada.try(command);
      expect(outcome.kind === "refused" && [outcome.error.code, outcome.error.field]).toEqual(error);
    });
  }
});
