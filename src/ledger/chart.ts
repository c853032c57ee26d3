/** Which side a balance of the account grows on. */
export type NormalSide = "debit" | "credit";

/** Of whom there is one account each. */
export type AccountPer =
  | "company"
  | "provider"
  | "customer"
  | "subscription"
  | "product"
  | "jurisdiction"
  | "limit";

export interface ChartEntry {
  readonly code: number;
  readonly name: string;
  readonly normal: NormalSide;
  readonly per: AccountPer;
  /** The side that must never be the greater one; null where a balance may go either way. */
  readonly bound: "debits" | "credits" | null;
  /** True for accounts of the memo ledger, which counts budgets and holds no money. */
  readonly isMemo: boolean;
}

type Row = readonly [
  code: number,
  name: string,
  normal: NormalSide,
  per: AccountPer,
  bound: ChartEntry["bound"],
];

const money = (...[code, name, normal, per, bound]: Row): ChartEntry => ({
  code,
  name,
  normal,
  per,
  bound,
  isMemo: false,
});
const memo = (...row: Row): ChartEntry => ({ ...money(...row), isMemo: true });

/** The chart of accounts. Codes are stored with every account for ever: rows are only added. */
export const chart = {
  /** Money authorised or captured and not yet paid out. */
  processorClearing: money(1010, "Processor clearing", "debit", "provider", null),
  bankSettlement: money(1020, "Bank settlement", "debit", "company", null),
  /** Issued and unpaid. What is paid beyond it is credit of the customer, never a negative receivable. */
  receivable: money(1100, "Accounts receivable", "debit", "customer", "credits"),
  /** Usage accrued and not yet invoiced. */
  unbilled: money(1150, "Unbilled receivable", "debit", "customer", null),
  paidCredit: money(2100, "Customer credit, paid", "credit", "customer", "debits"),
  promotionalCredit: money(2110, "Customer credit, promotional", "credit", "customer", "debits"),
  /** Billed in advance and not yet earned. */
  deferred: money(2200, "Deferred revenue", "credit", "subscription", "debits"),
  taxPayable: money(2300, "Tax payable", "credit", "jurisdiction", null),
  refundsPayable: money(2400, "Refunds payable", "credit", "customer", null),
  usageRevenue: money(4010, "Revenue, usage", "credit", "product", null),
  recurringRevenue: money(4020, "Revenue, recurring", "credit", "product", null),
  discounts: money(4100, "Discounts and credit memos", "debit", "company", null),
  breakage: money(4200, "Breakage", "credit", "company", null),
  badDebt: money(5010, "Bad debt", "debit", "company", null),
  processorFees: money(5020, "Processor fees", "debit", "provider", null),
  promotionalCost: money(5030, "Promotional cost", "debit", "company", null),
  /** Accrued minus invoiced. */
  rounding: money(5090, "Rounding", "debit", "company", null),
  budget: memo(9010, "Budget", "credit", "limit", "debits"),
  budgetSource: memo(9020, "Budget source", "debit", "company", null),
} as const satisfies Record<string, ChartEntry>;

export type AccountName = keyof typeof chart;

const entries: readonly ChartEntry[] = Object.values(chart);
const byCode: ReadonlyMap<number, ChartEntry> = new Map(entries.map((entry) => [entry.code, entry]));

/** The row of an account code; undefined for a code the chart does not have. */
export function chartEntry(code: number): ChartEntry | undefined {
  return byCode.get(code);
}

/** Why money moved. Stored with every transfer for ever: rows are only added. */
export const transferCodes = {
  usageAccrued: 1,
  invoiceIssued: 10,
  invoiceCanceled: 11,
  invoiceWrittenOff: 12,
  writeOffRecovered: 13,
  invoiceRounding: 14,
  discountGiven: 15,
  taxCharged: 16,
  revenueReleased: 20,
  paymentReceived: 30,
  overpaymentKept: 31,
  refundPaid: 32,
  processorFee: 33,
  payoutSettled: 34,
  disputeLost: 35,
  creditMemoIssued: 40,
  creditGranted: 50,
  creditUsed: 51,
  creditExpired: 52,
  creditVoided: 53,
  budgetSet: 60,
  budgetUsed: 61,
} as const;

export type TransferCode = (typeof transferCodes)[keyof typeof transferCodes];

const codeNames: ReadonlyMap<number, string> = new Map(
  Object.entries(transferCodes).map(([name, code]) => [
    code,
    name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`),
  ]),
);

/** The name of a transfer code as the API shows it, such as `invoice_issued`. */
export function transferCodeName(code: number): string {
  return codeNames.get(code) ?? `code_${code}`;
}

/** The code with this name; undefined where there is none. */
export function transferCodeOf(name: string): number | undefined {
  return [...codeNames].find(([, known]) => known === name)?.[0];
}
