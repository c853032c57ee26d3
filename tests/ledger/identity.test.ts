import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { accountOf, digest128, ledgerScale, referenceOf } from "../../src/ledger/account.ts";
import {
  type AccountName,
  chart,
  chartEntry,
  transferCodeName,
  transferCodeOf,
  transferCodes,
} from "../../src/ledger/chart.ts";
import { paymentPending } from "../../src/ledger/postings/payment.ts";
import { decodeEntries, encodeEntries } from "../../src/ledger/stored_chain.ts";
import { transferId } from "../../src/ledger/transfer_id.ts";
import { amountOfUnits, unitsOf } from "../../src/ledger/units.ts";
import { decimal, fromBigInt } from "../../src/money/decimal.ts";
import { ratio } from "../../src/money/ratio.ts";
import { memo, money, NOW, occasion } from "./told.ts";

describe("accounts", () => {
  test("have an id of their own for every company, currency, kind, code and owner", () => {
    const books = [money, { ...money, companyId: "co_2" }, { ...money, currency: "EUR" }];
    const names = (Object.keys(chart) as AccountName[]).filter((name) => !chart[name].isMemo);
    const accounts = books.flatMap((book) =>
      names.flatMap((name) => ["", "a", "b"].map((owner) => accountOf({ ...book }, name, owner))),
    );
    accounts.push(accountOf(memo, "budget", "a"), accountOf(memo, "budgetSource"));
    expect(new Set(accounts.map(({ id }) => id)).size).toBe(accounts.length);
    expect(accountOf({ ...money }, "receivable", "a").id).toBe(accountOf(money, "receivable", "a").id);
  });

  test("carry the bound of their row, and belong to its kind of ledger", () => {
    expect(accountOf(money, "receivable", "c").flags).toEqual({
      debitsMustNotExceedCredits: false,
      creditsMustNotExceedDebits: true,
    });
    expect(accountOf(money, "paidCredit", "c").flags.debitsMustNotExceedCredits).toBe(true);
    expect(Object.values(accountOf(money, "unbilled", "c").flags)).toEqual([false, false]);
    expect(() => accountOf(money, "budget", "lim_1")).toThrow();
    expect(() => accountOf(memo, "receivable", "c")).toThrow();
  });

  test("have codes of one meaning, and so have transfers", () => {
    const codes = Object.values(chart).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const entry of Object.values(chart)) expect(chartEntry(entry.code)).toBe(entry);
    const transfers = Object.values(transferCodes);
    expect(new Set(transfers).size).toBe(transfers.length);
    for (const code of transfers) expect(transferCodeOf(transferCodeName(code))).toBe(code);
    expect([transferCodeName(transferCodes.invoiceWrittenOff), transferCodeName(99)]).toEqual([
      "invoice_written_off",
      "code_99",
    ]);
  });
});

describe("ids", () => {
  const origin = { companyId: "co_1", kind: "invoice_issued", factId: "inv_1", at: NOW, attempt: 0 };

  test("of transfers begin with the time of the fact", () => {
    expect(Number(transferId(origin, "0") >> 80n)).toBe(NOW);
  });

  test("differ in every part, and where parts only meet elsewhere", () => {
    const others = [
      { companyId: "co_2" },
      { kind: "invoice_issue" },
      { factId: "inv_2" },
      { attempt: 1 },
      { kind: "invoice_issuedinv", factId: "_1" },
    ];
    const ids = [origin, ...others.map((other) => ({ ...origin, ...other }))].map((o) => transferId(o, "0"));
    ids.push(transferId(origin, "1"));
    expect(new Set(ids).size).toBe(ids.length);
    expect(digest128("a", "bc")).not.toBe(digest128("ab", "c"));
    expect(referenceOf("co_1", "inv_1")).not.toBe(referenceOf("co_2", "inv_1"));
  });
});

describe("amounts", () => {
  test("are cut towards zero at the ledger's scale, eight decimals beyond the currency", () => {
    expect([ledgerScale("USD"), ledgerScale("JPY"), ledgerScale("KWD")]).toEqual([10, 8, 11]);
    expect(unitsOf(decimal("0.00000000019"), 10)).toBe(1n);
    expect(unitsOf(decimal("-0.00000000019"), 10)).toBe(-1n);
    expect(unitsOf(ratio(decimal("2"), decimal("3")), 10)).toBe(6666666666n);
    expect(unitsOf(ratio(decimal("-2"), decimal("3")), 10)).toBe(-6666666666n);
    expect(amountOfUnits(12n * 10n ** 10n + 5n, 10)).toBe("12.0000000005");
    expect(amountOfUnits(-3n, 8)).toBe("-0.00000003");
    expect(() => ledgerScale("XXX")).toThrow();
  });

  test("cut cumulatively never drift: the differences add up to the cut of the whole", () => {
    const change = fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        let whole = 0n;
        let posted = 0n;
        for (const each of changes) {
          const before = unitsOf(fromBigInt(whole, 14), 10);
          whole += each;
          posted += unitsOf(fromBigInt(whole, 14), 10) - before;
        }
        expect(posted).toBe(unitsOf(fromBigInt(whole, 14), 10));
      }),
    );
  });
});

test("entries are stored as text and read as they were", () => {
  const move = { customerId: "cust_1", provider: "stripe", units: 2n ** 90n };
  const posting = paymentPending(occasion("payment_attempted", "pay_1"), move, 60);
  const { chain = [], accounts = [] } = posting ?? {};
  const settled = chain.map((t) => ({ ...t, kind: "post_pending" as const, pendingId: t.id }));
  const entries = { chains: [chain, settled], accounts: [...accounts] };
  expect(decodeEntries(encodeEntries(entries))).toEqual(entries as ReturnType<typeof decodeEntries>);
});
