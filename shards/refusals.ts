import { BillingError } from "../src/errors.ts";

/** Another resource has the external id. */
export function nameTaken(): BillingError {
  return new BillingError("RES_002", "The external_id is already in use", { field: "external_id" });
}

/** No redemption of the coupon is left. */
export function couponUsedUp(): BillingError {
  const text = "The coupon has been redeemed as often as it may be";
  return new BillingError("RES_002", text, { field: "coupons" });
}

/** Another request with the same key was first. */
export function keyInFlight(): BillingError {
  return new BillingError("REQ_006", "The same Idempotency-Key is in flight", { retryAfterS: 1 });
}
