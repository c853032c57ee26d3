import type { Invoice } from "../../src/invoicing/invoice.ts";
import type { Decimal } from "../../src/money/decimal.ts";
import type { LimitAction } from "../../src/spend/spend_limit.ts";
import type { PriceOverride } from "../../src/subscriptions/price_override.ts";
import type { Proration } from "../../src/subscriptions/proration.ts";
import type { Anchor, Interval } from "../../src/time/calendar.ts";
import type { Instant } from "../../src/time/instant.ts";
import type { ContractFact } from "./contracts/contract_facts.ts";
import type { CreditFact } from "./credits/credit_facts.ts";
import type { PlanChangeFact } from "./plan_change_facts.ts";
import type { CustomerProfile } from "./profile.ts";
import type { Measurement } from "./proof.ts";
import type { RebuiltGroup } from "./rebuild.ts";
import type { ReservationFact } from "./reservations/reservation_facts.ts";
import type { PendingLine, PeriodRef } from "./subscription_state.ts";
import type { Touch } from "./touch.ts";

/**
 * What can have happened to a customer. Facts are stored as JSON for ever and replayed: a shape is only
 * ever added to. `at` is the actor's now when it was decided.
 */
export type Fact =
  | { type: "customer_created"; at: Instant; customer: CustomerProfile }
  | { type: "customer_updated"; at: Instant; customer: CustomerProfile }
  | SubscriptionStarted
  | { type: "subscription_activated"; at: Instant; subscription_id: string }
  | {
      type: "subscription_canceled";
      at: Instant;
      subscription_id: string;
      ends_at: Instant;
      /** Absent in the first facts of this kind: by the second. */
      proration?: Proration;
    }
  | { type: "subscription_ended"; at: Instant; subscription_id: string }
  | PlanChangeFact
  | PeriodOpened
  | InvoiceDrafted
  | PeriodClosed
  | InvoiceIssued
  | InvoiceHeld
  | { type: "line_pending"; at: Instant; subscription_id: string; line: PendingLine }
  | UsageAdjusted
  | UsageVoided
  | CreditFact
  | ContractFact
  | ReservationFact
  | LimitSet
  | { type: "limit_removed"; at: Instant; limit_id: string }
  | { type: "limit_window_opened"; at: Instant; limit_id: string; start: Instant; end: Instant }
  | AlertFired
  | { type: "limit_exceeded"; at: Instant; limit_id: string; spend: string }
  | { type: "limit_cleared"; at: Instant; limit_id: string }
  | UsageRecorded;

export interface SubscriptionStarted {
  type: "subscription_started";
  at: Instant;
  subscription_id: string;
  external_id: string | null;
  plan_id: string;
  plan_version: number;
  start: Instant;
  anchor: Anchor;
  interval: Interval;
  interval_count: number;
  timezone: string;
  metadata: Record<string, unknown>;
  /** These are absent in the first facts of this kind. */
  currency?: string;
  quantity?: string;
  trial_end?: Instant | null;
  overrides?: PriceOverride[];
  coupons?: { id: string; version: number }[];
}

/** `phase`, `track` and `contract_prices` are absent in the first facts of this kind: 0, 0 and none. */
export interface PeriodOpened {
  type: "period_opened";
  at: Instant;
  subscription_id: string;
  phase?: number;
  track?: number;
  k: number;
  metric_versions: number[];
  contract_prices?: PriceOverride[];
}

/** A draft is made of everything that ends at an instant and what is billed in advance from then on. */
export interface InvoiceDrafted {
  type: "invoice_drafted";
  at: Instant;
  subscription_id: string;
  invoice_id: string;
  settles_at: Instant;
  issue_at: Instant;
  closes: (PeriodRef & { recurringOnly: boolean })[];
  /** Open periods whose recurring charges in advance are brought up to date. */
  advances: PeriodRef[];
}

/** What late usage and voids change of an issued invoice; the lines wait for the next one. */
export interface UsageAdjusted {
  type: "usage_adjusted";
  at: Instant;
  subscription_id: string;
  invoice_id: string;
  /** Each with the line of the original invoice it is about. */
  lines: (PendingLine & { of: string })[];
}

/** An event that no longer counts, as if it had never been sent. */
export interface UsageVoided {
  type: "usage_voided";
  at: Instant;
  subscription_id: string;
  event_id: string;
  source: string;
  /** The number of the fact that recorded it. */
  usage_seq: number;
  occurred_at: Instant;
  /** What its meters are without it, as decided. Never stored: a snapshot is taken with the fact. */
  rebuilt?: readonly RebuiltGroup[];
}

/** How a draft was made before there were phases and tracks; only replayed. */
export interface PeriodClosed {
  type: "period_closed";
  at: Instant;
  subscription_id: string;
  k: number;
  invoice_id: string;
  issue_at: Instant;
}

export interface InvoiceIssued {
  type: "invoice_issued";
  at: Instant;
  subscription_id: string;
  /** Of the first facts of this kind only: the period it settled. */
  k?: number;
  /** The instant it settles up to; in the first facts of this kind, the invoice's period_end. */
  settles_at?: Instant;
  invoice: Invoice;
}

/** A draft that was due is not issued: its usage differs from the stored events. */
export interface InvoiceHeld {
  type: "invoice_held";
  at: Instant;
  subscription_id: string;
  invoice_id: string;
  lines: { line_item_id: string; actor: Measurement; events: Measurement | null }[];
}

/** A limit as created or changed; `id` stays, the terms are replaced whole. */
export interface LimitSet {
  type: "limit_set";
  at: Instant;
  limit_id: string;
  subscription_id: string | null;
  monthly_limit: string;
  currency: string;
  alert_thresholds: number[];
  action_on_exceed: LimitAction;
  ingest_on_suspend: "accept" | "reject";
}

export interface AlertFired {
  type: "alert_fired";
  at: Instant;
  alert_id: string;
  limit_id: string;
  threshold: number;
  window_start: Instant;
  window_end: Instant;
  spend: string;
}

/** One applied usage event; stored as a row of usage_events, not among the other facts. */
export interface UsageRecorded {
  type: "usage_recorded";
  at: Instant;
  event_id: string;
  source: string;
  event_type: string;
  subscription_id: string;
  occurred_at: Instant;
  properties: Readonly<Record<string, unknown>>;
  /** How many equal events this stands for: one, except in a simulation. */
  times: Decimal;
  /**
   * Signed change of the cumulative charge, plain decimal; a quotient that does not end is rounded to 12 places.
   * It informs: what is billed is worked out from the meters.
   */
  charge: string;
  currency: string;
  while_suspended: boolean;
  /** What it changes, as decided; worked out again on replay. Never stored. */
  touches?: readonly Touch[];
}
