import type { PlanVersion } from "../../src/catalog/plan.ts";
import { BillingError } from "../../src/errors.ts";
import { type PriceOverride, readOverrides } from "../../src/subscriptions/price_override.ts";
import type { Instant } from "../../src/time/instant.ts";
import { overridesInForce } from "./contracts/contract.ts";
import type { CustomerState } from "./state.ts";

/**
 * The custom prices that a customer's contracts give a plan at an instant; later contracts win. A contract names
 * prices of several plans, so one that this plan has not, or cannot take, leaves the plan's own.
 */
export function contractOverrides(state: CustomerState, plan: PlanVersion, at: Instant): PriceOverride[] {
  const found: PriceOverride[] = [];
  for (const request of overridesInForce(state.contracts, at)) {
    if (!plan.prices.some((p) => p.id === request.price || p.key === request.price)) continue;
    try {
      found.push(...readOverrides(plan, [request], "overrides"));
    } catch (error) {
      if (!(error instanceof BillingError)) throw error;
    }
  }
  return found;
}
