const customerId = "cust_01kc5nkt00a3b5c7d9e1f3g5h7";
const receivable = "3f1c9a5be2d04786b1a7c5530f9e6d21";

/** What a customer owes, of an account list. */
export const accountExample = {
  id: receivable,
  ledger: 1,
  currency: "USD",
  code: 1100,
  name: "Accounts receivable",
  owner_id: customerId,
  customer_id: customerId,
  debits: "139.8600000000",
  credits: "100.0000000000",
  debits_pending: "0.0000000000",
  credits_pending: "39.8600000000",
  balance: "39.8600000000",
  created_at: "2026-03-01T01:00:00Z",
};

/** A leg of an issued invoice. */
export const transferExample = {
  id: "019ca6e2c0804f2be1a0957d3cc8e644",
  ledger: 1,
  currency: "USD",
  code: 10,
  name: "invoice_issued",
  kind: "posted",
  debit: { account_id: receivable, code: 1100, owner_id: customerId },
  credit: { account_id: "9b02d7f4c6a1485ab8e3f1d2075c4e98", code: 1150, owner_id: customerId },
  amount: "45.3700000000",
  pending_id: null,
  reference: "c41f0a6d92be47d5a3187be0f6529cd3",
  at: "2026-03-01T01:00:00Z",
};

/** A ledger of two codes. */
export const totalExamples = [
  {
    ledger: 1,
    currency: "USD",
    code: 1150,
    name: "Unbilled receivable",
    debits: "45.3678212000",
    credits: "0.0000000000",
    balance: "45.3678212000",
  },
  {
    ledger: 1,
    currency: "USD",
    code: 4010,
    name: "Revenue, usage",
    debits: "0.0000000000",
    credits: "45.3678212000",
    balance: "45.3678212000",
  },
];
