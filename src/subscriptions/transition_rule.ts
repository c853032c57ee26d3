import type { PlanVersion } from "../catalog/plan.ts";
import type { TransitionTerms } from "../catalog/transition.ts";
import { type Decimal, decimal, fromInteger, mul } from "../money/decimal.ts";
import { addRatio, compareRatio, type Ratio, ratio, ZERO_RATIO } from "../money/ratio.ts";
import { recurringAmount } from "../pricing/rate.ts";
import type { Proration } from "./proration.ts";

/** What becomes of time that was paid in advance and is not used: credit, a negative line, or nothing. */
export type Unused = "credit" | "invoice_line" | "none";

/** What a change of plan means, every field decided; API.md §3, Plan transition. */
export interface TransitionRule {
  readonly allowed: boolean;
  readonly timing: "immediate" | "period_end";
  readonly proration: Proration;
  readonly unused: Unused;
  readonly usage: "bill_now" | "carry_over";
}

/**
 * The rule for going from one plan to another: what the caller asks for, else the company's rule for the pair, else
 * the defaults: upgrades at once with proration by the second, downgrades at the period's end.
 */
export function transitionRule(
  from: PlanVersion,
  to: PlanVersion,
  seats: string,
  rule: TransitionTerms | null,
  asked: Partial<TransitionRule>,
): TransitionRule {
  const timing = isDowngrade(from, to, seats) ? "period_end" : "immediate";
  const defaults = {
    allowed: true,
    timing,
    proration: "second",
    unused: "credit",
    usage: "bill_now",
  } as const;
  return { ...defaults, ...defined(rule ?? {}), ...defined(asked) };
}

/** True where what recurs costs less a year on the new plan; plans of two currencies do not compare. */
function isDowngrade(from: PlanVersion, to: PlanVersion, seats: string): boolean {
  if (from.currency !== to.currency) return false;
  return compareRatio(annualAmount(to, decimal(seats)), annualAmount(from, decimal(seats))) < 0;
}

const perYear = { day: 365, week: 52, month: 12, year: 1 } as const;

function annualAmount(plan: PlanVersion, seats: Decimal): Ratio {
  let sum = ZERO_RATIO;
  for (const price of plan.prices) {
    if (price.metricId !== null || price.currency !== plan.currency) continue;
    const amount = mul(recurringAmount(price, seats), fromInteger(perYear[price.interval]));
    sum = addRatio(sum, ratio(amount, fromInteger(price.intervalCount)));
  }
  return sum;
}

function defined<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
