import type { Grant, Rollover } from "../../../src/credits/grant.ts";
import { derivedId } from "../../../src/ids.ts";
import { compare, type Decimal, formatDecimal, isZero, min, sub, ZERO } from "../../../src/money/decimal.ts";
import { endOfRepeat } from "../../../src/time/calendar.ts";
import type { Instant } from "../../../src/time/instant.ts";
import { type CustomerState, zoneOf } from "../state.ts";
import { type CreditFact, grantedFact } from "./credit_facts.ts";

/** When the next grant with something left expires; null where none does. */
export function nextExpiry({ grants }: { readonly grants: readonly Grant[] }): Instant | null {
  let next: Instant | null = null;
  for (const { expiresAt, remaining } of grants) {
    if (expiresAt === null || isZero(remaining)) continue;
    if (next === null || expiresAt < next) next = expiresAt;
  }
  return next;
}

/** The next thing time does to credit: a grant takes effect or expires; null where nothing will. */
export function nextCreditDue(state: { readonly grants: readonly Grant[] }): Instant | null {
  let next = nextExpiry(state);
  for (const grant of state.grants) {
    if (isWaiting(grant) && (next === null || grant.effectiveAt < next)) next = grant.effectiveAt;
  }
  return next;
}

/** What is due of it. */
export function creditDueFacts(state: CustomerState, now: Instant): CreditFact[] {
  const at = nextCreditDue(state);
  if (at === null || at > now) return [];
  const begun = state.grants.filter((grant) => isWaiting(grant) && grant.effectiveAt === at);
  if (begun.length === 0) return expireFacts(state, now);
  return begun.map(({ id }) => ({ type: "credit_activated", at: now, grant_id: id }));
}

function isWaiting({ isScheduled, remaining }: Grant): boolean {
  return isScheduled === true && !isZero(remaining);
}

/**
 * What expires first, where that is due: the rest of a grant is gone, or goes on in a new one as far as its rollover
 * allows. What expires later has its own turn, so that a late wake does things in their order.
 */
function expireFacts(state: CustomerState, now: Instant): CreditFact[] {
  const at = nextExpiry(state);
  if (at === null || at > now) return [];
  return state.grants
    .filter((grant) => grant.expiresAt === at && !isZero(grant.remaining))
    .flatMap((grant) => expired(grant, at, now, zoneOf(state)));
}

function expired(grant: Grant, expiresAt: Instant, now: Instant, timezone: string): CreditFact[] {
  const { rollover, remaining } = grant;
  const goesOn =
    rollover === null || rollover.times === 0 ? ZERO : min(rollover.maxAmount ?? remaining, remaining);
  const facts: CreditFact[] = [];
  if (rollover !== null && !isZero(goesOn))
    facts.push(...rolledOver(grant, rollover, goesOn, expiresAt, now, timezone));
  const gone = sub(remaining, goesOn);
  if (compare(gone, ZERO) > 0)
    facts.push({ type: "credit_expired", at: now, grant_id: grant.id, amount: formatDecimal(gone) });
  return facts;
}

function rolledOver(
  grant: Grant,
  { maxAmount, times }: Rollover,
  amount: Decimal,
  from: Instant,
  now: Instant,
  timezone: string,
): CreditFact[] {
  const id = derivedId("grant", from, grant.id, "rollover");
  const next: Grant = {
    ...grant,
    id,
    amount,
    remaining: amount,
    effectiveAt: from,
    // As long again as it was good for.
    expiresAt: endOfRepeat({ start: grant.effectiveAt, end: from }, timezone),
    createdAt: now,
    rollover: { maxAmount, times: times === null ? null : times - 1 },
  };
  const text = formatDecimal(amount);
  return [
    { type: "credit_rolled_over", at: now, grant_id: grant.id, amount: text, into: id },
    grantedFact(next, now),
  ];
}
