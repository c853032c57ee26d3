import { answer, metric, request, use, type Worked } from "./worked.ts";

const fee = (amount: string, product_id?: string) => ({
  model: "flat",
  amount,
  ...(product_id === undefined ? {} : { product_id }),
});

/** One request for every kind of discount, credit, commitment and tax. */
export const discountExamples: Readonly<Record<string, Worked>> = {
  "percent before fixed, then tax on the net: (100 − 20 % − 10) + 10 %": {
    request: request([fee("100")], {
      subscription: {
        coupons: [
          { amount: "10", currency: "USD", duration: "once" },
          { percent: "20", duration: "forever" },
        ],
        tax_rate: "10",
      },
    }),
    answer: answer([["recurring", "1", "100", "100.00"]], {
      subtotal: "100.00",
      discount_total: "30.00",
      tax_total: "7.00",
      total: "77.00",
    }),
  },
  "a coupon and a credit for one product only": {
    request: request([fee("100", "platform"), fee("50", "support")], {
      subscription: {
        coupons: [{ percent: "50", duration: "repeating", periods: 3, product_ids: ["support"] }],
        credits: [{ amount: "120", product_ids: ["platform"] }],
      },
    }),
    answer: answer(
      [
        ["recurring", "1", "100", "100.00"],
        ["recurring", "1", "50", "50.00"],
      ],
      { discount_total: "25.00", total: "125.00", credits_applied: "100.00", amount_due: "25.00" },
    ),
  },
  "a fixed discount is never more than there is": {
    request: request([fee("30")], {
      subscription: { coupons: [{ amount: "100", currency: "USD", duration: "once" }] },
    }),
    answer: answer([["recurring", "1", "30", "30.00"]], { discount_total: "30.00", total: "0.00" }),
  },
  "credit by priority, soonest expiry, promotional before paid": {
    request: request([fee("100")], {
      subscription: {
        credits: [
          { amount: "80", kind: "paid" },
          { amount: "15", kind: "promotional" },
          { amount: "10", kind: "paid", expires_at: "2026-04-01T00:00:00Z" },
          { amount: "5", kind: "paid", priority: 1 },
        ],
      },
    }),
    answer: answer([["recurring", "1", "100", "100.00"]], {
      total: "100.00",
      credits_applied: "100.00",
      amount_due: "0.00",
    }),
  },
  "a commitment of 100.00 a month, brought to its amount": {
    request: request([fee("30"), { model: "per_unit", unit_amount: "2", metric: metric("sum") }], {
      plan: { commitment: { amount: "100", period: "month" } },
      simulated_events: [use("12.5")],
    }),
    answer: answer(
      [
        ["recurring", "1", "30", "30.00"],
        ["usage", "12.5", "2", "25.00"],
        ["minimum", "1", null, "45.00"],
      ],
      { total: "100.00" },
    ),
  },
  "a commitment by the quarter ends with March": {
    request: request([fee("30")], {
      period_start: "2026-03-01T00:00:00Z",
      period_end: "2026-04-01T00:00:00Z",
      plan: { commitment: { amount: "90", period: "quarter" } },
      subscription: { start: "2026-03-01T00:00:00Z" },
    }),
    // 31 of the quarter's 90 days: 31.00 committed, 30.00 billed.
    answer: answer(
      [
        ["recurring", "1", "30", "30.00"],
        ["minimum", "1", null, "1.00"],
      ],
      { total: "31.00" },
    ),
  },
};
