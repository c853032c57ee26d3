import { ZERO } from "../../src/money/decimal.ts";
import { addExact, compareExact, type Exact, formatExact, subExact } from "../../src/money/ratio.ts";
import { percentOf } from "../../src/spend/spend_limit.ts";
import { formatInstant, type Instant } from "../../src/time/instant.ts";
import { limitAmount, limitState } from "./documents.ts";
import { spendIn, windowAt } from "./spend.ts";
import type { CustomerState, LimitState } from "./state.ts";

/** Live spend against one limit; amounts keep all their decimals. Shape of API.md §3, Spend limit. */
export interface SpendStatus {
  limit_id: string | null;
  subscription_id: string | null;
  currency: string;
  spend: string;
  limit: string | null;
  remaining: string | null;
  percent: string | null;
  window_start: string;
  window_end: string;
  state: "ok" | "suspended" | "exceeded" | "unlimited";
  alerts_fired: number[];
}

/** The status under the tightest limit, with every limit's beside it; without limits, the calendar month's spend. */
export function spendStatus(
  state: CustomerState,
  now: Instant,
  subscriptionId: string | null = null,
): SpendStatus & { limits: SpendStatus[] } {
  const bearing = state.limits.filter(
    (limit) =>
      subscriptionId === null || limit.subscriptionId === null || limit.subscriptionId === subscriptionId,
  );
  const all = bearing.map((limit) => ({ limit, left: remaining(state, limit) }));
  all.sort((a, b) => compareExact(a.left, b.left));
  const statuses = all.map(({ limit }) => statusUnder(state, limit));
  return { ...(statuses[0] ?? unlimited(state, now)), limits: statuses };
}

/** What is left under a limit; negative beyond it. */
export function remaining(state: CustomerState, limit: LimitState): Exact {
  return subExact(limit.terms.monthlyLimit, spendIn(state, limit));
}

function statusUnder(state: CustomerState, limit: LimitState): SpendStatus {
  const spend = spendIn(state, limit);
  return {
    limit_id: limit.id,
    subscription_id: limit.subscriptionId,
    currency: limit.terms.currency,
    spend: formatExact(spend),
    limit: limitAmount(limit),
    remaining: formatExact(remaining(state, limit)),
    percent: percentOf(spend, limit.terms.monthlyLimit),
    window_start: formatInstant(limit.window.start),
    window_end: formatInstant(limit.window.end),
    state: limitState(limit),
    alerts_fired: limit.fired,
  };
}

function unlimited(state: CustomerState, now: Instant): SpendStatus {
  const window = windowAt(state, null, now);
  const currency = state.profile?.currency ?? "USD";
  let spend: Exact = ZERO;
  for (const subscription of state.subscriptions) {
    const month = subscription.spend.find((w) => w.kind === "month" && w.start === window.start);
    if (month === undefined || subscription.currency !== currency) continue;
    spend = addExact(spend, addExact(month.usage, month.recurring));
  }
  return {
    limit_id: null,
    subscription_id: null,
    currency,
    spend: formatExact(spend),
    limit: null,
    remaining: null,
    percent: null,
    window_start: formatInstant(window.start),
    window_end: formatInstant(window.end),
    state: "unlimited",
    alerts_fired: [],
  };
}
