import { BillingError, invalid } from "../../../src/errors.ts";
import { isCurrency } from "../../../src/money/currency.ts";
import { formatDecimal, isZero } from "../../../src/money/decimal.ts";
import { accept, type DecisionContext, type Outcome, refuse } from "../../actor.ts";
import type { CreditCommand } from "../credits/credit_commands.ts";
import { grantedFact } from "../credits/credit_facts.ts";
import { grantDocument } from "../credits/grant_document.ts";
import type { CustomerState } from "../state.ts";
import { noCustomer } from "./subscriptions.ts";

/**
 * Gives or takes back credit. A grant is refused with VAL_001 for an unknown currency and times that make no sense;
 * taking back one with nothing left with RES_002.
 */
export function changeCredit(state: CustomerState, command: CreditCommand, ctx: DecisionContext): Outcome {
  if (state.profile === null) return refuse(noCustomer());
  if (command.type === "void_grant") return voidGrant(state, command.grantId, ctx);
  const { grant } = command;
  const effectiveAt = grant.effectiveAt ?? ctx.now;
  if (!isCurrency(grant.currency)) return refuse(invalid("currency", "is not an ISO 4217 currency"));
  if (grant.expiresAt !== null && grant.expiresAt <= Math.max(ctx.now, effectiveAt))
    return refuse(invalid("expires_at", "must lie after effective_at, and in the future"));
  if (grant.rollover !== null && grant.expiresAt === null)
    return refuse(invalid("rollover", "is for a grant that expires"));
  const given = { ...grant, remaining: grant.amount, createdAt: ctx.now, effectiveAt };
  return accept([grantedFact(given, ctx.now)], (after) => documentOf(after, grant.id, ctx));
}

function voidGrant(state: CustomerState, grantId: string, ctx: DecisionContext): Outcome {
  const grant = state.grants.find((g) => g.id === grantId);
  if (grant === undefined || isZero(grant.remaining))
    return refuse(new BillingError("RES_002", "Nothing is left of the grant", { field: "id" }));
  const amount = formatDecimal(grant.remaining);
  return accept([{ type: "credit_voided", at: ctx.now, grant_id: grantId, amount }], (after) =>
    documentOf(after, grantId, ctx),
  );
}

function documentOf(state: CustomerState, id: string, { now }: DecisionContext): unknown {
  const grant = state.grants.find((g) => g.id === id);
  return grant === undefined ? null : grantDocument(state.customerId, grant, now);
}
