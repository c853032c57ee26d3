import type { Coupon } from "../catalog/coupon.ts";
import { currencyExponent } from "../money/currency.ts";
import { add, compare, type Decimal, fromInteger, max, min, mul, sub, ZERO } from "../money/decimal.ts";
import { allocate, roundMoney } from "../money/money.ts";
import { ratio } from "../money/ratio.ts";

/** A line a coupon may take something off; the amount is rounded. */
export interface Discountable {
  readonly amount: Decimal;
  readonly productId: string | null;
  /** True for a line that discounts have been taken off before, such as an adjustment. */
  readonly isNet?: boolean;
}

/** A coupon in use: how many invoices it has been used on, and since when it is there. */
export interface CouponInUse {
  readonly coupon: Coupon;
  readonly used: number;
  readonly appliedAt: number;
}

/** What coupons take off an invoice, as positive amounts: line by line and coupon by coupon. */
export interface Discounts {
  readonly byLine: readonly Decimal[];
  readonly byCoupon: readonly { readonly coupon: Coupon; readonly amount: Decimal }[];
}

/**
 * Discounts of an invoice before tax: percent before fixed, then oldest first, each on what the ones before left of
 * the lines of its products, negative ones included, and never more than that. Each coupon's amount is rounded once
 * and shared out over its lines by largest remainder. API.md §3, Coupon.
 */
export function discountsOn(
  lines: readonly Discountable[],
  coupons: readonly CouponInUse[],
  currency: string,
): Discounts {
  const left = lines.map((line) => line.amount);
  const byCoupon: { coupon: Coupon; amount: Decimal }[] = [];
  for (const { coupon } of coupons.filter((c) => hasUsesLeft(c, currency)).sort(inOrder)) {
    const own = lines.map((line) => isFor(coupon, line));
    const base = left.reduce((sum, amount, index) => (own[index] ? add(sum, amount) : sum), ZERO);
    const amount = amountOff(coupon, base, currency);
    if (compare(amount, ZERO) <= 0) continue;
    const weights = left.map((line, index) => (own[index] ? max(line, ZERO) : ZERO));
    const shares = allocate(amount, weights, currencyExponent(currency) ?? 0);
    for (const [index, share] of shares.entries()) left[index] = sub(left[index] ?? ZERO, share);
    byCoupon.push({ coupon, amount });
  }
  return { byLine: lines.map((line, index) => sub(line.amount, left[index] ?? ZERO)), byCoupon };
}

function amountOff(coupon: Coupon, base: Decimal, currency: string): Decimal {
  if (compare(base, ZERO) <= 0) return ZERO;
  if (coupon.percent === null) return min(roundMoney(coupon.amount ?? ZERO, currency), base);
  return roundMoney(ratio(mul(base, coupon.percent), fromInteger(100)), currency);
}

function hasUsesLeft({ coupon, used }: CouponInUse, currency: string): boolean {
  if (coupon.currency !== null && coupon.currency !== currency) return false;
  if (coupon.duration === "once") return used === 0;
  return coupon.duration === "forever" || used < (coupon.periods ?? 0);
}

function isFor(coupon: Coupon, line: Discountable): boolean {
  if (line.isNet === true) return false;
  return (
    coupon.productIds === null || (line.productId !== null && coupon.productIds.includes(line.productId))
  );
}

function inOrder(a: CouponInUse, b: CouponInUse): number {
  const fixed = Number(a.coupon.percent === null) - Number(b.coupon.percent === null);
  return fixed === 0 ? a.appliedAt - b.appliedAt : fixed;
}
