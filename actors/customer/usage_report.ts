import { quantityOf } from "../../src/metering/aggregate.ts";
import { formatDecimal } from "../../src/money/decimal.ts";
import { formatExact } from "../../src/money/ratio.ts";
import { formatInstant } from "../../src/time/instant.ts";
import { effectiveEnd, type PeriodState, type SubscriptionState } from "./state.ts";

/** Live usage of one metered price in a period; amounts keep all their decimals. */
export interface MeterUsage {
  metric_key: string;
  price_id: string;
  group?: Record<string, string | null>;
  quantity: string;
  amount: string;
}

/** A period's usage and charges so far. */
export function usageReport(subscription: SubscriptionState, period: PeriodState) {
  const meters: MeterUsage[] = [];
  for (const [index, line] of period.lines.entries()) {
    const metric = period.meters.metrics[index];
    const price = period.meters.plan.prices[index];
    if (line === null || !metric || price === undefined) continue;
    for (const group of line.groups) {
      meters.push({
        metric_key: metric.key,
        price_id: price.id,
        ...(group.key === "" ? {} : { group: JSON.parse(group.key) as Record<string, string | null> }),
        quantity: formatDecimal(quantityOf(group.aggregate)),
        amount: formatDecimal(group.charge),
      });
    }
  }
  return {
    subscription_id: subscription.id,
    currency: subscription.currency,
    period_start: formatInstant(period.start),
    period_end: formatInstant(effectiveEnd(subscription, period)),
    usage: meters,
    usage_amount: formatDecimal(period.usage),
    recurring_amount: formatExact(period.recurring),
  };
}
