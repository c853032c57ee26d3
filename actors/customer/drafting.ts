import { derivedId } from "../../src/ids.ts";
import type { Instant } from "../../src/time/instant.ts";
import type { DecisionContext } from "../actor.ts";
import { advanceCharges } from "./advance.ts";
import type { Fact, InvoiceDrafted } from "./facts.ts";
import { boundsOf, openingOf, periodFrom } from "./periods.ts";
import type { CustomerState } from "./state.ts";
import {
  effectiveEnd,
  type PeriodRef,
  type PeriodState,
  periodOf,
  phaseEnd,
  phaseOf,
  type SubscriptionState,
} from "./subscription_state.ts";

/** The open period of every track of every phase that has not come to its end. */
export function openPeriods(subscription: SubscriptionState): PeriodState[] {
  return subscription.phases.flatMap((phase) =>
    phase.openK.flatMap((k, track) => periodOf(subscription, { phase: phase.n, track, k }) ?? []),
  );
}

/**
 * What happens when periods come to their end, or a plan to its beginning: the periods that follow open, and an
 * invoice is drafted of everything unsettled up to then with what is billed in advance from then on.
 *
 * @param at when that is, which for a backdated subscription lies before now
 */
export function closingFacts(
  state: CustomerState,
  subscription: SubscriptionState,
  at: Instant,
  ctx: DecisionContext,
): Fact[] {
  const facts: Fact[] = [];
  const advances: PeriodRef[] = [];
  for (const ref of toOpen(subscription, at)) {
    const known = periodOf(subscription, ref);
    const fact = openingOf(state, subscription, ref, ctx);
    if (known === undefined) facts.push(fact);
    const period = known ?? periodFrom(subscription, fact, ctx.catalog);
    if (owesInAdvance(subscription, period, at)) advances.push(ref);
  }
  const closes = subscription.periods
    .filter((p) => p.draftId === null && !isVoid(subscription, p) && effectiveEnd(subscription, p) <= at)
    .flatMap((p) => closeOf(subscription, p, at) ?? []);
  if (closes.length > 0 || advances.length > 0)
    facts.push(draftedFact(subscription, at, closes, advances, ctx));
  const { endsAt } = subscription;
  if (endsAt !== null && endsAt <= at)
    facts.push({ type: "subscription_ended", at: ctx.now, subscription_id: subscription.id });
  return facts;
}

/** A draft of what the open periods owe in advance beyond what was billed, where they do. */
export function advanceFacts(subscription: SubscriptionState, at: Instant, ctx: DecisionContext): Fact[] {
  const owing = openPeriods(subscription).filter((p) => owesInAdvance(subscription, p, at));
  return owing.length === 0 ? [] : [draftedFact(subscription, at, [], owing, ctx)];
}

/** Nothing is billed in advance before a trial is over. */
function owesInAdvance(subscription: SubscriptionState, period: PeriodState, at: Instant): boolean {
  if (subscription.trialEnd !== null && at < subscription.trialEnd) return false;
  return advanceCharges(subscription, period).length > 0;
}

/** The periods that must be open at an instant: the next ones of tracks that end one, the first ones of a new phase. */
function toOpen(subscription: SubscriptionState, at: Instant): PeriodRef[] {
  const refs: PeriodRef[] = [];
  for (const phase of subscription.phases) {
    const end = phaseEnd(subscription, phase);
    if (phase.start > at || (end !== null && end <= at)) continue;
    for (const [track, k] of phase.openK.entries()) {
      const open = periodOf(subscription, { phase: phase.n, track, k });
      if (open === undefined) refs.push({ phase: phase.n, track, k });
      else if (effectiveEnd(subscription, open) <= at) refs.push({ phase: phase.n, track, k: k + 1 });
    }
  }
  return refs;
}

/** A period that comes to its end has a grace, and one that is cut short where it may have usage on its way. */
function hasGrace(subscription: SubscriptionState, close: InvoiceDrafted["closes"][number]): boolean {
  if (close.recurringOnly) return false;
  const period = periodOf(subscription, close);
  if (period !== undefined && effectiveEnd(subscription, period) === period.end) return true;
  const { plan, tracks } = phaseOf(subscription, close.phase);
  return (tracks[close.track]?.prices ?? []).some((index) => plan.prices[index]?.metricId !== null);
}

/** A period cut off at its very start, before anything was used or billed, never was. */
function isVoid(subscription: SubscriptionState, period: PeriodState): boolean {
  const end = phaseEnd(subscription, phaseOf(subscription, period.phase));
  if (end === null || end > period.start) return false;
  const isUsed = period.hasUsage && period.lines.some((line) => line !== null);
  return period.billed.length === 0 && !isUsed;
}

/** Usage that is carried over to the next plan waits for that plan's period; what recurs is settled at once. */
function closeOf(
  subscription: SubscriptionState,
  period: PeriodState,
  at: Instant,
): InvoiceDrafted["closes"][number] | null {
  const phase = phaseOf(subscription, period.phase);
  const { phase: n, track, k } = period;
  const isCut = phase.end !== null && period.start < phase.end && phase.end < period.end;
  const waits = phase.carriesUsage && isCut && at < period.end;
  const over = subscription.endsAt !== null && subscription.endsAt <= at;
  if (!waits || over) return { phase: n, track, k, recurringOnly: false };
  return period.recurringSettled ? null : { phase: n, track, k, recurringOnly: true };
}

/** When the next closing is due: the end of an open period, or the beginning of a phase; null where there is none. */
export function nextClosing(subscription: SubscriptionState): Instant | null {
  let next: Instant | null = null;
  const consider = (at: Instant): void => {
    if (next === null || at < next) next = at;
  };
  for (const phase of subscription.phases) {
    const ended = phaseEnd(subscription, phase);
    for (const [track, k] of phase.openK.entries()) {
      const open = periodOf(subscription, { phase: phase.n, track, k });
      if (open !== undefined) {
        if (!isVoid(subscription, open)) consider(effectiveEnd(subscription, open));
      } else if (ended === null || boundsOf(subscription, { phase: phase.n, track, k }).start < ended) {
        consider(phase.start);
      }
    }
    // Usage that came ahead of its time, in periods that a change of plan has come before.
    for (const ahead of subscription.periods)
      if (ahead.phase === phase.n && ended !== null && ahead.start >= ended && ahead.draftId === null)
        if (!isVoid(subscription, ahead)) consider(effectiveEnd(subscription, ahead));
  }
  return next;
}

/**
 * A draft. Where a period ends, or usage is settled or adjusted, it waits for what is on its way, and never less than
 * the grace from now; what is billed in advance alone is issued at once.
 */
export function draftedFact(
  subscription: SubscriptionState,
  at: Instant,
  closes: InvoiceDrafted["closes"],
  advances: readonly PeriodRef[],
  ctx: DecisionContext,
): InvoiceDrafted {
  const isAdjustment = closes.length === 0 && advances.length === 0;
  const waits = isAdjustment || closes.some((close) => hasGrace(subscription, close));
  const nth = String(subscription.draftCount + 1);
  return {
    type: "invoice_drafted",
    at: ctx.now,
    subscription_id: subscription.id,
    invoice_id: derivedId("inv", at, subscription.id, nth),
    settles_at: at,
    issue_at: waits ? Math.max(at, ctx.now) + ctx.settings.invoice_grace_seconds * 1000 : ctx.now,
    closes,
    advances: advances.map(({ phase, track, k }) => ({ phase, track, k })),
  };
}
