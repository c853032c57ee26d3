import { formatInstant, type Instant } from "../time/instant.ts";

/** The states of an invoice; API.md §3 draws the moves between them. */
export type InvoiceStatus =
  | "draft"
  | "issued"
  | "paid"
  | "partially_paid"
  | "overdue"
  | "written_off"
  | "canceled";

/** How much of a line fell into one tier and what it cost; amounts are plain decimal strings. */
export interface LineTier {
  up_to: string | null;
  quantity: string;
  unit_amount: string | null;
  flat_amount?: string;
  amount: string;
}

/** How much of a matrix price's line fell into one cell and what it cost. */
export interface LineCell {
  /** The values of the price's dimensions; null for what no cell matched. */
  match: Record<string, string> | null;
  quantity: string;
  unit_amount: string | null;
  amount: string;
}

/** What a coupon took off an invoice. */
export interface InvoiceDiscount {
  coupon_id: string;
  coupon_key: string;
  amount: string;
}

/** What a credit grant paid of an invoice. */
export interface InvoiceCredit {
  grant_id: string;
  amount: string;
}

/** One line of an invoice; `amount` is rounded to the currency, the only rounding there is. */
export interface LineItem {
  id: string;
  type: "recurring" | "usage" | "minimum" | "proration" | "adjustment" | "credit";
  /** Null for a line of no price, such as the rest of a commitment. */
  price_id: string | null;
  product_id?: string;
  /** Of what a contract commits to. */
  contract_id?: string;
  metric_key?: string;
  description: string;
  /** The values of the metric's group_by fields, for a line of one group. */
  group?: Record<string, string | null>;
  quantity: string;
  unit_amount: string | null;
  tiers?: LineTier[];
  cells?: LineCell[];
  amount: string;
  /** What coupons take off it; contained in the invoice's discount_total, not in `amount`. */
  discount_amount?: string;
  tax_amount: string;
  period_start: string;
  period_end: string;
}

/** An invoice in the shape of API.md §3. */
export interface Invoice {
  id: string | null;
  number: string | null;
  customer_id: string | null;
  subscription_id: string | null;
  status: InvoiceStatus;
  currency: string;
  period_start: string;
  period_end: string;
  line_items: LineItem[];
  subtotal: string;
  discount_total: string;
  tax_total: string;
  total: string;
  credits_applied: string;
  amount_paid: string;
  amount_due: string;
  discounts?: InvoiceDiscount[];
  credits?: InvoiceCredit[];
  /** Of a draft that is not issued although its turn has come: its usage differs from the stored events. */
  held?: boolean;
  issued_at: string | null;
  due_at: string | null;
}

/** A company's invoice number: prefix, year of issue (UTC), then a sequence without gaps that never restarts. */
export function invoiceNumber(prefix: string, issuedAt: Instant, sequence: number): string {
  return `${prefix}-${formatInstant(issuedAt).slice(0, 4)}-${String(sequence).padStart(6, "0")}`;
}
