import type { Catalog } from "../src/catalog/catalog.ts";
import type { BillingError } from "../src/errors.ts";
import type { CompanySettings } from "../src/invoicing/settings.ts";
import type { Instant } from "../src/time/instant.ts";
import type { Fact } from "./customer/facts.ts";
import type { ProvenLine } from "./customer/proof.ts";
import type { CustomerState } from "./customer/state.ts";
import type { PeriodRef } from "./customer/subscription_state.ts";

/** What a decision may look at beside the actor's own state. Everything in it is immutable. */
export interface DecisionContext {
  /** Never before the actor's own now. */
  readonly now: Instant;
  readonly catalog: Catalog;
  readonly settings: CompanySettings;
  /** Periods whose usage differs from the stored events: no invoice of them is issued. Absent where none does. */
  readonly unproven?: readonly UnprovenPeriod[];
}

/** A period whose usage, measured anew from the stored events, is not what the actor kept. */
export interface UnprovenPeriod extends PeriodRef {
  readonly subscriptionId: string;
  /** The lines that differ. */
  readonly lines: readonly ProvenLine[];
}

/** What a command leads to: facts to make durable and an answer read from the state after them, or a refusal. */
export type Outcome =
  | {
      readonly kind: "facts";
      readonly facts: readonly Fact[];
      readonly reply: (state: CustomerState) => unknown;
    }
  | { readonly kind: "refused"; readonly error: BillingError }
  /** What it decides on is settled and in the store: to be looked up and attached, then decided again. */
  | {
      readonly kind: "needs";
      readonly needs: { readonly subscriptionId: string; readonly at: Instant };
    }
  /** A usage event that fits nowhere: kept, and offered again when what it lacks appears. */
  | { readonly kind: "orphaned"; readonly reason: OrphanReason };

/** Why a usage event fits nowhere; API.md §3, Orphan event. */
export type OrphanReason =
  | "no_customer"
  | "no_subscription"
  | "before_start"
  | "after_end"
  | "no_metric"
  | "value_error"
  | "period_closed"
  | "too_old";

/** Decided facts with the answer to give once they are durable. */
export function accept(
  facts: readonly Fact[],
  reply: (state: CustomerState) => unknown = () => null,
): Outcome {
  return { kind: "facts", facts, reply };
}

export function orphan(reason: OrphanReason): Outcome {
  return { kind: "orphaned", reason };
}

/** An expected refusal: nothing happens. */
export function refuse(error: BillingError): Outcome {
  return { kind: "refused", error };
}
