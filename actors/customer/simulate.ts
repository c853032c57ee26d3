import type { Catalog } from "../../src/catalog/catalog.ts";
import type { PlanVersion } from "../../src/catalog/plan.ts";
import { assert, invalid } from "../../src/errors.ts";
import { derivedId } from "../../src/ids.ts";
import type { Invoice } from "../../src/invoicing/invoice.ts";
import type { CompanySettings } from "../../src/invoicing/settings.ts";
import type { Decimal } from "../../src/money/decimal.ts";
import { currentMetricVersions } from "../../src/subscriptions/plan_meters.ts";
import { formatInstant, type Instant } from "../../src/time/instant.ts";
import { contains, type Period } from "../../src/time/period.ts";
import { assembleInvoice } from "./assemble.ts";
import { evolve } from "./evolve.ts";
import type { Fact } from "./facts.ts";
import { newCustomerState } from "./state.ts";
import { step } from "./step.ts";

/** One line of a simulation: `times` equal events at one instant. */
export interface SimulatedEvent {
  readonly eventType: string;
  readonly at: Instant;
  readonly times: Decimal;
  readonly properties: Readonly<Record<string, unknown>>;
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
}

/**
 * The invoice a customer would get: a fresh actor lives through the period with the events given, by the same
 * steps as a real one, and nothing is stored. A window shorter than the plan's interval is billed for its part.
 *
 * Throws VAL_001 for an event outside the period, one whose metered value is unusable, a window beyond one interval.
 */
export function simulateInvoice(simulation: Simulation): Invoice {
  const { catalog, settings, plan, period, events } = simulation;
  const state = newCustomerState(simulation.companyId, simulation.customer.id ?? "");
  for (const fact of opening(simulation)) evolve(state, fact, catalog);
  const subscription = state.subscriptions[0];
  assert(subscription !== undefined, "a simulation has its subscription");
  const known = new Set(plan.prices.map((price) => price.metricId));

  const now = period.start;
  for (const [index, event] of events.entries()) {
    const field = `simulated_events[${index}]`;
    if (!contains(period, event.at)) throw invalid(`${field}.timestamp`, "lies outside the simulated period");
    const metered = catalog.metricsOfType(event.eventType).some((metric) => known.has(metric.id));
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
      { now, catalog, settings },
    );
    if (outcome.kind !== "facts") throw invalid(field, "has no usable value for its metric");
  }
  const open = subscription.periods[0];
  assert(open !== undefined, "a simulation has its period");
  if (open.end < period.end) throw invalid("period_end", "lies beyond one billing interval of the plan");
  const invoice = assembleInvoice(state, subscription, open);
  return { ...invoice, customer_id: simulation.customer.id, subscription_id: null };
}

/** The facts that place the subscription: started with the window, ended with it where it is shorter. */
function opening(simulation: Simulation): Fact[] {
  const { catalog, plan, period, customer } = simulation;
  const at = period.start;
  const subscription_id = derivedId("sub", at, plan.id, String(plan.version));
  const first = plan.prices[0];
  if (first === undefined) throw invalid("plan.prices", "must not be empty");
  const profile = {
    id: customer.id ?? "",
    name: "",
    currency: customer.currency,
    timezone: customer.timezone,
    created_at: formatInstant(at),
    updated_at: formatInstant(at),
  };
  return [
    { type: "customer_created", at, customer: profile },
    {
      type: "subscription_started",
      at,
      subscription_id,
      external_id: null,
      plan_id: plan.id,
      plan_version: plan.version,
      start: at,
      anchor: "anniversary",
      interval: first.interval,
      interval_count: first.intervalCount,
      timezone: customer.timezone,
      metadata: {},
    },
    { type: "subscription_activated", at, subscription_id },
    {
      type: "period_opened",
      at,
      subscription_id,
      k: 0,
      metric_versions: currentMetricVersions(catalog, plan),
    },
    { type: "subscription_canceled", at, subscription_id, ends_at: period.end },
  ];
}
