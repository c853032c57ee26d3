import { assertNever, BillingError } from "../../src/errors.ts";
import { accept, type DecisionContext, type Outcome, refuse } from "../actor.ts";
import type { Command } from "./commands.ts";
import { createCustomer, updateCustomer } from "./handlers/customers.ts";
import { removeLimit, setLimit } from "./handlers/limits.ts";
import { recordUsage } from "./handlers/record_usage.ts";
import { cancelSubscription, startSubscription } from "./handlers/subscriptions.ts";
import { wake } from "./handlers/wake.ts";
import { issueFact } from "./issue.ts";
import type { CustomerState } from "./state.ts";

/** From command to handler. Pure: the state is only read, time comes with the context. */
export function decide(state: CustomerState, command: Command, ctx: DecisionContext): Outcome {
  switch (command.type) {
    case "record_usage":
      return recordUsage(state, command, ctx);
    case "create_customer":
      return createCustomer(state, command, ctx);
    case "update_customer":
      return updateCustomer(state, command, ctx);
    case "start_subscription":
      return startSubscription(state, command, ctx);
    case "cancel_subscription":
      return cancelSubscription(state, command, ctx);
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

/** Issues a draft before its grace is over. Refuses RES_002 when this customer has no such draft. */
function issueInvoice(state: CustomerState, invoiceId: string, ctx: DecisionContext): Outcome {
  for (const subscription of state.subscriptions) {
    const period = subscription.periods.find((p) => p.draft?.invoiceId === invoiceId);
    if (period === undefined) continue;
    const fact = issueFact(state, subscription, period, ctx);
    return accept([fact], () => fact.invoice);
  }
  return refuse(new BillingError("RES_002", "Only a draft can be issued"));
}
