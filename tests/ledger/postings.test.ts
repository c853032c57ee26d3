import { describe, expect, test } from "bun:test";
import {
  expiredPosting,
  grantedPosting,
  memoPosting,
  usedPosting,
  voidedPosting,
} from "../../src/ledger/postings/credit.ts";
import {
  canceledChain,
  type IssuedInvoice,
  issuedPosting,
  recoveredPosting,
  writtenOffPosting,
} from "../../src/ledger/postings/invoice.ts";
import {
  disputeLost,
  feeCharged,
  paidOut,
  paymentPending,
  paymentPosted,
  paymentReceived,
  paymentVoided,
  refundPaid,
} from "../../src/ledger/postings/payment.ts";
import { accruedPosting, releasedPosting } from "../../src/ledger/postings/usage.ts";
import { occasion, told, toldTransfer, usd } from "./told.ts";

const customerId = "cust_1";

describe("usage", () => {
  const change = (units: bigint) =>
    accruedPosting(occasion("accrued", "cust_1 9"), {
      customerId,
      revenue: "usageRevenue",
      productId: "prod_1",
      units,
    });

  test("accrues what the rating has risen by, far below a cent", () => {
    expect(told(change(usd("0.0000030012")))).toEqual([
      "usage_accrued D1150 cust_1 C4010 prod_1 0.0000030012",
    ]);
  });

  test("is taken back where the rating falls, as behind a volume tier", () => {
    expect(told(change(usd("-12.5")))).toEqual(["usage_accrued D4010 prod_1 C1150 cust_1 12.5"]);
  });

  test("that changes nothing posts nothing", () => {
    expect(change(0n)).toBeNull();
  });

  test("of a period that was billed in advance is earned when it is over", () => {
    const deferral = { customerId, subscriptionId: "sub_1", productId: "" };
    expect(told(releasedPosting(occasion("deferred", "cust_1 12"), deferral, usd("20")))).toEqual([
      "revenue_released D2200 sub_1 C4020 20",
    ]);
  });
});

const nothing: IssuedInvoice = {
  customerId,
  subscriptionId: "sub_1",
  usage: 0n,
  accrued: 0n,
  recurring: new Map(),
  minimums: new Map(),
  deferred: 0n,
  discount: 0n,
  tax: new Map(),
  carriedOver: 0n,
  unusedCredit: 0n,
  paidCredit: 0n,
  promotionalCredit: 0n,
};
const issue = (invoice: Partial<IssuedInvoice>) =>
  issuedPosting(occasion("invoice_issued", "inv_1"), { ...nothing, ...invoice });

describe("an issued invoice", () => {
  test("moves accrued usage to the receivable, and what rounding left to 5090", () => {
    // 45.3678212 accrued, 45.37 invoiced: 0.0021788 short.
    expect(told(issue({ usage: usd("45.37"), accrued: usd("45.3678212") }))).toEqual([
      "invoice_issued D1100 cust_1 C1150 cust_1 45.37",
      "invoice_rounding D1150 cust_1 C5090 0.0021788",
    ]);
    expect(told(issue({ usage: usd("45.37"), accrued: usd("45.3721") }))).toEqual([
      "invoice_issued D1100 cust_1 C1150 cust_1 45.37",
      "invoice_rounding D5090 C1150 cust_1 0.0021",
    ]);
  });

  test("is one chain of all it is made of: total 139.86 = 45.37 + 29 + 20 + 50 - 14.44 + 9.93", () => {
    const parts = {
      usage: usd("45.37"),
      accrued: usd("45.37"),
      deferred: usd("29"),
      minimums: new Map([["prod_1", usd("20")]]),
      recurring: new Map([["prod_2", usd("50")]]),
      discount: usd("14.44"),
      tax: new Map([["US-CA", usd("9.93")]]),
      promotionalCredit: usd("10"),
      paidCredit: usd("100"),
    };
    expect(told(issue(parts))).toEqual([
      "invoice_issued D1100 cust_1 C1150 cust_1 45.37",
      "invoice_issued D1100 cust_1 C2200 sub_1 29",
      "invoice_issued D1100 cust_1 C4010 prod_1 20",
      "invoice_issued D1100 cust_1 C4020 prod_2 50",
      "tax_charged D1100 cust_1 C2300 US-CA 9.93",
      "discount_given D4100 C1100 cust_1 14.44",
      "credit_used D2100 cust_1 C1100 cust_1 100",
      "credit_used D2110 cust_1 C1100 cust_1 10",
    ]);
  });

  test("takes negative lines off after the others, so that 1100 never runs below zero", () => {
    const recurring = new Map([
      ["prod_1", usd("-12")],
      ["prod_2", usd("50")],
    ]);
    expect(told(issue({ usage: usd("-5"), accrued: usd("-5"), recurring }))).toEqual([
      "invoice_issued D1100 cust_1 C4020 prod_2 50",
      "invoice_issued D1150 cust_1 C1100 cust_1 5",
      "invoice_issued D4020 prod_1 C1100 cust_1 12",
    ]);
  });

  test("that would be below zero is credit: 20 - 32 leaves 12", () => {
    const recurring = new Map([["", usd("-32")]]);
    expect(told(issue({ usage: usd("20"), accrued: usd("20"), recurring, carriedOver: usd("12") }))).toEqual([
      "invoice_issued D1100 cust_1 C1150 cust_1 20",
      "credit_granted D1100 cust_1 C2100 cust_1 12",
      "invoice_issued D4020 C1100 cust_1 32",
    ]);
  });

  test("gives credit for unused time before it uses it", () => {
    const recurring = new Map([["", usd("80")]]);
    expect(told(issue({ recurring, unusedCredit: usd("30"), paidCredit: usd("30") }))).toEqual([
      "invoice_issued D1100 cust_1 C4020 80",
      "credit_granted D4020 C2100 cust_1 30",
      "credit_used D2100 cust_1 C1100 cust_1 30",
    ]);
  });

  test("of nothing posts nothing; the same one always has the same ids, another attempt others", () => {
    expect(issue({})).toBeNull();
    const ids = (attempt: number) =>
      issuedPosting(
        { ...occasion("invoice_issued", "inv_1"), attempt },
        { ...nothing, deferred: 5n },
      )?.chain.map(({ id }) => id);
    expect(ids(0)).toEqual(ids(0));
    expect(ids(0)).not.toEqual(ids(1));
  });

  test("is canceled by its mirror image, under the same reference", () => {
    const posting = issue({ usage: usd("45.37"), accrued: usd("45.3678"), deferred: usd("29") });
    const chain = canceledChain(occasion("invoice_canceled", "inv_1"), posting?.chain ?? []);
    const accounts = new Map(posting?.accounts.map((account) => [account.id, account]));
    expect(chain.map((transfer) => toldTransfer(transfer, accounts))).toEqual([
      "invoice_canceled D5090 C1150 cust_1 0.0022",
      "invoice_canceled D2200 sub_1 C1100 cust_1 29",
      "invoice_canceled D1150 cust_1 C1100 cust_1 45.37",
    ]);
    expect(chain.every(({ reference }) => reference === 77n)).toBe(true);
    expect(new Set([...chain, ...(posting?.chain ?? [])].map(({ id }) => id)).size).toBe(6);
  });

  test("is written off, and comes back when it is paid after all", () => {
    const off = writtenOffPosting(occasion("invoice_written_off", "inv_1"), customerId, usd("45.37"));
    const back = recoveredPosting(occasion("write_off_recovered", "pay_1"), customerId, usd("45.37"));
    expect([...told(off), ...told(back)]).toEqual([
      "invoice_written_off D5010 C1100 cust_1 45.37",
      "write_off_recovered D1100 cust_1 C5010 45.37",
    ]);
  });
});

describe("credit", () => {
  const move = (kind: "paid" | "promotional") => ({ customerId, kind, units: usd("25") });
  const at = occasion("credit_granted", "grant_1");

  test("that is paid comes through a provider; what is promotional is our cost", () => {
    expect(told(grantedPosting(at, move("paid"), "stripe"))).toEqual([
      "credit_granted D1010 stripe C2100 cust_1 25",
    ]);
    expect(told(grantedPosting(at, move("promotional")))).toEqual(["credit_granted D5030 C2110 cust_1 25"]);
  });

  test("is taken back as it was given, used, or runs out of time", () => {
    expect(told(voidedPosting(at, move("paid")))).toEqual(["credit_voided D2100 cust_1 C1010 25"]);
    expect(told(voidedPosting(at, move("promotional")))).toEqual(["credit_voided D2110 cust_1 C5030 25"]);
    expect(told(usedPosting(at, move("paid")))).toEqual(["credit_used D2100 cust_1 C1100 cust_1 25"]);
    expect(told(expiredPosting(at, move("promotional")))).toEqual(["credit_expired D2110 cust_1 C4200 25"]);
    expect(told(expiredPosting(at, move("paid")))).toEqual(["credit_expired D2100 cust_1 C4200 25"]);
  });
});

describe("a credit memo", () => {
  const at = occasion("memo_issued", "cm_1");
  // 100 net and 8.25 tax.
  const parts = { customerId, net: usd("100"), tax: new Map([["US-CA", usd("8.25")]]) };

  test("lowers what is due, its tax going back with it", () => {
    const all = { ...parts, reduces: usd("108.25"), credits: 0n, refunds: 0n };
    expect(told(memoPosting(at, all))).toEqual([
      "credit_memo_issued D4100 C1100 cust_1 100",
      "credit_memo_issued D2300 US-CA C1100 cust_1 8.25",
    ]);
  });

  test("is shared over what is due, credit and a refund", () => {
    const shared = { ...parts, reduces: usd("60"), credits: usd("45"), refunds: usd("3.25") };
    expect(told(memoPosting(at, shared))).toEqual([
      "credit_memo_issued D4100 C1100 cust_1 60",
      "credit_memo_issued D4100 C2100 cust_1 40",
      "credit_memo_issued D2300 US-CA C2100 cust_1 5",
      "credit_memo_issued D2300 US-CA C2400 cust_1 3.25",
    ]);
  });
});

describe("a payment", () => {
  const move = { customerId, provider: "stripe", units: usd("45.37") };

  test("is pending while it is tried, then posted or voided", () => {
    const pending = paymentPending(occasion("payment_attempted", "pay_1 1"), move, 86_400);
    if (pending === null) return expect.unreachable("a payment reserves");
    expect(told(pending)).toEqual(["payment_received D1010 stripe C1100 cust_1 45.37 pending"]);
    expect(pending.chain[0]?.timeoutS).toBe(86_400);
    const posted = paymentPosted(occasion("payment_succeeded", "pay_1 1"), pending);
    const partly = paymentPosted(occasion("payment_succeeded", "pay_1 1"), pending, usd("40"));
    const voided = paymentVoided(occasion("payment_failed", "pay_1 1"), pending);
    expect([...told(posted), ...told(partly), ...told(voided)]).toEqual([
      "payment_received D1010 stripe C1100 cust_1 all post_pending",
      "payment_received D1010 stripe C1100 cust_1 40 post_pending",
      "payment_received D1010 stripe C1100 cust_1 45.37 void_pending",
    ]);
    expect(posted?.chain[0]?.pendingId).toBe(pending.chain[0]?.id);
  });

  test("that came by itself pays what is due, and the rest is credit", () => {
    const received = (due: string) =>
      told(paymentReceived(occasion("paid", "pay_2"), { ...move, due: usd(due) }));
    expect(received("40")).toEqual([
      "payment_received D1010 stripe C1100 cust_1 40",
      "overpayment_kept D1010 stripe C2100 cust_1 5.37",
    ]);
    expect(received("100")).toEqual(["payment_received D1010 stripe C1100 cust_1 45.37"]);
    expect(received("0")).toEqual(["overpayment_kept D1010 stripe C2100 cust_1 45.37"]);
  });

  test("has fees, pay-outs, refunds and disputes", () => {
    expect([
      ...told(feeCharged(occasion("fee", "pay_1"), "stripe", usd("1.62"))),
      ...told(paidOut(occasion("payout", "po_1"), "stripe", usd("43.75"))),
      ...told(refundPaid(occasion("refund", "re_1"), { ...move, units: usd("3.25") })),
      ...told(disputeLost(occasion("dispute", "dp_1"), "stripe", usd("45.37"))),
    ]).toEqual([
      "processor_fee D5020 stripe C1010 stripe 1.62",
      "payout_settled D1020 C1010 stripe 43.75",
      "refund_paid D2400 cust_1 C1010 stripe 3.25",
      "dispute_lost D5010 C1010 stripe 45.37",
    ]);
  });
});
