import { compare, type Decimal, ZERO } from "../money/decimal.ts";
import type { Instant } from "../time/instant.ts";

export type GrantKind = "paid" | "promotional";

/** What becomes of the rest of a grant that expires: a new grant of the same terms and length. */
export interface Rollover {
  /** How much goes on at most; null for all that is left. */
  readonly maxAmount: Decimal | null;
  /** How often it may still happen; null for always. */
  readonly times: number | null;
}

/** Credit a customer has; API.md §3, Credit grant. Amounts are rounded to the currency. */
export interface Grant {
  readonly id: string;
  readonly amount: Decimal;
  remaining: Decimal;
  readonly currency: string;
  readonly kind: GrantKind;
  /** From 1 on, the lower the earlier used. */
  readonly priority: number;
  readonly effectiveAt: Instant;
  readonly expiresAt: Instant | null;
  /** Only lines of these products are paid; null for all. */
  readonly productIds: readonly string[] | null;
  readonly createdAt: Instant;
  readonly rollover: Rollover | null;
  readonly name?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** True until it takes effect, where that lay ahead when it was given. */
  isScheduled?: boolean;
  /** Why nothing is left, where it was not used up. */
  ended?: "expired" | "voided";
}

/** Where a grant stands in line that does not say so, and the last place there is; the first is 1. */
export const DEFAULT_PRIORITY = 50;
export const PRIORITY_MAX = 100;

/** The order grants are used in: by priority, soonest expiry, promotional before paid, oldest; API.md §3. */
export function byBurnOrder(a: Grant, b: Grant): number {
  const never = Number.MAX_SAFE_INTEGER;
  return (
    a.priority - b.priority ||
    (a.expiresAt ?? never) - (b.expiresAt ?? never) ||
    Number(a.kind === "paid") - Number(b.kind === "paid") ||
    a.createdAt - b.createdAt ||
    (a.id < b.id ? -1 : 1)
  );
}

/** True while a grant can pay something. */
export function isUsable(grant: Grant, currency: string, now: Instant): boolean {
  if (grant.currency !== currency || grant.effectiveAt > now) return false;
  if (compare(grant.remaining, ZERO) <= 0) return false;
  return grant.expiresAt === null || grant.expiresAt > now;
}
