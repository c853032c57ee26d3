import type { Decimal } from "../../src/money/decimal.ts";
import type { OverrideRequest } from "../../src/subscriptions/price_override.ts";
import type { Proration } from "../../src/subscriptions/proration.ts";
import type { TransitionRule } from "../../src/subscriptions/transition_rule.ts";
import type { Instant } from "../../src/time/instant.ts";
import type { DecisionContext } from "../actor.ts";
import type { ContractCommand } from "./contracts/contract_commands.ts";
import type { CreditCommand } from "./credits/credit_commands.ts";
import type { CustomerInput, CustomerPatch } from "./profile.ts";
import type { ReservationCommand } from "./reservations/reservation_commands.ts";
import type { CustomerState } from "./state.ts";
import type { Metered } from "./touch.ts";

/** What can be asked of a customer. Ids are made by whoever sends the command: an actor draws no randomness. */
export type Command =
  | { type: "create_customer"; customerId: string; input: CustomerInput }
  | { type: "update_customer"; patch: CustomerPatch }
  | StartSubscription
  | CancelSubscription
  | ChangePlan
  | { type: "pause_subscription"; ref: string; until: Instant | null }
  | { type: "resume_subscription"; ref: string }
  | CreditCommand
  | ContractCommand
  | ReservationCommand
  | SetLimit
  | { type: "remove_limit"; limitId: string }
  | { type: "issue_invoice"; invoiceId: string }
  | RecordUsage
  | VoidUsage
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
  /** Seats; 1 when left out. */
  quantity?: Decimal;
  /** Takes the place of the plan's own trial; null for none. */
  trialEnd?: Instant | null;
  overrides?: readonly OverrideRequest[];
  /** Ids or keys. */
  coupons?: readonly string[];
}

export interface CancelSubscription {
  type: "cancel_subscription";
  ref: string;
  at: "now" | "period_end" | Instant;
  /** How the part of the last period is charged; by the second when left out. */
  proration?: Proration;
}

export interface ChangePlan {
  type: "change_plan";
  ref: string;
  /** Id or key; null keeps the plan and changes seats only. */
  planId: string | null;
  quantity: Decimal | null;
  at: "now" | "period_end" | Instant | null;
  overrides: readonly OverrideRequest[];
  /** What the caller wants in place of the company's rule. */
  asked: Partial<Omit<TransitionRule, "allowed">>;
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

export interface VoidUsage {
  type: "void_usage";
  eventId: string;
  source: string;
  /** The event's identity. */
  digest: string;
  /** What the store knows of it, looked up before it is decided; null where it was never sent. */
  found?: VoidedUsage | null;
}

/** A recorded event and the others its meters are made of. */
export interface VoidedUsage {
  readonly verdict: "applied" | "refused" | "orphaned" | "voided";
  /** Null where it never counted; `order` is the number of its fact. */
  readonly usage: (Metered & { readonly subscriptionId: string }) | null;
  readonly others: readonly Metered[];
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
