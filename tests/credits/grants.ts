import type { DueLine } from "../../src/credits/burn_down.ts";
import type { Grant } from "../../src/credits/grant.ts";
import { decimal } from "../../src/money/decimal.ts";

/** An unlimited, paid grant in dollars, in effect since 0, with some things otherwise. */
export function grant(id: string, remaining: string, more: Partial<Grant> = {}): Grant {
  return {
    id,
    amount: decimal(remaining),
    remaining: decimal(remaining),
    currency: "USD",
    kind: "paid",
    priority: 50,
    effectiveAt: 0,
    expiresAt: null,
    productIds: null,
    createdAt: 0,
    rollover: null,
    ...more,
  };
}

/** "api 30" is a line of a product, "30" one of none. */
export function due(...lines: string[]): DueLine[] {
  return lines.map((line) => {
    const [amount = "", productId = null] = line.split(" ").reverse();
    return { productId, due: decimal(amount) };
  });
}
