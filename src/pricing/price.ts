import { checkFilters, type Filter } from "../filter.ts";
import type { Decimal } from "../money/decimal.ts";
import { plainDecimals } from "../money/decimal_schema.ts";
import type { Interval } from "../time/calendar.ts";
import { optionalAmount } from "./amount.ts";
import { type UnitRules, unitTransformOf } from "./billed_units.ts";
import { checkGoesTogether } from "./goes_together.ts";
import { storedCells } from "./matrix.ts";
import { type PriceInput, priceVariants } from "./price_input.ts";
import { type PriceTerms, termsOf } from "./terms.ts";

export { PriceInput, priceVariants } from "./price_input.ts";

/** The wire form of a price that is stored and answered: defaults filled in, amounts as plain decimal text. */
export type StoredPrice = PriceInput;

/** What a period is cut into, by the clocks of the subscription's zone; weeks start on Monday. */
export type Window = "hour" | "day" | "week";

/** One immutable version of a price, ready to rate with. */
export interface Price extends UnitRules {
  readonly id: string;
  readonly version: number;
  readonly key: string | null;
  readonly productId: string | null;
  /** Null for a recurring price. */
  readonly metricId: string | null;
  readonly currency: string;
  readonly interval: Interval;
  readonly intervalCount: number;
  readonly timing: "arrears" | "advance";
  /** The least and the most of a whole period; applied to it, never by `rate`. */
  readonly minimumAmount: Decimal | null;
  readonly maximumAmount: Decimal | null;
  /** Null: the whole period is priced as one. */
  readonly window: Window | null;
  /** Which of the metric's events it prices: those all of them hold for. */
  readonly filters: readonly Filter[];
  readonly terms: PriceTerms;
  readonly input: StoredPrice;
}

/**
 * Reads a price whose input fits the schema, from a client or from the store.
 *
 * Throws VAL_001 for an unknown currency, parameters that contradict each other such as tiers that do not ascend to
 * an open end, and fields that mean nothing to its model. `at` is put before the field, such as `prices[1].`.
 */
export function compilePrice(id: string, version: number, input: PriceInput, at = ""): Price {
  checkGoesTogether(input, at);
  const terms = termsOf(input, at);
  const filters = input.filters === undefined ? [] : checkFilters(input.filters, at);
  const { interval = "month", interval_count = 1, timing = "arrears" } = input;
  return {
    id,
    version,
    key: input.key ?? null,
    productId: input.product_id ?? null,
    metricId: input.metric_id ?? null,
    currency: input.currency,
    interval,
    intervalCount: interval_count,
    timing,
    minimumAmount: optionalAmount(input.minimum_amount),
    maximumAmount: optionalAmount(input.maximum_amount),
    includedUnits: optionalAmount(input.included_units),
    unitTransform: input.unit_transform === undefined ? null : unitTransformOf(input.unit_transform),
    window: input.window ?? null,
    filters,
    terms,
    input: {
      ...(plainDecimals(priceVariants[input.model], input) as StoredPrice),
      // Texts that look like numbers stay as they are where they are compared, not reckoned with.
      ...(input.filters === undefined ? {} : { filters }),
      ...(input.model === "matrix" ? { cells: storedCells(input.cells) } : {}),
      interval,
      interval_count,
      timing,
      flat_at_zero: input.flat_at_zero ?? false,
    } as StoredPrice,
  };
}
