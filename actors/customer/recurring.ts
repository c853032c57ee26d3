import { type Decimal, decimal, max, min, ZERO } from "../../src/money/decimal.ts";
import { addExact, type Exact, mulRatio, ratio } from "../../src/money/ratio.ts";
import type { Price } from "../../src/pricing/price.ts";
import { recurringAmount } from "../../src/pricing/rate.ts";
import { seatStretches, shareOf, without } from "../../src/subscriptions/proration.ts";
import { durationMs, type Period } from "../../src/time/period.ts";
import {
  effectiveEnd,
  type PeriodRef,
  type PeriodState,
  phaseOf,
  type SubscriptionState,
} from "./subscription_state.ts";

/** What a recurring price costs a whole period with this many seats, within its minimum and maximum. */
export function wholeAmount(price: Price, seats: Decimal): Decimal {
  const amount = recurringAmount(price, seats);
  const floored = price.minimumAmount === null ? amount : max(amount, price.minimumAmount);
  return price.maximumAmount === null ? floored : min(floored, price.maximumAmount);
}

/**
 * The exact charge of a recurring price for one period as far as it is known: whole for a whole period, in parts
 * where it is a stub or cut short, where seats change, and without what a trial or a pause takes out of it.
 */
export function recurringCharge(subscription: SubscriptionState, period: PeriodState, price: Price): Exact {
  return chargeOfPart(subscription, period, price, chargedPart(subscription, period));
}

/** The same as it would be had the period not been cut short. */
export function uncutCharge(subscription: SubscriptionState, period: PeriodState, price: Price): Exact {
  return chargeOfPart(subscription, period, price, chargedPart(subscription, period, period.end));
}

function chargeOfPart(
  subscription: SubscriptionState,
  period: PeriodState,
  price: Price,
  part: ReturnType<typeof chargedPart>,
): Exact {
  const { whole } = period;
  if (part === null || durationMs(whole) === 0) return ZERO; // a local day that never happened
  const { seats } = phaseOf(subscription, period.phase);
  let sum: Exact = ZERO;
  for (const piece of without(part, free(subscription))) {
    for (const stretch of seatStretches(piece, seats)) {
      const amount = wholeAmount(price, decimal(stretch.quantity));
      if (stretch.start === whole.start && stretch.end === whole.end) return amount;
      const share = shareOf(stretch, whole, part.by, subscription.timezone);
      sum = addExact(sum, mulRatio(ratio(amount), share));
    }
  }
  return sum;
}

/** The exact recurring charges of a period together. */
export function recurringCharges(subscription: SubscriptionState, period: PeriodState): Exact {
  let sum: Exact = ZERO;
  for (const index of recurringPrices(subscription, period)) {
    const price = period.meters.prices[index];
    if (price !== undefined) sum = addExact(sum, recurringCharge(subscription, period, price));
  }
  return sum;
}

/** Indexes of the recurring prices of a period's track. */
export function recurringPrices(subscription: SubscriptionState, ref: PeriodRef): readonly number[] {
  const phase = phaseOf(subscription, ref.phase);
  const track = phase.tracks[ref.track];
  return (track?.prices ?? []).filter((index) => phase.plan.prices[index]?.metricId === null);
}

/** The seats at the end of a period, plain decimal text. */
export function seatsIn(subscription: SubscriptionState, period: PeriodState): string {
  const { seats } = phaseOf(subscription, period.phase);
  return seatStretches(period, seats).at(-1)?.quantity ?? seats.at(-1)?.quantity ?? "1";
}

/** The part of a period that is charged, and how its share is counted; null where nothing is. */
function chargedPart(
  subscription: SubscriptionState,
  period: PeriodState,
  cutAt = effectiveEnd(subscription, period),
): (Period & { readonly by: "day" | "second" }) | null {
  const phase = phaseOf(subscription, period.phase);
  const { endsAt, endProration } = subscription;
  let end = cutAt;
  let by: "day" | "second" = "second";
  if (end < period.end) {
    const proration = endsAt !== null && endsAt <= (phase.end ?? endsAt) ? endProration : phase.endProration;
    if (proration !== "none") by = proration;
    else if (isCharged(subscription, { start: period.start, end })) end = period.end;
  }
  const joins = phase.n > 0 && period.start === phase.start;
  if (joins && period.whole.start < period.start) {
    // The plan before is charged for all of it; a plan with an anchor of its own has no such period.
    const before = { start: Math.max(period.whole.start, subscription.start), end: period.start };
    const isPaid = phase.origin < phase.start && isCharged(subscription, before);
    if (phase.startProration === "none" && isPaid) return null;
    if (phase.startProration === "day") by = "day";
  }
  return period.start < end ? { start: period.start, end, by } : null;
}

/** True where something recurs in a stretch of time. */
function isCharged(subscription: SubscriptionState, stretch: Period): boolean {
  return without(stretch, free(subscription)).length > 0;
}

/** What nothing recurs in: the trial and pauses. */
function free({ trialEnd, pauses, start }: SubscriptionState): Period[] {
  const out = pauses.map(({ from, until }) => ({ start: from, end: until ?? Number.POSITIVE_INFINITY }));
  return trialEnd === null ? out : [{ start: Math.min(start, trialEnd), end: trialEnd }, ...out];
}
