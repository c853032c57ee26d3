import { roundMoney } from "../../src/money/money.ts";
import { mainTrack } from "../../src/subscriptions/tracks.ts";
import { type PeriodRule, periodAt, periodContaining } from "../../src/time/calendar.ts";
import type { Instant } from "../../src/time/instant.ts";
import type { Period } from "../../src/time/period.ts";
import type { DecisionContext } from "../actor.ts";
import { advanceCharges } from "./advance.ts";
import type { PeriodOpened } from "./facts.ts";
import { openingOf } from "./periods.ts";
import { recurringCharge, recurringPrices } from "./recurring.ts";
import type { CustomerState } from "./state.ts";
import {
  type DraftState,
  effectiveEnd,
  type PeriodState,
  phaseOf,
  type SubscriptionState,
} from "./subscription_state.ts";

// An hour-long plan over a year would be a mistake; the shortest interval is a day.
const periodsMax = 400;

/** The numbers of a rule's periods that share time with a window, ascending, up to a few hundred. */
export function periodsWithin(rule: PeriodRule, window: Period): number[] {
  const from = Math.max(window.start, rule.start);
  const first = periodContaining(rule, from)?.k ?? 0;
  const numbers: number[] = [];
  for (let k = first; numbers.length < periodsMax && periodAt(rule, k).start < window.end; k++)
    numbers.push(k);
  return numbers;
}

/** True where a period of the plan's shortest interval ends at an instant. */
export function endsPeriod(subscription: SubscriptionState, at: Instant): boolean {
  const tracks = subscription.phases[0]?.tracks ?? [];
  return tracks.some(({ rule }) => periodContaining(rule, at - 1)?.end === at);
}

/** How many of the subscription's own periods a window touches. */
export function ownPeriods(subscription: SubscriptionState, window: Period): number {
  const phase = subscription.phases[0];
  const rule = phase?.tracks[mainTrack(phase.plan)]?.rule;
  return rule === undefined ? 0 : periodsWithin(rule, window).length;
}

/** The facts that open the periods of every track that share time with the window. */
export function windowPeriods(
  state: CustomerState,
  subscription: SubscriptionState,
  window: Period,
  ctx: DecisionContext,
): PeriodOpened[] {
  const tracks = subscription.phases[0]?.tracks ?? [];
  return tracks.flatMap(({ rule }, track) =>
    periodsWithin(rule, window).map((k) => openingOf(state, subscription, { phase: 0, track, k }, ctx)),
  );
}

/**
 * The draft that settles a window: what ends in it, and of longer intervals what is billed in advance as it begins
 * in it. What was billed in advance before the window is not billed again.
 */
export function simulatedDraft(subscription: SubscriptionState, window: Period): DraftState {
  const ended = subscription.periods.filter((p) => effectiveEnd(subscription, p) <= window.end);
  const open = subscription.periods.filter((p) => effectiveEnd(subscription, p) > window.end);
  for (const period of ended) if (period.start < window.start) countAsBilled(subscription, period);
  return {
    id: "",
    at: window.end,
    createdAt: window.end,
    issueAt: window.end,
    closes: ended.map(({ phase, track, k }) => ({ phase, track, k, recurringOnly: false })),
    advances: open
      .filter((p) => p.start >= window.start)
      .flatMap((period) => advanceCharges(subscription, period)),
    pending: [],
  };
}

function countAsBilled(subscription: SubscriptionState, period: PeriodState): void {
  const { plan } = phaseOf(subscription, period.phase);
  for (const priceIndex of recurringPrices(subscription, period)) {
    const price = period.meters.prices[priceIndex];
    if (price?.timing !== "advance") continue;
    const amount = roundMoney(recurringCharge(subscription, period, price), plan.currency);
    period.billed.push({ priceIndex, amount });
  }
}
