import { ZERO } from "../../src/money/decimal.ts";
import { addExact, type Exact, formatExact, subExact } from "../../src/money/ratio.ts";
import { quantityOfMeter } from "../../src/subscriptions/price_meter.ts";
import { formatInstant, type Instant } from "../../src/time/instant.ts";
import { openPeriods } from "./drafting.ts";
import { ownCharge } from "./periods.ts";
import {
  effectiveEnd,
  openPeriod,
  type PeriodState,
  type SubscriptionState,
  spanOf,
} from "./subscription_state.ts";

/** Live usage of one metered price in a period; amounts keep all their decimals. */
export interface MeterUsage {
  metric_key: string;
  price_id: string;
  group?: Record<string, string | null>;
  quantity: string;
  amount: string;
  period_start: string;
  period_end: string;
}

/** Usage and charges so far of the periods that are open; null before the first one is. */
export function usageReport(subscription: SubscriptionState, now: Instant) {
  const main = openPeriod(subscription, now) ?? subscription.periods.at(-1);
  if (main === undefined) return null;
  const open = openPeriods(subscription);
  const shown = open.length === 0 ? [main] : open;
  const sum = (of: (period: PeriodState) => Exact): Exact =>
    shown.reduce((all: Exact, period) => addExact(all, of(period)), ZERO);
  return {
    subscription_id: subscription.id,
    currency: subscription.currency,
    period_start: formatInstant(main.start),
    period_end: formatInstant(effectiveEnd(subscription, main)),
    usage: shown.flatMap((period) => metersOf(subscription, period)),
    usage_amount: formatExact(sum((period) => period.usage)),
    recurring_amount: formatExact(sum((period) => period.recurring)),
  };
}

function metersOf(subscription: SubscriptionState, period: PeriodState): MeterUsage[] {
  const meters: MeterUsage[] = [];
  const span = spanOf(subscription, period);
  for (const [index, line] of period.lines.entries()) {
    const metric = period.meters.metrics[index];
    const price = period.meters.prices[index];
    const isPriced = index < period.meters.plan.prices.length;
    if (line === null || !metric || price === undefined || !isPriced) continue;
    for (const group of line.groups) {
      const quantity = subExact(quantityOfMeter(price, metric, group.meter, span), group.baseQuantity);
      meters.push({
        metric_key: metric.key,
        price_id: price.id,
        ...(group.key === "" ? {} : { group: JSON.parse(group.key) as Record<string, string | null> }),
        quantity: formatExact(quantity),
        amount: formatExact(ownCharge(group)),
        period_start: formatInstant(period.start),
        period_end: formatInstant(effectiveEnd(subscription, period)),
      });
    }
  }
  return meters;
}
