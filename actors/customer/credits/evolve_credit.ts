import type { Grant } from "../../../src/credits/grant.ts";
import { assert, assertNever } from "../../../src/errors.ts";
import { decimal, sign, sub } from "../../../src/money/decimal.ts";
import type { CreditFact, CreditGranted } from "./credit_facts.ts";

/** Applies what happens to a customer's credit. A grant with nothing left leaves memory with the next snapshot. */
export function evolveCredit(holder: { grants: Grant[] }, fact: CreditFact): void {
  switch (fact.type) {
    case "credit_granted":
      holder.grants = [...holder.grants, grantOf(fact)];
      return;
    case "credit_activated": {
      const grant = holder.grants.find((g) => g.id === fact.grant_id);
      assert(grant !== undefined, "a fact names a grant with something left");
      grant.isScheduled = false;
      return;
    }
    case "credit_applied":
    case "credit_expired":
    case "credit_voided":
    case "credit_rolled_over": {
      const grant = holder.grants.find((g) => g.id === fact.grant_id);
      assert(grant !== undefined, "a fact names a grant with something left");
      grant.remaining = sub(grant.remaining, decimal(fact.amount));
      assert(sign(grant.remaining) >= 0, "a grant is never used beyond what it has");
      if (fact.type === "credit_voided") grant.ended = "voided";
      // What goes on in another grant has come to its end in this one.
      else if (fact.type !== "credit_applied") grant.ended = "expired";
      return;
    }
    default:
      assertNever(fact);
  }
}

/** The grant a fact gives. */
export function grantOf(fact: CreditGranted): Grant {
  const { rollover } = fact;
  return {
    id: fact.grant_id,
    amount: decimal(fact.amount),
    remaining: decimal(fact.amount),
    currency: fact.currency,
    kind: fact.kind,
    priority: fact.priority,
    effectiveAt: fact.effective_at,
    expiresAt: fact.expires_at,
    productIds: fact.product_ids,
    createdAt: fact.at,
    ...(fact.effective_at > fact.at ? { isScheduled: true } : {}),
    ...(fact.name === undefined ? {} : { name: fact.name }),
    ...(fact.metadata === undefined ? {} : { metadata: fact.metadata }),
    rollover:
      rollover === null
        ? null
        : {
            maxAmount: rollover.max_amount === null ? null : decimal(rollover.max_amount),
            times: rollover.times,
          },
  };
}
