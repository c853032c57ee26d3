import type { Grant } from "../../../src/credits/grant.ts";
import { compare, ZERO } from "../../../src/money/decimal.ts";
import { formatMoney } from "../../../src/money/money.ts";
import { formatInstant, type Instant } from "../../../src/time/instant.ts";

export type GrantStatus = "scheduled" | "active" | "exhausted" | "expired" | "voided";

/** A credit grant in the shape of API.md §3, with what is left of it. */
export function grantDocument(customerId: string, grant: Grant, now: Instant) {
  const { currency, rollover, name } = grant;
  return {
    id: grant.id,
    ...(name === undefined ? {} : { name }),
    customer_id: customerId,
    amount: formatMoney(grant.amount, currency),
    remaining: formatMoney(grant.remaining, currency),
    currency,
    kind: grant.kind,
    priority: grant.priority,
    effective_at: formatInstant(grant.effectiveAt),
    expires_at: grant.expiresAt === null ? null : formatInstant(grant.expiresAt),
    product_ids: grant.productIds,
    rollover:
      rollover === null
        ? null
        : {
            max_amount: rollover.maxAmount === null ? null : formatMoney(rollover.maxAmount, currency),
            times: rollover.times,
          },
    metadata: grant.metadata ?? {},
    status: grant.ended ?? statusOf(grant, now),
    created_at: formatInstant(grant.createdAt),
    updated_at: formatInstant(now),
  };
}

function statusOf(grant: Grant, now: Instant): GrantStatus {
  if (compare(grant.remaining, ZERO) <= 0) return "exhausted";
  if (grant.expiresAt !== null && grant.expiresAt <= now) return "expired";
  return grant.effectiveAt > now ? "scheduled" : "active";
}
