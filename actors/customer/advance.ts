import { compare, type Decimal, sub, ZERO } from "../../src/money/decimal.ts";
import { roundMoney } from "../../src/money/money.ts";
import { recurringCharge, recurringPrices, seatsIn } from "./recurring.ts";
import {
  type AdvanceCharge,
  effectiveEnd,
  type PeriodState,
  phaseOf,
  type SubscriptionState,
} from "./subscription_state.ts";

/**
 * What is due now of a period's prices in advance beyond what has been billed: all of it when the period opens, the
 * rest when a trial ends, a pause is over or seats are added. Less than billed is settled when the period ends.
 */
export function advanceCharges(subscription: SubscriptionState, period: PeriodState): AdvanceCharge[] {
  const { plan } = phaseOf(subscription, period.phase);
  const charges: AdvanceCharge[] = [];
  for (const priceIndex of recurringPrices(subscription, period)) {
    const price = period.meters.prices[priceIndex];
    if (price === undefined || price.timing !== "advance" || period.recurringSettled) continue;
    const due = roundMoney(recurringCharge(subscription, period, price), plan.currency);
    const billed = billedOf(period, priceIndex);
    if (compare(due, billed ?? ZERO) <= 0) continue;
    charges.push({
      phase: period.phase,
      track: period.track,
      k: period.k,
      priceIndex,
      amount: sub(due, billed ?? ZERO),
      quantity: seatsIn(subscription, period),
      from: period.start,
      to: effectiveEnd(subscription, period),
      isChange: billed !== null,
    });
  }
  return charges;
}

/** What has been billed in advance of one price; null where nothing has. */
export function billedOf(period: PeriodState, priceIndex: number): Decimal | null {
  return period.billed.find((b) => b.priceIndex === priceIndex)?.amount ?? null;
}
