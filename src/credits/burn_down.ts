import { add, compare, type Decimal, isZero, min, sub, ZERO } from "../money/decimal.ts";
import type { Instant } from "../time/instant.ts";
import { byBurnOrder, type Grant, isUsable } from "./grant.ts";

/** A line of an invoice with what is due of it after discounts and tax; a negative one lowers what is due. */
export interface DueLine {
  readonly productId: string | null;
  readonly due: Decimal;
}

export interface BurnDown {
  /** In the order they are used, each once and above zero. */
  readonly applied: readonly { readonly grantId: string; readonly amount: Decimal }[];
  readonly total: Decimal;
}

/** What is left to pay of one product, all its lines together, and who pays how much of it. */
interface Product {
  readonly id: string | null;
  open: Decimal;
  readonly paidBy: Map<Grant, Decimal>;
}

/** One grant takes over a part of a product from the grant of the step after it, which pays another in turn. */
interface Step {
  readonly grant: Grant;
  readonly product: Product;
}

/**
 * Uses grants up against an invoice, in their order. Each pays as much as it can, given what those before it pay:
 * never more than it has, than is due in all or, for one that is limited to products, than is due of them, their
 * negative lines counted in. Which product a grant pays is left open until the end: one that may pay several gives
 * way to one that may not, so that as much is paid as the grants together can.
 *
 *     due: api 30, seats 20; grants: 25 for all, then 30 for api  →  25 (20 of it seats) and 25: all of 50
 */
export function burnDown(
  grants: readonly Grant[],
  lines: readonly DueLine[],
  currency: string,
  now: Instant,
): BurnDown {
  const usable = grants.filter((grant) => isUsable(grant, currency, now)).sort(byBurnOrder);
  const products = byProduct(lines);
  const due = lines.reduce((sum, line) => add(sum, line.due), ZERO);
  let total = ZERO;
  const applied: { grantId: string; amount: Decimal }[] = [];
  for (const grant of usable) {
    const amount = pay(grant, min(grant.remaining, sub(due, total)), products);
    if (isZero(amount)) continue;
    applied.push({ grantId: grant.id, amount });
    total = add(total, amount);
  }
  return { applied, total };
}

function byProduct(lines: readonly DueLine[]): Product[] {
  const products = new Map<string | null, Product>();
  for (const { productId, due } of lines) {
    const known = products.get(productId);
    if (known === undefined) products.set(productId, { id: productId, open: due, paidBy: new Map() });
    else known.open = add(known.open, due);
  }
  return [...products.values()];
}

/** Pays up to `most` with a grant, and gives what it came to. */
function pay(grant: Grant, most: Decimal, products: readonly Product[]): Decimal {
  let paid = ZERO;
  for (let left = most; compare(left, ZERO) > 0; left = sub(most, paid)) {
    const way = wayFor(grant, products);
    if (way === null) break;
    const amount = least(way, left);
    for (const [index, { grant: payer, product }] of way.entries()) {
      book(product, payer, amount);
      const gaveWay = way[index + 1]?.grant;
      if (gaveWay === undefined) product.open = sub(product.open, amount);
      else book(product, gaveWay, sub(ZERO, amount));
    }
    paid = add(paid, amount);
  }
  return paid;
}

/** The shortest way from a grant to a product that is still open, over others that give way; null where there is none. */
function wayFor(grant: Grant, products: readonly Product[]): Step[] | null {
  const reached = new Set<Product>();
  const asked = new Set([grant]);
  let ways: { readonly payer: Grant; readonly steps: Step[] }[] = [{ payer: grant, steps: [] }];
  while (ways.length > 0) {
    const longer: typeof ways = [];
    for (const { payer, steps } of ways) {
      for (const product of products) {
        if (reached.has(product) || !isFor(payer, product)) continue;
        reached.add(product);
        const way = [...steps, { grant: payer, product }];
        if (compare(product.open, ZERO) > 0) return way;
        for (const [other, amount] of product.paidBy) {
          if (asked.has(other) || isZero(amount)) continue;
          asked.add(other);
          longer.push({ payer: other, steps: way });
        }
      }
    }
    ways = longer;
  }
  return null;
}

/** How much can go a way: what is open at its end, and what each that gives way pays where it does. */
function least(way: readonly Step[], most: Decimal): Decimal {
  return way.reduce((amount, { product }, index) => {
    const next = way[index + 1]?.grant;
    return min(amount, next === undefined ? product.open : (product.paidBy.get(next) ?? ZERO));
  }, most);
}

function book(product: Product, grant: Grant, amount: Decimal): void {
  product.paidBy.set(grant, add(product.paidBy.get(grant) ?? ZERO, amount));
}

function isFor(grant: Grant, { id }: Product): boolean {
  return grant.productIds === null || (id !== null && grant.productIds.includes(id));
}
