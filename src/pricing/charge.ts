import type { Decimal } from "../money/decimal.ts";

/** How much of a quantity fell into one tier and what it cost, exact. */
export interface TierCharge {
  readonly upTo: Decimal | null;
  readonly quantity: Decimal;
  readonly unitAmount: Decimal | null;
  /** Contained in `amount`; absent where the tier has none. */
  readonly flatAmount?: Decimal;
  readonly amount: Decimal;
}

/** What a quantity costs, exact: the line item rounds, once. */
export interface Charge {
  readonly amount: Decimal;
  /** The one rate that applied to every unit; null where there is no such rate. */
  readonly unitAmount: Decimal | null;
  /** The tiers anything fell in, ascending; none for a price without tiers. Their amounts add up to `amount`. */
  readonly tiers: readonly TierCharge[];
}

/** The tiers of a charge that has none. */
export const noTiers: readonly TierCharge[] = [];
