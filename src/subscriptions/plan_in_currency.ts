import type { PlanVersion } from "../catalog/plan.ts";

const known = new WeakMap<PlanVersion, Map<string, PlanVersion>>();

/** The currency a customer is billed in on a plan: its own where the plan has prices in it, else the plan's. */
export function billedCurrency(plan: PlanVersion, preferred: string): string {
  return plan.prices.some((price) => price.currency === preferred) ? preferred : plan.currency;
}

/** The plan with its prices of one currency only; one object per plan and currency. */
export function planIn(plan: PlanVersion, currency: string): PlanVersion {
  if (plan.prices.every((price) => price.currency === currency)) return plan;
  let byCurrency = known.get(plan);
  if (byCurrency === undefined) {
    byCurrency = new Map();
    known.set(plan, byCurrency);
  }
  const found = byCurrency.get(currency);
  if (found !== undefined) return found;
  const prices = plan.prices.filter((price) => price.currency === currency);
  // A commitment is an amount of the plan's own currency.
  const own = { ...plan, currency, prices, commitment: currency === plan.currency ? plan.commitment : null };
  byCurrency.set(currency, own);
  return own;
}
