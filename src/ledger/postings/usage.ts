import { accountOf } from "../account.ts";
import { transferCodes as codes } from "../chart.ts";
import { Legs, type Occasion, type Posting } from "./posting.ts";

/** Revenue that has been earned and not invoiced. */
export interface Accrual {
  readonly customerId: string;
  /** Usage earns per unit, what recurs by time. */
  readonly revenue: "usageRevenue" | "recurringRevenue";
  /** "" where the price names no product. */
  readonly productId: string;
  /** Signed change of the cumulative rating since the last accrual, both cut to the ledger's scale. */
  readonly units: bigint;
}

/**
 * Accrues a change of what a customer's unbilled charges come to: D 1150, C 4010 upwards, the mirror image where a void
 * or a volume tier takes something back.
 */
export function accruedPosting(occasion: Occasion, accrual: Accrual): Posting | null {
  const { book } = occasion;
  const { customerId, revenue, productId, units } = accrual;
  const unbilled = accountOf(book, "unbilled", customerId, customerId);
  return new Legs(occasion)
    .move(codes.usageAccrued, unbilled, accountOf(book, revenue, productId), units)
    .posting();
}

/** What a subscription was billed in advance, for a product. */
export interface Deferral {
  readonly customerId: string;
  readonly subscriptionId: string;
  readonly productId: string;
}

/** Earns what was billed in advance, when the period it was billed for is over: D 2200, C 4020. */
export function releasedPosting(
  occasion: Occasion,
  { customerId, subscriptionId, productId }: Deferral,
  units: bigint,
): Posting | null {
  const { book } = occasion;
  const deferred = accountOf(book, "deferred", subscriptionId, customerId);
  return new Legs(occasion)
    .move(codes.revenueReleased, deferred, accountOf(book, "recurringRevenue", productId), units)
    .posting();
}
