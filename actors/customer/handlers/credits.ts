import { BillingError, invalid } from "../../../src/errors.ts";
import { isCurrency } from "../../../src/money/currency.ts";
import { compare, formatDecimal, isZero, sign } from "../../../src/money/decimal.ts";
import { roundMoney } from "../../../src/money/money.ts";
import { accept, type DecisionContext, type Outcome, refuse } from "../../actor.ts";
import type { CreditCommand, GivenGrant } from "../credits/credit_commands.ts";
import { grantedFact } from "../credits/credit_facts.ts";
import { grantDocument } from "../credits/grant_document.ts";
import type { CustomerState } from "../state.ts";
import { noCustomer } from "./subscriptions.ts";

// Each is compared for every invoice. Those with nothing left do not count.
const grantsMax = 1000;

/**
 * Gives or takes back credit. A grant is refused with VAL_001 for an unknown currency, amounts finer than it, and
 * times that make no sense; taking back one with nothing left, or giving one too many, with RES_002.
 */
export function changeCredit(state: CustomerState, command: CreditCommand, ctx: DecisionContext): Outcome {
  if (state.profile === null) return refuse(noCustomer());
  if (command.type === "void_grant") return voidGrant(state, command.grantId, ctx);
  const { grant } = command;
  const effectiveAt = grant.effectiveAt ?? ctx.now;
  const fault = amountFault(grant);
  if (fault !== null) return refuse(fault);
  if (grant.expiresAt !== null && grant.expiresAt <= Math.max(ctx.now, effectiveAt))
    return refuse(invalid("expires_at", "must lie after effective_at, and in the future"));
  if (grant.rollover !== null && grant.expiresAt === null)
    return refuse(invalid("rollover", "is for a grant that expires"));
  if (state.grants.filter((g) => !isZero(g.remaining)).length >= grantsMax)
    return refuse(new BillingError("RES_002", `The customer has ${grantsMax} grants with something left`));
  const given = { ...grant, remaining: grant.amount, createdAt: ctx.now, effectiveAt };
  return accept([grantedFact(given, ctx.now)], (after) => documentOf(after, grant.id, ctx));
}

/** Credit is money that can be billed: above zero, and no finer than its currency. */
function amountFault({ amount, currency, rollover }: GivenGrant): BillingError | null {
  if (!isCurrency(currency)) return invalid("currency", "is no active ISO 4217 currency");
  const amounts = { amount, "rollover.max_amount": rollover?.maxAmount ?? null };
  for (const [field, value] of Object.entries(amounts)) {
    if (value === null) continue;
    if (sign(value) <= 0) return invalid(field, "must be above zero");
    if (compare(roundMoney(value, currency), value) !== 0)
      return invalid(field, `has more decimals than ${currency}`);
  }
  return null;
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
