import { type Decimal, ZERO } from "../money/decimal.ts";
import type { Exact } from "../money/ratio.ts";

/** How much of a quantity fell into one tier and what it cost, exact. */
export interface TierCharge {
  readonly upTo: Decimal | null;
  readonly quantity: Exact;
  /** Of `graduated_percentage` the share of every unit of the amount; null where units have no price of their own. */
  readonly unitAmount: Decimal | null;
  /** Contained in `amount`; absent where the tier has none. */
  readonly flatAmount?: Decimal;
  readonly amount: Exact;
}

/** How much of a matrix price's usage fell into one cell and what it cost, exact. */
export interface CellCharge {
  /** The canonical texts of the dimensions; null for what no cell matches. */
  readonly match: Readonly<Record<string, string>> | null;
  /** Billed units: transformed, and without those that are included. */
  readonly quantity: Exact;
  readonly unitAmount: Decimal;
  readonly amount: Exact;
}

/** What usage costs, exact: the line item rounds, once. */
export interface Charge {
  readonly amount: Exact;
  /** The one rate that applied to every unit; null where there is no such rate. */
  readonly unitAmount: Decimal | null;
  /** The tiers anything fell in, ascending; none for a price without tiers. Their amounts add up to `amount`. */
  readonly tiers: readonly TierCharge[];
  /** The cells of a matrix price that have usage, in its order. Their amounts add up to `amount`. */
  readonly cells: readonly CellCharge[];
}

const noTiers: readonly TierCharge[] = [];
const noCells: readonly CellCharge[] = [];

/** A charge that no tiers and cells explain. */
export function plainCharge(amount: Exact, unitAmount: Decimal | null): Charge {
  return { amount, unitAmount, tiers: noTiers, cells: noCells };
}

/** A charge made of what fell in tiers. */
export function tieredCharge(
  amount: Exact,
  unitAmount: Decimal | null,
  tiers: readonly TierCharge[],
): Charge {
  return { amount, unitAmount, tiers, cells: noCells };
}

/** What nothing costs. */
export const noCharge: Charge = plainCharge(ZERO, null);
