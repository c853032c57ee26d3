import type { PriceOverride } from "../../src/subscriptions/price_override.ts";
import type { TransitionRule } from "../../src/subscriptions/transition_rule.ts";
import type { Instant } from "../../src/time/instant.ts";

/** The plan a change leads to, and how it is made; pinned when it is decided. */
export interface PlanChange {
  plan_id: string;
  plan_version: number;
  overrides: PriceOverride[];
  quantity: string;
  rule: TransitionRule;
}

/** A change that waits for its instant. */
export interface ScheduledChange extends PlanChange {
  effective_at: Instant;
}

/** Facts of plans, seats, pauses and trials. `at` is when it was decided, the other instants when it takes effect. */
export type PlanChangeFact =
  | ({ type: "plan_changed"; at: Instant; subscription_id: string; keeps_anchor: boolean } & ScheduledChange)
  | ({ type: "plan_change_scheduled"; at: Instant; subscription_id: string } & ScheduledChange)
  | { type: "plan_change_unscheduled"; at: Instant; subscription_id: string }
  | {
      type: "quantity_changed";
      at: Instant;
      subscription_id: string;
      effective_at: Instant;
      quantity: string;
    }
  | {
      type: "subscription_paused";
      at: Instant;
      subscription_id: string;
      from: Instant;
      until: Instant | null;
    }
  | { type: "subscription_resumed"; at: Instant; subscription_id: string; resumed_at: Instant }
  | { type: "trial_ended"; at: Instant; subscription_id: string };
