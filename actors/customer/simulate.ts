import type { Catalog } from "../../src/catalog/catalog.ts";
import type { PlanVersion } from "../../src/catalog/plan.ts";
import type { Grant } from "../../src/credits/grant.ts";
import { assert, invalid } from "../../src/errors.ts";
import { derivedId } from "../../src/ids.ts";
import type { Invoice } from "../../src/invoicing/invoice.ts";
import type { CompanySettings } from "../../src/invoicing/settings.ts";
import type { Decimal } from "../../src/money/decimal.ts";
import type { OverrideRequest } from "../../src/subscriptions/price_override.ts";
import type { Anchor } from "../../src/time/calendar.ts";
import { formatInstant, type Instant } from "../../src/time/instant.ts";
import { contains, type Period } from "../../src/time/period.ts";
import type { DecisionContext } from "../actor.ts";
import { assembleInvoice } from "./assemble.ts";
import { evolve } from "./evolve.ts";
import type { Fact } from "./facts.ts";
import { startedFact } from "./handlers/subscriptions.ts";
import { endsPeriod, ownPeriods, simulatedDraft, windowPeriods } from "./simulated_draft.ts";
import { type CustomerState, newCustomerState } from "./state.ts";
import { step } from "./step.ts";
import type { SubscriptionState } from "./subscription_state.ts";

/** Periods of the plan in one simulated window: more is a slip of the pen. */
const periodsMax = 36;

/** One line of a simulation: `times` equal events at one instant. */
export interface SimulatedEvent {
  readonly eventType: string;
  readonly at: Instant;
  readonly times: Decimal;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Where a simulated subscription stands in time and what comes with it; API.md §3, Invoice simulation. */
export interface Placement {
  /** Null: it begins and ends with the period. */
  readonly start: Instant | null;
  readonly anchor: Anchor;
  readonly quantity: Decimal | null;
  /** Undefined: the plan's own trial. */
  readonly trialEnd: Instant | null | undefined;
  /** Ids in the catalog. */
  readonly coupons: readonly string[];
  readonly overrides: readonly OverrideRequest[];
}

export interface Simulation {
  readonly catalog: Catalog;
  readonly settings: CompanySettings;
  readonly plan: PlanVersion;
  readonly period: Period;
  readonly companyId: string;
  /** The customer it is for, or a stand-in. */
  readonly customer: { readonly id: string | null; readonly currency: string; readonly timezone: string };
  readonly events: readonly SimulatedEvent[];
  readonly placement: Placement;
  readonly credits: readonly Grant[];
  /** Percent of the net. */
  readonly taxRate: Decimal | null;
}

/**
 * The invoice a customer would get: a fresh actor lives through the period with the events given, by the same
 * steps as a real one, and nothing is stored. Several
 * periods of the plan are settled together. Without a start, a window shorter than the plan's interval is
 * billed for its part.
 *
 * Throws VAL_001 for an event outside the period, one whose metered value is unusable, a window of too many periods.
 */
export function simulateInvoice(simulation: Simulation): Invoice {
  const { catalog, settings, period, customer } = simulation;
  const ctx = { now: period.start, catalog, settings };
  const state = newCustomerState(simulation.companyId, customer.id ?? "");
  for (const fact of opening(simulation, ctx)) evolve(state, fact, catalog);
  state.grants = [...simulation.credits];
  const subscription = state.subscriptions[0];
  assert(subscription !== undefined, "a simulation has its subscription");
  const own = ownPeriods(subscription, period);
  if (own === 0) throw invalid("period_end", "must lie after the subscription's start");
  if (own > periodsMax)
    throw invalid("period_end", `lies beyond ${periodsMax} billing intervals of the plan`);
  if (simulation.placement.start === null || !endsPeriod(subscription, period.end))
    evolve(state, endWith(subscription, period.end, ctx), catalog);
  for (const fact of windowPeriods(state, subscription, period, ctx)) evolve(state, fact, catalog);
  recordAll(simulation, state, subscription, ctx);
  const draft = simulatedDraft(subscription, period);
  const { invoice } = assembleInvoice(state, subscription, draft, period.end, simulation.taxRate);
  return { ...invoice, customer_id: customer.id, subscription_id: null };
}

function recordAll(
  { plan, events, period }: Simulation,
  state: CustomerState,
  subscription: SubscriptionState,
  ctx: DecisionContext,
): void {
  const known = new Set(plan.prices.map((price) => price.metricId));
  for (const [index, event] of events.entries()) {
    const field = `simulated_events[${index}]`;
    if (!contains(period, event.at)) throw invalid(`${field}.timestamp`, "lies outside the simulated period");
    const metered = ctx.catalog.metricsOfType(event.eventType).some((metric) => known.has(metric.id));
    if (!metered) continue; // usage the plan does not price is free, as it is live
    const { outcome } = step(
      state,
      {
        type: "record_usage",
        eventId: String(index),
        source: "",
        eventType: event.eventType,
        subscriptionRef: subscription.id,
        occurredAt: event.at,
        properties: event.properties,
        times: event.times,
      },
      ctx,
    );
    if (outcome.kind === "facts") continue;
    const outside = outcome.kind === "orphaned" && outcome.reason !== "value_error";
    if (outside) throw invalid(`${field}.timestamp`, "lies outside the simulated subscription");
    throw invalid(field, "has no usable value for its metric");
  }
}

/** The facts that place the subscription. */
function opening(simulation: Simulation, ctx: DecisionContext): Fact[] {
  const { plan, period, customer, placement } = simulation;
  const at = Math.min(placement.start ?? period.start, period.start);
  const subscription_id = derivedId("sub", at, plan.id, String(plan.version));
  const profile = {
    id: customer.id ?? "",
    name: "",
    currency: customer.currency,
    timezone: customer.timezone,
    created_at: formatInstant(at),
    updated_at: formatInstant(at),
  };
  // A plan's own trial needs to know when the subscription began.
  const trialEnd = placement.start === null ? null : placement.trialEnd;
  const started = startedFact(
    customer,
    {
      type: "start_subscription",
      id: subscription_id,
      externalId: null,
      planId: plan.id,
      start: placement.start ?? period.start,
      anchor: placement.anchor,
      metadata: {},
      ...(placement.quantity === null ? {} : { quantity: placement.quantity }),
      ...(trialEnd === undefined ? {} : { trialEnd }),
      overrides: placement.overrides,
      coupons: placement.coupons,
    },
    { ...ctx, now: at },
  );
  return [
    { type: "customer_created", at, customer: profile },
    started,
    { type: "subscription_activated", at, subscription_id },
  ];
}

function endWith(subscription: SubscriptionState, at: Instant, ctx: DecisionContext): Fact {
  return { type: "subscription_canceled", at: ctx.now, subscription_id: subscription.id, ends_at: at };
}
