import { add, compare, type Decimal, min, sub, ZERO } from "../money/decimal.ts";
import type { Instant } from "../time/instant.ts";
import { byBurnOrder, type Grant, isUsable } from "./grant.ts";

/** A line of an invoice with what is due of it after discounts and tax; a negative one lowers what is due of all. */
export interface DueLine {
  readonly productId: string | null;
  readonly due: Decimal;
}

export interface BurnDown {
  readonly applied: readonly { readonly grantId: string; readonly amount: Decimal }[];
  readonly total: Decimal;
}

/**
 * Uses grants up against an invoice, in their order, each once: never more than a grant has, than is due in all or,
 * for one that is limited to products, than is due of their lines. A grant for everything first takes lines that no
 * limited grant after it could pay, so that credit bound to a product is not left over without need.
 */
export function burnDown(
  grants: readonly Grant[],
  lines: readonly DueLine[],
  currency: string,
  now: Instant,
): BurnDown {
  const usable = grants.filter((grant) => isUsable(grant, currency, now)).sort(byBurnOrder);
  const left = lines.map((line) => line.due);
  let open = left.reduce(add, ZERO);
  let total = ZERO;
  const applied: { grantId: string; amount: Decimal }[] = [];
  for (const [index, grant] of usable.entries()) {
    let amount = ZERO;
    for (const line of inOrder(grant, usable.slice(index + 1), lines)) {
      const due = left[line] ?? ZERO;
      const share = min(min(due, sub(grant.remaining, amount)), open);
      if (compare(share, ZERO) <= 0) continue;
      left[line] = sub(due, share);
      open = sub(open, share);
      amount = add(amount, share);
    }
    if (compare(amount, ZERO) <= 0) continue;
    applied.push({ grantId: grant.id, amount });
    total = add(total, amount);
  }
  return { applied, total };
}

/** The lines a grant may pay: those no later, limited grant is for come first. */
function inOrder(grant: Grant, later: readonly Grant[], lines: readonly DueLine[]): number[] {
  const own = [...lines.keys()].filter((index) => isFor(grant, lines[index]));
  const wanted = (index: number): number =>
    Number(later.some((other) => other.productIds !== null && isFor(other, lines[index])));
  return own.sort((a, b) => wanted(a) - wanted(b) || a - b);
}

function isFor(grant: Grant, line: DueLine | undefined): boolean {
  if (line === undefined) return false;
  if (grant.productIds === null) return true;
  return line.productId !== null && grant.productIds.includes(line.productId);
}
