import { ONE, ZERO } from "../../src/money/decimal.ts";
import { prorate } from "../../src/money/money.ts";
import { addExact, type Exact } from "../../src/money/ratio.ts";
import type { Price } from "../../src/pricing/price.ts";
import { rate } from "../../src/pricing/rate.ts";
import { wholePeriodAt } from "../../src/time/calendar.ts";
import { durationMs } from "../../src/time/period.ts";
import { effectiveEnd, type PeriodState, type SubscriptionState } from "./state.ts";

/**
 * The exact charge of a recurring price for one period: whole for a whole period, by the second for the stub
 * of a calendar anchor or a period cut short by a cancellation.
 */
export function recurringCharge(price: Price, subscription: SubscriptionState, period: PeriodState): Exact {
  const { amount } = rate(price, ONE);
  const whole = durationMs(wholePeriodAt(subscription.rule, period.k));
  const part = effectiveEnd(subscription, period) - period.start;
  if (whole === 0) return ZERO; // a local day that never happened
  return part === whole ? amount : prorate(amount, part, whole);
}

/** The exact recurring charges of a period together. */
export function recurringCharges(subscription: SubscriptionState, period: PeriodState): Exact {
  let sum: Exact = ZERO;
  for (const price of period.meters.plan.prices) {
    if (price.metricId === null) sum = addExact(sum, recurringCharge(price, subscription, period));
  }
  return sum;
}
