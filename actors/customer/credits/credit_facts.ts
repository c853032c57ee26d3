import type { Grant, GrantKind } from "../../../src/credits/grant.ts";
import { decimal, formatDecimal } from "../../../src/money/decimal.ts";
import type { Instant } from "../../../src/time/instant.ts";

/** A grant as it is given; amounts are plain decimals in major units. */
export interface CreditGranted {
  type: "credit_granted";
  at: Instant;
  grant_id: string;
  amount: string;
  currency: string;
  kind: GrantKind;
  priority: number;
  effective_at: Instant;
  expires_at: Instant | null;
  product_ids: string[] | null;
  rollover: { max_amount: string | null; times: number | null } | null;
  name?: string;
  metadata?: Record<string, string>;
  /** The invoice that gave it, for unused time or what would have been below zero. */
  invoice_id?: string;
}

/** Facts that move the balance of a currency: each leads to an entry of its history. */
export type BalanceFact =
  | CreditGranted
  | { type: "credit_applied"; at: Instant; grant_id: string; invoice_id: string; amount: string }
  | { type: "credit_expired"; at: Instant; grant_id: string; amount: string }
  | { type: "credit_voided"; at: Instant; grant_id: string; amount: string }
  /** The rest of an expired grant goes on in another; its `credit_granted` follows. */
  | { type: "credit_rolled_over"; at: Instant; grant_id: string; amount: string; into: string };

/** Facts of credit. */
export type CreditFact =
  | BalanceFact
  /** A grant takes effect that was given before its time. */
  | { type: "credit_activated"; at: Instant; grant_id: string };

/** The fact that gives a grant. */
export function grantedFact(grant: Grant, at: Instant, invoiceId?: string): CreditGranted {
  const { rollover, metadata = {} } = grant;
  return {
    type: "credit_granted",
    at,
    grant_id: grant.id,
    amount: formatDecimal(grant.amount),
    currency: grant.currency,
    kind: grant.kind,
    priority: grant.priority,
    effective_at: grant.effectiveAt,
    expires_at: grant.expiresAt,
    product_ids: grant.productIds === null ? null : [...grant.productIds],
    rollover:
      rollover === null
        ? null
        : {
            max_amount: rollover.maxAmount === null ? null : formatDecimal(rollover.maxAmount),
            times: rollover.times,
          },
    ...(grant.name === undefined ? {} : { name: grant.name }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata: { ...metadata } }),
    ...(invoiceId === undefined ? {} : { invoice_id: invoiceId }),
  };
}

/** The fact of an invoice that uses credit; `amount` as the invoice shows it. */
export function appliedFact(grantId: string, invoiceId: string, amount: string, at: Instant): CreditFact {
  return {
    type: "credit_applied",
    at,
    grant_id: grantId,
    invoice_id: invoiceId,
    amount: formatDecimal(decimal(amount)),
  };
}
