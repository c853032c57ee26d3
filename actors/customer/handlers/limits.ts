import { BillingError, invalid } from "../../../src/errors.ts";
import { isCurrency } from "../../../src/money/currency.ts";
import { formatDecimal } from "../../../src/money/decimal.ts";
import { exceeds } from "../../../src/spend/spend_limit.ts";
import { accept, type DecisionContext, type Outcome, refuse } from "../../actor.ts";
import type { SetLimit } from "../commands.ts";
import { limitDocument } from "../documents.ts";
import type { Fact, LimitSet } from "../facts.ts";
import { spendIn } from "../spend.ts";
import { type CustomerState, findSubscription, type LimitState } from "../state.ts";
import { noCustomer } from "./subscriptions.ts";

const DEFAULT_THRESHOLDS = [50, 80, 95];

/**
 * Creates a spend limit or replaces its terms. Raising it above the present spend resumes what it suspended;
 * lowering it below suspends at once.
 *
 * Refuses RES_001 for an unknown customer, subscription or limit, VAL_001 for an unknown currency.
 */
export function setLimit(state: CustomerState, command: SetLimit, ctx: DecisionContext): Outcome {
  if (state.profile === null) return refuse(noCustomer());
  const known = state.limits.find((l) => l.id === command.id);
  if (!command.create && known === undefined)
    return refuse(new BillingError("RES_001", "No such spend limit"));
  const scope = scopeOf(state, command, known);
  if (scope === undefined)
    return refuse(new BillingError("RES_001", "No such subscription", { field: "subscription_id" }));
  const fact = limitSet(state, command, known, scope, ctx);
  if (!isCurrency(fact.currency)) return refuse(invalid("currency", "is not an ISO 4217 currency"));
  const facts: Fact[] = [fact];
  if (
    known?.exceeded &&
    command.monthlyLimit !== undefined &&
    !exceeds(spendIn(state, known), command.monthlyLimit)
  ) {
    facts.push({ type: "limit_cleared", at: ctx.now, limit_id: known.id });
  }
  return accept(facts, (after) => limitById(after, command.id));
}

/** Removes a limit; what it suspended resumes. */
export function removeLimit(state: CustomerState, limitId: string, ctx: DecisionContext): Outcome {
  const limit = state.limits.find((l) => l.id === limitId);
  if (limit === undefined) return refuse(new BillingError("RES_001", "No such spend limit"));
  const document = limitDocument(state, limit);
  return accept([{ type: "limit_removed", at: ctx.now, limit_id: limitId }], () => document);
}

function scopeOf(
  state: CustomerState,
  command: SetLimit,
  known: LimitState | undefined,
): string | null | undefined {
  if (known !== undefined) return known.subscriptionId;
  if (command.subscriptionRef === null) return null;
  return findSubscription(state, command.subscriptionRef)?.id;
}

function limitSet(
  state: CustomerState,
  command: SetLimit,
  known: LimitState | undefined,
  subscriptionId: string | null,
  ctx: DecisionContext,
): LimitSet {
  const subscription = state.subscriptions.find((s) => s.id === subscriptionId);
  const terms = known?.terms;
  const monthlyLimit = command.monthlyLimit ?? terms?.monthlyLimit;
  return {
    type: "limit_set",
    at: ctx.now,
    limit_id: command.id,
    subscription_id: subscriptionId,
    monthly_limit: monthlyLimit === undefined ? "0" : formatDecimal(monthlyLimit),
    currency:
      command.currency ?? terms?.currency ?? subscription?.currency ?? state.profile?.currency ?? "USD",
    alert_thresholds: [...(command.thresholds ?? terms?.thresholds ?? DEFAULT_THRESHOLDS)].sort(
      (a, b) => a - b,
    ),
    action_on_exceed: command.action ?? terms?.action ?? "notify",
    ingest_on_suspend: command.onSuspend ?? terms?.onSuspend ?? "accept",
  };
}

function limitById(state: CustomerState, id: string): unknown {
  const limit = state.limits.find((l) => l.id === id);
  return limit === undefined ? null : limitDocument(state, limit);
}
