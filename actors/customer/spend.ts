import { ZERO } from "../../src/money/decimal.ts";
import { addExact, type Exact, signExact } from "../../src/money/ratio.ts";
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
    for (const part of subscription.spend) {
      if (part.kind !== kind || part.start !== window.start) continue;
      spend = addExact(spend, addExact(part.usage, part.recurring));
      break;
    }
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
  for (const kind of ["month", "own"] as const) {
    const window = windowWith(state, subscription, kind, at);
    if (window === null) continue;
    if (signExact(usage) !== 0) window.usage = addExact(window.usage, usage);
    if (signExact(recurring) !== 0) window.recurring = addExact(window.recurring, recurring);
  }
}

/** The window of an instant, made if it is missing; null where there is none or it is over. */
function windowWith(
  state: CustomerState,
  subscription: SubscriptionState,
  kind: SpendWindow["kind"],
  { occurred, now }: { readonly occurred: Instant; readonly now: Instant },
): SpendWindow | null {
  for (const window of subscription.spend)
    if (window.kind === kind && contains(window, occurred)) return window;
  const period = kind === "own" ? ownWindow(subscription, occurred) : calendarMonth(occurred, zoneOf(state));
  if (period === null || period.end <= now) return null;
  const { start, end } = period;
  const window = { kind, start, end, usage: ZERO, recurring: ZERO };
  subscription.spend = [...subscription.spend.filter((w) => w.end > now), window];
  return window;
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
