import type { Catalog } from "../../src/catalog/catalog.ts";
import { assertNever } from "../../src/errors.ts";
import { evolveContract } from "./contracts/evolve_contract.ts";
import { evolveCredit } from "./credits/evolve_credit.ts";
import { evolveDrafts } from "./evolve_drafts.ts";
import { evolveLimit } from "./evolve_limit.ts";
import { evolveSubscription } from "./evolve_subscription.ts";
import { evolveUsage, evolveVoided } from "./evolve_usage.ts";
import type { Fact } from "./facts.ts";
import { evolveReservation } from "./reservations/reservation_facts.ts";
import type { CustomerState } from "./state.ts";

/**
 * Applies one fact, in place: the only way a customer's state changes, live and on replay. The catalog is
 * asked for immutable versions only, so the same facts always lead to the same state.
 */
export function evolve(state: CustomerState, fact: Fact, catalog: Catalog): void {
  state.seq++;
  if (fact.at > state.now) state.now = fact.at;
  switch (fact.type) {
    case "usage_recorded":
      return evolveUsage(state, fact);
    case "usage_voided":
      return evolveVoided(state, fact);
    case "customer_created":
    case "customer_updated":
      state.profile = fact.customer;
      return;
    case "limit_set":
    case "limit_removed":
    case "limit_window_opened":
    case "alert_fired":
    case "limit_exceeded":
    case "limit_cleared":
      return evolveLimit(state, fact);
    case "credit_granted":
    case "credit_activated":
    case "credit_applied":
    case "credit_expired":
    case "credit_voided":
    case "credit_rolled_over":
      return evolveCredit(state, fact);
    case "reservation_made":
    case "reservation_ended":
      return evolveReservation(state, fact);
    case "contract_created":
    case "contract_started":
    case "contract_updated":
    case "contract_terminated":
    case "contract_renewed":
    case "contract_ended":
    case "contract_trued_up":
      return evolveContract(state, fact);
    case "period_opened":
    case "invoice_drafted":
    case "period_closed":
    case "invoice_held":
    case "invoice_issued":
    case "usage_adjusted":
    case "line_pending":
      return evolveDrafts(state, fact, catalog);
    case "subscription_started":
    case "subscription_activated":
    case "subscription_canceled":
    case "subscription_ended":
    case "subscription_paused":
    case "subscription_resumed":
    case "trial_ended":
    case "plan_changed":
    case "plan_change_scheduled":
    case "plan_change_unscheduled":
    case "quantity_changed":
      return evolveSubscription(state, fact, catalog);
    default:
      assertNever(fact);
  }
}
