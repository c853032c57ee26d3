import { assertNever, BillingError } from "../../src/errors.ts";
import { accept, type DecisionContext, type Outcome, refuse } from "../actor.ts";
import type { Command } from "./commands.ts";
import { changeContract } from "./handlers/contracts.ts";
import { changeCredit } from "./handlers/credits.ts";
import { createCustomer, updateCustomer } from "./handlers/customers.ts";
import { removeLimit, setLimit } from "./handlers/limits.ts";
import { changePlan, pauseSubscription, resumeSubscription } from "./handlers/plan_changes.ts";
import { recordUsage } from "./handlers/record_usage.ts";
import { changeReservation } from "./handlers/reservations.ts";
import { cancelSubscription, startSubscription } from "./handlers/subscriptions.ts";
import { voidUsage } from "./handlers/void_usage.ts";
import { wake } from "./handlers/wake.ts";
import { issueFacts, unprovenLines } from "./issue.ts";
import type { CustomerState } from "./state.ts";
import { draftOf } from "./subscription_state.ts";

/** From command to handler. Pure: the state is only read, time comes with the context. */
export function decide(state: CustomerState, command: Command, ctx: DecisionContext): Outcome {
  switch (command.type) {
    case "record_usage":
      return recordUsage(state, command, ctx);
    case "void_usage":
      return voidUsage(state, command, ctx);
    case "create_customer":
      return createCustomer(state, command, ctx);
    case "update_customer":
      return updateCustomer(state, command, ctx);
    case "start_subscription":
      return startSubscription(state, command, ctx);
    case "cancel_subscription":
      return cancelSubscription(state, command, ctx);
    case "change_plan":
      return changePlan(state, command, ctx);
    case "pause_subscription":
      return pauseSubscription(state, command, ctx);
    case "resume_subscription":
      return resumeSubscription(state, command, ctx);
    case "grant_credit":
    case "void_grant":
      return changeCredit(state, command, ctx);
    case "create_contract":
    case "update_contract":
    case "terminate_contract":
      return changeContract(state, command, ctx);
    case "reserve_budget":
    case "commit_reservation":
    case "release_reservation":
      return changeReservation(state, command, ctx);
    case "set_limit":
      return setLimit(state, command, ctx);
    case "remove_limit":
      return removeLimit(state, command.limitId, ctx);
    case "issue_invoice":
      return issueInvoice(state, command.invoiceId, ctx);
    case "wake":
      return wake(state, ctx);
    case "read":
      return accept([], (after) => command.read(after, ctx));
    default:
      return assertNever(command);
  }
}

/**
 * Issues a draft before its grace is over, or one that was held. Refuses RES_002 when this customer has no such draft,
 * and while its usage differs from the stored events.
 */
function issueInvoice(state: CustomerState, invoiceId: string, ctx: DecisionContext): Outcome {
  for (const subscription of state.subscriptions) {
    const draft = draftOf(subscription, invoiceId);
    if (draft === undefined) continue;
    if (unprovenLines(subscription, draft, ctx).length > 0)
      return refuse(
        new BillingError("RES_002", "Its usage differs from the stored events; its proof shows where"),
      );
    const facts = issueFacts(state, subscription, draft, ctx);
    const issued = facts.find((fact) => fact.type === "invoice_issued");
    return accept(facts, () => issued?.invoice ?? null);
  }
  return refuse(new BillingError("RES_002", "Only a draft can be issued"));
}
