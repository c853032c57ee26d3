import type { Invoice } from "../../src/invoicing/invoice.ts";
import type { DecisionContext } from "../actor.ts";
import { type Assembled, assembleInvoice } from "./assemble.ts";
import type { Fact } from "./facts.ts";
import { nextDue } from "./next_wake.ts";
import { decodeSnapshot, encodeSnapshot, SNAPSHOT_VERSION } from "./snapshot.ts";
import { type CustomerState, findSubscription } from "./state.ts";
import { step } from "./step.ts";
import { draftOf } from "./subscription_state.ts";

// Alarms of one customer between two of its invoices: limits, grants, other subscriptions.
const stepsMax = 1000;

/** A copy of a customer to try things on; the real one never notices. */
export function tryOut(state: CustomerState, ctx: DecisionContext): CustomerState {
  return decodeSnapshot(state, SNAPSHOT_VERSION, encodeSnapshot(state), ctx.catalog);
}

/** The next draft a subscription will get, as it will be if nothing more is used; null where there is none to come. */
export function upcomingInvoice(
  state: CustomerState,
  subscriptionId: string,
  ctx: DecisionContext,
): Invoice | null {
  const future = tryOut(state, ctx);
  for (let taken = 0; taken < stepsMax; taken++) {
    const due = nextDue(future);
    if (due === null) return null;
    const now = Math.max(ctx.now, due.at);
    const [drafted] = invoicesDrafted(future, subscriptionId, wakeOnce(future, { ...ctx, now }), now);
    if (drafted !== undefined) return drafted.invoice;
  }
  return null;
}

/** Does the one thing that is due. */
export function wakeOnce(state: CustomerState, ctx: DecisionContext): readonly Fact[] {
  return step(state, { type: "wake" }, ctx).facts;
}

/** The invoices of a subscription that these facts have drafted, as they stand. */
export function invoicesDrafted(
  state: CustomerState,
  subscriptionId: string,
  facts: readonly Fact[],
  now: number,
): Assembled[] {
  const subscription = findSubscription(state, subscriptionId);
  if (subscription === undefined) return [];
  return facts.flatMap((fact) => {
    if (fact.type !== "invoice_drafted" || fact.subscription_id !== subscriptionId) return [];
    const draft = draftOf(subscription, fact.invoice_id);
    return draft === undefined ? [] : [assembleInvoice(state, subscription, draft, now)];
  });
}
