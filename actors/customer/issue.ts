import { formatInstant } from "../../src/time/instant.ts";
import type { DecisionContext } from "../actor.ts";
import { assembleInvoice } from "./assemble.ts";
import type { Fact } from "./facts.ts";
import type { CustomerState, PeriodState, SubscriptionState } from "./state.ts";

const DAY_MS = 86_400_000;

/** Issues a draft. The number is given by the commit, which alone can keep a company's numbers without gaps. */
export function issueFact(
  state: CustomerState,
  subscription: SubscriptionState,
  period: PeriodState,
  ctx: DecisionContext,
): Extract<Fact, { type: "invoice_issued" }> {
  const draft = assembleInvoice(state, subscription, period);
  const dueAt = ctx.now + ctx.settings.payment_terms_days * DAY_MS;
  return {
    type: "invoice_issued",
    at: ctx.now,
    subscription_id: subscription.id,
    k: period.k,
    invoice: {
      ...draft,
      // Nothing to collect: an invoice over zero is paid the moment it is issued.
      status: /^0(\.0+)?$/.test(draft.total) ? "paid" : "issued",
      issued_at: formatInstant(ctx.now),
      due_at: formatInstant(dueAt),
    },
  };
}
