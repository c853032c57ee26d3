import { ZERO } from "../../src/money/decimal.ts";
import { addExact, type Exact } from "../../src/money/ratio.ts";
import { mainTrack, type Track } from "../../src/subscriptions/tracks.ts";
import { calendarMonth, periodContaining } from "../../src/time/calendar.ts";
import type { Instant } from "../../src/time/instant.ts";
import { contains, type Period } from "../../src/time/period.ts";
import { type CustomerState, covers, type LimitState, zoneOf } from "./state.ts";
import { phaseAt, type SpendWindow, type SubscriptionState } from "./subscription_state.ts";

/**
 * The window a limit measures in at an instant: the subscription's period where it has one and that is
 * monthly, else the calendar month in the customer's zone (API.md §3, Spend limit).
 */
export function windowAt(state: CustomerState, subscriptionId: string | null, at: Instant): Period {
  const subscription = state.subscriptions.find((s) => s.id === subscriptionId);
  const own = subscription === undefined ? null : ownWindow(subscription, Math.max(at, subscription.start));
  return own ?? calendarMonth(at, zoneOf(state));
}

/** Exact spend inside a limit's window: usage and recurring charges of what it covers, in its currency. */
export function spendIn(state: CustomerState, limit: LimitState): Exact {
  const { window } = limit;
  let spend: Exact = ZERO;
  for (const subscription of state.subscriptions) {
    if (!covers(limit, subscription.id) || subscription.currency !== limit.terms.currency) continue;
    const kind = limit.subscriptionId === subscription.id && isOwn(subscription, window) ? "own" : "month";
    const part = subscription.spend.find((w) => w.kind === kind && w.start === window.start);
    if (part !== undefined) spend = addExact(spend, addExact(part.usage, part.recurring));
  }
  return spend;
}

/** Adds to a subscription's spend at an instant; windows that are over are forgotten. */
export function addSpend(
  state: CustomerState,
  subscription: SubscriptionState,
  at: { readonly occurred: Instant; readonly now: Instant },
  usage: Exact,
  recurring: Exact,
): void {
  addTo(subscription, "month", at, () => calendarMonth(at.occurred, zoneOf(state)), usage, recurring);
  addTo(subscription, "own", at, () => ownWindow(subscription, at.occurred), usage, recurring);
}

function addTo(
  subscription: SubscriptionState,
  kind: SpendWindow["kind"],
  at: { readonly occurred: Instant; readonly now: Instant },
  find: () => Period | null,
  usage: Exact,
  recurring: Exact,
): void {
  let window = subscription.spend.find((w) => w.kind === kind && contains(w, at.occurred));
  if (window === undefined) {
    const period = find();
    if (period === null || period.end <= at.now) return;
    window = { kind, start: period.start, end: period.end, usage: ZERO, recurring: ZERO };
    subscription.spend = [...subscription.spend.filter((w) => w.end > at.now), window];
  }
  window.usage = addExact(window.usage, usage);
  window.recurring = addExact(window.recurring, recurring);
}

/** The period of the subscription's main track around an instant, where that track is monthly; else null. */
function ownWindow(subscription: SubscriptionState, at: Instant): Period | null {
  const track = trackAt(subscription, at);
  if (track?.rule.interval !== "month" || track.rule.intervalCount !== 1) return null;
  return periodContaining(track.rule, at);
}

function isOwn(subscription: SubscriptionState, window: Period): boolean {
  const own = ownWindow(subscription, Math.max(window.start, subscription.start));
  return own !== null && own.start === window.start && own.end === window.end;
}

function trackAt(subscription: SubscriptionState, at: Instant): Track | undefined {
  const phase = phaseAt(subscription, at);
  return phase.tracks[mainTrack(phase.plan)];
}
