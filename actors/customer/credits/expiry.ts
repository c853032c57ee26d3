import type { Grant } from "../../../src/credits/grant.ts";
import { derivedId } from "../../../src/ids.ts";
import { compare, type Decimal, formatDecimal, min, sub, ZERO } from "../../../src/money/decimal.ts";
import type { Instant } from "../../../src/time/instant.ts";
import { type CreditFact, grantedFact } from "./credit_facts.ts";

/** When the next grant with something left expires; null where none does. */
export function nextExpiry({ grants }: { readonly grants: readonly Grant[] }): Instant | null {
  let next: Instant | null = null;
  for (const { expiresAt, remaining } of grants) {
    if (expiresAt === null || compare(remaining, ZERO) <= 0) continue;
    if (next === null || expiresAt < next) next = expiresAt;
  }
  return next;
}

/** What expires by now: the rest of a grant is gone, or goes on in a new grant as far as its rollover allows. */
export function expireFacts({ grants }: { readonly grants: readonly Grant[] }, now: Instant): CreditFact[] {
  return grants.flatMap((grant) =>
    grant.expiresAt !== null && grant.expiresAt <= now && compare(grant.remaining, ZERO) > 0
      ? expired(grant, grant.expiresAt, now)
      : [],
  );
}

function expired(grant: Grant, expiresAt: Instant, now: Instant): CreditFact[] {
  const { rollover, remaining } = grant;
  const goesOn =
    rollover === null || rollover.times === 0 ? ZERO : min(rollover.maxAmount ?? remaining, remaining);
  const facts: CreditFact[] = [];
  if (compare(goesOn, ZERO) > 0) facts.push(...rolledOver(grant, goesOn, expiresAt, now));
  const gone = sub(remaining, goesOn);
  if (compare(gone, ZERO) > 0)
    facts.push({ type: "credit_expired", at: now, grant_id: grant.id, amount: formatDecimal(gone) });
  return facts;
}

function rolledOver(grant: Grant, amount: Decimal, from: Instant, now: Instant): CreditFact[] {
  const { rollover } = grant;
  const id = derivedId("grant", from, grant.id, "rollover");
  const next: Grant = {
    ...grant,
    id,
    amount,
    remaining: amount,
    effectiveAt: from,
    // As long again as it was good for.
    expiresAt: from + (from - grant.effectiveAt),
    createdAt: now,
    rollover:
      rollover === null ? null : { ...rollover, times: rollover.times === null ? null : rollover.times - 1 },
  };
  return [
    {
      type: "credit_rolled_over",
      at: now,
      grant_id: grant.id,
      amount: formatDecimal(amount),
      into: id,
    },
    grantedFact(next, now),
  ];
}
