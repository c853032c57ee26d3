import type { Decimal } from "../../src/money/decimal.ts";
import type { Instant } from "../../src/time/instant.ts";
import type { DecisionContext } from "../actor.ts";
import type { CustomerInput, CustomerPatch } from "./profile.ts";
import type { CustomerState } from "./state.ts";

/** What can be asked of a customer. Ids are made by whoever sends the command: an actor draws no randomness. */
export type Command =
  | { type: "create_customer"; customerId: string; input: CustomerInput }
  | { type: "update_customer"; patch: CustomerPatch }
  | StartSubscription
  | { type: "cancel_subscription"; ref: string; at: "now" | "period_end" | Instant }
  | SetLimit
  | { type: "remove_limit"; limitId: string }
  | { type: "issue_invoice"; invoiceId: string }
  | RecordUsage
  | { type: "wake" }
  /** Reads committed state in its turn among the commands; changes nothing. */
  | { type: "read"; read: (state: CustomerState, ctx: DecisionContext) => unknown };

export interface StartSubscription {
  type: "start_subscription";
  id: string;
  externalId: string | null;
  planId: string;
  start: Instant | null;
  anchor: "calendar" | "anniversary";
  metadata: Record<string, unknown>;
}

export interface SetLimit {
  type: "set_limit";
  /** A known id changes that limit; a new one creates it. */
  id: string;
  create: boolean;
  subscriptionRef: string | null;
  monthlyLimit?: Decimal;
  currency?: string;
  thresholds?: number[];
  action?: "suspend" | "notify" | "block";
  onSuspend?: "accept" | "reject";
}

/** One usage event in the actor's own terms; identity has been judged before. */
export interface RecordUsage {
  type: "record_usage";
  eventId: string;
  source: string;
  eventType: string;
  subscriptionRef: string | null;
  occurredAt: Instant;
  properties: Readonly<Record<string, unknown>>;
  times: Decimal;
}
