import type { Invoice } from "../../src/invoicing/invoice.ts";
import { add, type Decimal, decimal, sub, ZERO } from "../../src/money/decimal.ts";
import { roundMoney } from "../../src/money/money.ts";
import { mulRatio, ratio } from "../../src/money/ratio.ts";
import { shareOf } from "../../src/subscriptions/proration.ts";
import { type PeriodRule, periodContaining, wholePeriodAt } from "../../src/time/calendar.ts";
import { type Instant, parseInstant } from "../../src/time/instant.ts";
import { contains, type Period } from "../../src/time/period.ts";
import { type PhaseState, phaseAt, phaseEnd, type SubscriptionState } from "./subscription_state.ts";

/** How many commitment periods are remembered: the running one and those whose drafts still wait. */
const periodsKept = 4;

/** A commitment period that is over, and the part of the committed amount that falls on it, rounded. */
export interface DueCommitment {
  readonly period: Period;
  readonly amount: Decimal;
}

/** The commitment that a settlement up to `at` has to bring to its amount; null where none ends then. */
export function commitmentDue(subscription: SubscriptionState, at: Instant): DueCommitment | null {
  const phase = phaseAt(subscription, at - 1);
  const { commitment } = phase.plan;
  const period = commitment === null ? null : commitmentPeriod(subscription, phase, at - 1);
  if (commitment === null || period === null) return null;
  const over = phaseEnd(subscription, phase);
  if (at !== period.end && at !== over) return null;
  const part = { start: period.start, end: Math.min(period.end, over ?? period.end) };
  const share = shareOf(part, period.whole, "second", subscription.timezone);
  return { period, amount: roundMoney(mulRatio(ratio(commitment.amount), share), subscription.currency) };
}

/** What issued invoices have billed in a commitment period, net of discounts. */
export function committedIn(subscription: SubscriptionState, period: Period): Decimal {
  return subscription.committed.find((c) => c.start === period.start)?.billed ?? ZERO;
}

/** Counts an issued invoice's lines towards the commitment period that each of them begins in. */
export function addCommitted(subscription: SubscriptionState, invoice: Invoice): void {
  for (const line of invoice.line_items) {
    const start = parseInstant(line.period_start) ?? 0;
    if (start < subscription.start) continue;
    const period = commitmentPeriod(subscription, phaseAt(subscription, start), start);
    if (period === null) continue;
    const net = sub(decimal(line.amount), decimal(line.discount_amount ?? "0"));
    const known = subscription.committed.find((c) => c.start === period.start);
    if (known === undefined) {
      const begun = { start: period.start, end: period.end, billed: net };
      subscription.committed = [...subscription.committed, begun].slice(-periodsKept);
    } else known.billed = add(known.billed, net);
  }
}

/** The net of lines that begin in a period. */
export function netIn(
  period: Period,
  lines: readonly { readonly item: { readonly period_start: string }; readonly net: Decimal }[],
): Decimal {
  return lines.reduce((sum, { item, net }) => {
    const start = parseInstant(item.period_start) ?? 0;
    return contains(period, start) ? add(sum, net) : sum;
  }, ZERO);
}

const rules = {
  month: { interval: "month", intervalCount: 1 },
  quarter: { interval: "month", intervalCount: 3 },
  year: { interval: "year", intervalCount: 1 },
} as const;

function commitmentPeriod(
  subscription: SubscriptionState,
  phase: PhaseState,
  at: Instant,
): (Period & { readonly whole: Period }) | null {
  const { commitment } = phase.plan;
  if (commitment === null) return null;
  const { anchor, timezone } = subscription;
  const rule: PeriodRule = { start: phase.origin, anchor, timezone, ...rules[commitment.period] };
  const found = periodContaining(rule, Math.max(at, phase.origin));
  if (found === null) return null;
  return { start: Math.max(found.start, phase.start), end: found.end, whole: wholePeriodAt(rule, found.k) };
}
