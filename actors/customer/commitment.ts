import type { Invoice } from "../../src/invoicing/invoice.ts";
import { add, type Decimal, decimal, sub, ZERO } from "../../src/money/decimal.ts";
import { roundMoney } from "../../src/money/money.ts";
import { mulRatio, ratio } from "../../src/money/ratio.ts";
import { shareOf } from "../../src/subscriptions/proration.ts";
import { type PeriodRule, periodContaining, wholePeriodAt } from "../../src/time/calendar.ts";
import { type Instant, parseInstant } from "../../src/time/instant.ts";
import { contains, type Period } from "../../src/time/period.ts";
import {
  type CommittedPeriod,
  type PeriodState,
  type PhaseState,
  phaseAt,
  phaseEnd,
  type SubscriptionState,
} from "./subscription_state.ts";

/** How many commitment periods are remembered: the running one and those whose drafts still wait. */
const periodsKept = 4;

/** A commitment period that is over, and the part of the committed amount that falls on it, rounded. */
export interface DueCommitment {
  readonly period: Period;
  readonly amount: Decimal;
}

/**
 * The commitments that a settlement of periods up to `at` has to bring to their amounts: those that end with it, and
 * with them the last days or weeks that begin before their end. None for most.
 */
export function commitmentsDue(
  subscription: SubscriptionState,
  settled: readonly Pick<PeriodState, "phase" | "track" | "start">[],
  at: Instant,
): DueCommitment[] {
  const due: DueCommitment[] = [];
  const after = lastBegun(settled);
  for (let next = Math.min(...settled.map(({ start }) => start)); next < at; ) {
    const phase = phaseAt(subscription, next);
    const { commitment } = phase.plan;
    const over = phaseEnd(subscription, phase);
    const period = commitmentPeriod(subscription, phase, next);
    if (commitment === null || period === null) {
      // Another plan may have one.
      if (phase.end === null || phase.end <= next) break;
      next = phase.end;
      continue;
    }
    const end = Math.min(period.end, over ?? period.end);
    if (end <= next) break;
    const closed = closedAt(phase, end, over);
    if (after < closed && closed <= at) {
      const share = shareOf({ start: period.start, end }, period.whole, "second", subscription.timezone);
      const amount = roundMoney(mulRatio(ratio(commitment.amount), share), subscription.currency);
      due.push({ period: { start: period.start, end }, amount });
    }
    next = end;
  }
  return due;
}

/** Of the tracks that are settled, where the one begins that begins last: what ended before has been seen to. */
function lastBegun(settled: readonly Pick<PeriodState, "phase" | "track" | "start">[]): Instant {
  const begins = new Map<string, Instant>();
  for (const { phase, track, start } of settled) {
    const name = `${phase}/${track}`;
    begins.set(name, Math.min(start, begins.get(name) ?? start));
  }
  return Math.max(...begins.values());
}

/** When all that begins before the end of a commitment period is settled: days and weeks may lie across it. */
function closedAt({ tracks }: PhaseState, end: Instant, over: Instant | null): Instant {
  if (end === over) return end;
  const ends = tracks.map(({ rule }) => {
    const isShort = rule.interval === "day" || rule.interval === "week";
    return isShort ? (periodContaining(rule, Math.max(end - 1, rule.start))?.end ?? end) : end;
  });
  return Math.min(Math.max(end, ...ends), over ?? Number.POSITIVE_INFINITY);
}

/** What has been billed in a commitment period, net of discounts. */
export function committedIn(committed: readonly CommittedPeriod[], period: Period): Decimal {
  return committed.find((c) => c.start === period.start)?.billed ?? ZERO;
}

/** Counts an issued invoice's lines towards the commitment period that each of them begins in. */
export function addCommitted(subscription: SubscriptionState, invoice: Invoice): void {
  for (const line of invoice.line_items) {
    if (line.type === "credit") continue; // carried over, not billed
    const start = parseInstant(line.period_start) ?? 0;
    if (start < subscription.start) continue;
    const period = commitmentPeriod(subscription, phaseAt(subscription, start), start);
    if (period === null) continue;
    const net = sub(decimal(line.amount), decimal(line.discount_amount ?? "0"));
    const known = subscription.committed.find((c) => c.start === period.start);
    if (known === undefined) {
      const begun = { start: period.start, end: period.end, billed: net };
      const all = [...subscription.committed, begun].sort((a, b) => a.start - b.start);
      subscription.committed = all.slice(-periodsKept);
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
