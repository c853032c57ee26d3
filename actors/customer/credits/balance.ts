import type { Grant } from "../../../src/credits/grant.ts";
import { isUsable } from "../../../src/credits/grant.ts";
import { add, isZero, ZERO } from "../../../src/money/decimal.ts";
import { formatMoney } from "../../../src/money/money.ts";
import { formatInstant, type Instant } from "../../../src/time/instant.ts";
import type { CustomerState } from "../state.ts";
import { nextExpiry } from "./expiry.ts";

/** What credit a customer has in each currency, its own first, then by name: what an invoice could use now, and what is to come. */
export function creditBalance(state: CustomerState, now: Instant) {
  const own = state.profile?.currency ?? "USD";
  const others = state.grants
    .filter((g) => !isZero(g.remaining) && g.currency !== own)
    .map((g) => g.currency);
  return {
    customer_id: state.customerId,
    as_of: formatInstant(now),
    balances: [own, ...[...new Set(others)].sort()].map((currency) =>
      inCurrency(state.grants, currency, now),
    ),
  };
}

function inCurrency(grants: readonly Grant[], currency: string, now: Instant) {
  const all = grants.filter((grant) => grant.currency === currency);
  const usable = all.filter((grant) => isUsable(grant, currency, now));
  const sum = (some: readonly Grant[]): string =>
    formatMoney(
      some.reduce((total, { remaining }) => add(total, remaining), ZERO),
      currency,
    );
  const expiry = nextExpiry({ grants: all });
  return {
    currency,
    available: sum(usable),
    by_kind: {
      paid: sum(usable.filter((grant) => grant.kind === "paid")),
      promotional: sum(usable.filter((grant) => grant.kind === "promotional")),
    },
    limited_to_products: sum(usable.filter((grant) => grant.productIds !== null)),
    scheduled: sum(all.filter((grant) => grant.effectiveAt > now)),
    next_expiry: expiry === null ? null : formatInstant(expiry),
  };
}
