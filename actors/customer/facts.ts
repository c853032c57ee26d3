import type { Invoice } from "../../src/invoicing/invoice.ts";
import type { Decimal } from "../../src/money/decimal.ts";
import type { LimitAction } from "../../src/spend/spend_limit.ts";
import type { Anchor, Interval } from "../../src/time/calendar.ts";
import type { Instant } from "../../src/time/instant.ts";
import type { CustomerProfile } from "./profile.ts";
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
  | { type: "subscription_canceled"; at: Instant; subscription_id: string; ends_at: Instant }
  | { type: "subscription_ended"; at: Instant; subscription_id: string }
  | { type: "period_opened"; at: Instant; subscription_id: string; k: number; metric_versions: number[] }
  | {
      type: "period_closed";
      at: Instant;
      subscription_id: string;
      k: number;
      invoice_id: string;
      issue_at: Instant;
    }
  | { type: "invoice_issued"; at: Instant; subscription_id: string; k: number; invoice: Invoice }
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
  /** Signed change of the exact cumulative charge. */
  charge: Decimal;
  currency: string;
  while_suspended: boolean;
  /** What it changes, as decided; worked out again on replay. Never stored. */
  touches?: readonly Touch[];
}
