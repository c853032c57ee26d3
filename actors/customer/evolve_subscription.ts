import type { Catalog } from "../../src/catalog/catalog.ts";
import { assert, assertNever } from "../../src/errors.ts";
import { ZERO } from "../../src/money/decimal.ts";
import { subExact } from "../../src/money/ratio.ts";
import { billedCurrency } from "../../src/subscriptions/plan_in_currency.ts";
import type { Instant } from "../../src/time/instant.ts";
import type { Fact, SubscriptionStarted } from "./facts.ts";
import { remeasure } from "./periods.ts";
import { newPhase } from "./phases.ts";
import type { PlanChangeFact } from "./plan_change_facts.ts";
import { addSpend } from "./spend.ts";
import { type CustomerState, findSubscription } from "./state.ts";
import type { PeriodState, SubscriptionState } from "./subscription_state.ts";

type SubscriptionFact =
  | PlanChangeFact
  | Extract<
      Fact,
      {
        type:
          | "subscription_started"
          | "subscription_activated"
          | "subscription_canceled"
          | "subscription_ended";
      }
    >;

type PlanChanged = Extract<PlanChangeFact, { type: "plan_changed" }>;

/** Applies what happens to a subscription as such: its life, its plan, its seats, its pauses. */
export function evolveSubscription(state: CustomerState, fact: SubscriptionFact, catalog: Catalog): void {
  if (fact.type === "subscription_started") {
    state.subscriptions.push(startedSubscription(fact, catalog));
    return;
  }
  const subscription = findSubscription(state, fact.subscription_id);
  assert(subscription !== undefined, "a fact names a subscription of its customer");
  if (fact.type === "plan_changed") changePlan(state, subscription, fact, catalog);
  else apply(subscription, fact);
  // Whatever moves an end, a seat or a pause changes what the open periods cost.
  remeasureOpen(state, subscription, fact.at);
  subscription.updatedAt = fact.at;
}

function apply(
  subscription: SubscriptionState,
  fact: Exclude<SubscriptionFact, SubscriptionStarted | PlanChanged>,
): void {
  switch (fact.type) {
    case "subscription_activated":
      subscription.started = true;
      return;
    case "subscription_canceled":
      subscription.canceledAt = fact.at;
      subscription.endsAt = fact.ends_at;
      subscription.endProration = fact.proration ?? "second";
      return;
    case "subscription_ended":
      subscription.ended = true;
      return;
    case "subscription_paused":
      subscription.pauses.push({ from: fact.from, until: fact.until, over: false });
      return;
    case "subscription_resumed": {
      const pause = subscription.pauses.at(-1);
      if (pause === undefined) return;
      pause.until = fact.resumed_at;
      pause.over = true;
      return;
    }
    case "trial_ended":
      subscription.trialOver = true;
      return;
    case "plan_change_scheduled":
      subscription.scheduled = fact;
      return;
    case "plan_change_unscheduled":
      subscription.scheduled = null;
      return;
    case "quantity_changed":
      return changeSeats(subscription, fact.effective_at, fact.quantity);
    default:
      assertNever(fact);
  }
}

function changeSeats(subscription: SubscriptionState, at: Instant, quantity: string): void {
  const phase = subscription.phases.at(-1);
  assert(phase !== undefined, "a subscription has a phase");
  const kept = phase.seats.filter((change, index) => change.at < at || index === 0);
  phase.seats =
    kept.length === 1 && at <= phase.start ? [{ at: phase.start, quantity }] : [...kept, { at, quantity }];
}

function changePlan(
  state: CustomerState,
  subscription: SubscriptionState,
  fact: PlanChanged,
  catalog: Catalog,
): void {
  const last = subscription.phases.at(-1);
  assert(last !== undefined, "a subscription has a phase");
  const { effective_at: start, rule } = fact;
  last.end = start;
  last.endProration = rule.proration;
  last.unused = rule.unused;
  last.carriesUsage = rule.usage === "carry_over";
  subscription.scheduled = null;
  // Periods that will not be go, and what they cost. One that begins right here and has been billed is settled, and
  // usage that came ahead of its time stays with the plan it was recorded under.
  const isGone = (p: PeriodState) =>
    p.phase === last.n && p.start >= start && p.billed.length === 0 && !p.hasUsage;
  for (const gone of subscription.periods.filter(isGone)) {
    const [usage, recurring] = [subExact(ZERO, gone.usage), subExact(ZERO, gone.recurring)];
    addSpend(state, subscription, { occurred: gone.start, now: fact.at }, usage, recurring);
  }
  subscription.periods = subscription.periods.filter((p) => !isGone(p));
  const phase = newPhase(
    subscription,
    {
      n: last.n + 1,
      planId: fact.plan_id,
      planVersion: fact.plan_version,
      overrides: fact.overrides,
      start,
      since: state.seq,
      origin: fact.keeps_anchor ? last.origin : start,
      seats: [{ at: start, quantity: fact.quantity }],
      startProration: rule.proration,
    },
    catalog,
  );
  subscription.phases.push(phase);
}

/** Works the open periods out anew and lets live spend follow. */
function remeasureOpen(state: CustomerState, subscription: SubscriptionState, now: Instant): void {
  for (const period of subscription.periods) {
    if (period.draftId !== null) continue;
    const { usage, recurring } = period;
    remeasure(subscription, period);
    const change = [subExact(period.usage, usage), subExact(period.recurring, recurring)] as const;
    addSpend(state, subscription, { occurred: period.start, now }, ...change);
  }
}

function startedSubscription(fact: SubscriptionStarted, catalog: Catalog): SubscriptionState {
  const plan = catalog.plan(fact.plan_id, fact.plan_version);
  assert(plan !== null, "a subscription's plan version is in the catalog");
  const { anchor, timezone, start } = fact;
  // The first facts name no currency: plans had one then.
  const currency = fact.currency ?? billedCurrency(plan, plan.currency);
  const begin = {
    n: 0,
    planId: fact.plan_id,
    planVersion: fact.plan_version,
    overrides: fact.overrides ?? [],
    start,
    since: 0,
    origin: start,
    seats: [{ at: start, quantity: fact.quantity ?? "1" }],
    startProration: "second",
  } as const;
  const trialEnd = fact.trial_end ?? null;
  return {
    id: fact.subscription_id,
    externalId: fact.external_id,
    metadata: fact.metadata,
    createdAt: fact.at,
    updatedAt: fact.at,
    start,
    anchor,
    timezone,
    currency,
    phases: [newPhase({ currency, anchor, timezone }, { ...begin, seats: [...begin.seats] }, catalog)],
    scheduled: null,
    trialEnd,
    trialOver: trialEnd === null,
    pauses: [],
    endsAt: null,
    endProration: "second",
    canceledAt: null,
    started: false,
    periods: [],
    drafts: [],
    draftCount: 0,
    pending: [],
    coupons: (fact.coupons ?? []).map(({ id, version }) => {
      const coupon = catalog.coupon(id, version);
      assert(coupon !== null, "a subscription's coupons are in the catalog");
      return { coupon, appliedAt: fact.at, used: 0 };
    }),
    committed: [],
    spend: [],
    ended: false,
    settled: [],
    lookedUp: [],
  };
}
