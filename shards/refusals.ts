import { BillingError } from "../src/errors.ts";

/** A name another resource holds. */
export function nameTaken(): BillingError {
  return new BillingError("RES_002", "The external_id is already in use", { field: "external_id" });
}

/** A coupon that has been redeemed as often as it may be. */
export function couponUsedUp(): BillingError {
  const text = "The coupon has been redeemed as often as it may be";
  return new BillingError("RES_002", text, { field: "coupons" });
}

/** Another request holds the key. */
export function keyInFlight(): BillingError {
  return new BillingError("REQ_006", "The same Idempotency-Key is in flight", { retryAfterS: 1 });
}
