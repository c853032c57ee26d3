import { add, type Decimal, ZERO } from "../../src/money/decimal.ts";
import { addExact, type Exact } from "../../src/money/ratio.ts";
import { calendarMonth, periodContaining } from "../../src/time/calendar.ts";
import type { Instant } from "../../src/time/instant.ts";
import { contains, type Period } from "../../src/time/period.ts";
import { type CustomerState, covers, type LimitState, type SubscriptionState } from "./state.ts";

/**
 * The window a limit measures in at an instant: the subscription's period where it has one and that is
 * monthly, else the calendar month in the customer's zone (API.md §3, Spend limit).
 */
export function windowAt(state: CustomerState, subscriptionId: string | null, at: Instant): Period {
  const subscription = state.subscriptions.find((s) => s.id === subscriptionId);
  if (subscription !== undefined && isMonthly(subscription)) {
    const period = periodContaining(subscription.rule, Math.max(at, subscription.rule.start));
    if (period !== null) return { start: period.start, end: period.end };
  }
  return calendarMonth(at, state.profile?.timezone ?? "UTC");
}

/** Exact spend inside a limit's window: usage and recurring charges of what it covers, in its currency. */
export function spendIn(state: CustomerState, limit: LimitState): Exact {
  const { window } = limit;
  let spend: Exact = ZERO;
  for (const subscription of state.subscriptions) {
    if (!covers(limit, subscription.id) || subscription.currency !== limit.terms.currency) continue;
    const part = byPeriod(limit, subscription)
      ? subscription.periods.find((p) => p.start === window.start)
      : subscription.months.find((m) => m.start === window.start);
    if (part !== undefined) spend = addExact(spend, addExact(part.usage, part.recurring));
  }
  return spend;
}

/** True when the limit's windows are the subscription's own periods. */
function byPeriod(limit: LimitState, subscription: SubscriptionState): boolean {
  return limit.subscriptionId === subscription.id && isMonthly(subscription);
}

function isMonthly(subscription: SubscriptionState): boolean {
  return subscription.rule.interval === "month" && subscription.rule.intervalCount === 1;
}

/** Adds to a subscription's spend by calendar month; months that are over are forgotten. */
export function addToMonth(
  subscription: SubscriptionState,
  at: { readonly occurred: Instant; readonly now: Instant; readonly timezone: string },
  usage: Decimal,
  recurring: Exact,
): void {
  let month = subscription.months.find((m) => contains(m, at.occurred));
  if (month === undefined) {
    const { start, end } = calendarMonth(at.occurred, at.timezone);
    if (end <= at.now) return;
    month = { start, end, usage: ZERO, recurring: ZERO };
    subscription.months = [...subscription.months.filter((m) => m.end > at.now), month];
  }
  month.usage = add(month.usage, usage);
  month.recurring = addExact(month.recurring, recurring);
}
