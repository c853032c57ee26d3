import { type Decimal, formatDecimal, fromInteger, mul } from "../money/decimal.ts";
import {
  compareExact,
  type Exact,
  mulExact,
  type Ratio,
  ratio,
  ratioToDecimal,
  toRatio,
} from "../money/ratio.ts";

export type LimitAction = "suspend" | "notify" | "block";

/** What a spend limit says, parsed; API.md §3, Spend limit. */
export interface LimitTerms {
  readonly monthlyLimit: Decimal;
  readonly currency: string;
  /** Percent of the limit, ascending. */
  readonly thresholds: readonly number[];
  readonly action: LimitAction;
  /** What happens to usage while suspended. */
  readonly onSuspend: "accept" | "reject";
}

const HUNDRED = fromInteger(100);

/** True when spend is beyond the limit; spend equal to the limit is still within it. */
export function exceeds(spend: Exact, limit: Decimal): boolean {
  return compareExact(spend, limit) > 0;
}

/** Thresholds reached at this spend and not yet in `fired`, ascending: a jump fires all it passes. */
export function thresholdsReached(terms: LimitTerms, spend: Exact, fired: readonly number[]): number[] {
  if (terms.thresholds.length === 0) return [];
  const scaled = mulExact(spend, HUNDRED);
  return terms.thresholds.filter(
    (threshold) =>
      !fired.includes(threshold) &&
      compareExact(scaled, mul(terms.monthlyLimit, fromInteger(threshold))) >= 0,
  );
}

/** Spend as percent of the limit with two decimals, rounded half away from zero; "100" for a limit of zero. */
export function percentOf(spend: Exact, limit: Decimal): string {
  const whole = ratio(limit);
  if (whole.num === 0n) return "100";
  const part = toRatio(spend);
  const percent: Ratio = { num: part.num * whole.den * 100n, den: part.den * whole.num };
  return formatDecimal(ratioToDecimal(percent, 2, "half_up"));
}
