import type { PlanVersion } from "../catalog/plan.ts";
import { invalid } from "../errors.ts";
import { compilePrice, type Price, type PriceInput, type StoredPrice } from "../pricing/price.ts";

/** A price of a plan as one customer has it. */
export interface PriceOverride {
  readonly price_id: string;
  readonly input: StoredPrice;
}

/** What a client asks for: a price of the plan by id or key, and the fields to have in place of its own. */
export interface OverrideRequest {
  readonly price: string;
  readonly [field: string]: unknown;
}

/**
 * The overrides a request asks for on a plan. Throws VAL_001 for a price the plan has not, for fields that would
 * change what it measures or how often it is billed, and for a price that is none with them.
 */
export function readOverrides(
  plan: PlanVersion,
  requests: readonly OverrideRequest[],
  at: string,
): PriceOverride[] {
  return requests.map(({ price: ref, ...fields }, index) => {
    const field = `${at}[${index}].`;
    const price = plan.prices.find((p) => p.id === ref || p.key === ref);
    if (price === undefined) throw invalid(`${field}price`, "names no price of the plan");
    for (const fixed of ["key", "product_id", "metric_id", "currency", "interval", "interval_count"]) {
      if (fields[fixed] !== undefined) throw invalid(`${field}${fixed}`, "cannot be overridden");
    }
    const merged = { ...ofModel(price, fields.model), ...fields } as PriceInput;
    return { price_id: price.id, input: compilePrice(price.id, price.version, merged, field).input };
  });
}

/** The plan with some of its prices replaced; the plan itself where there is nothing to replace. */
export function withOverrides(plan: PlanVersion, overrides: readonly PriceOverride[]): PlanVersion {
  if (overrides.length === 0) return plan;
  const prices = plan.prices.map((price): Price => {
    const own = overrides.findLast((override) => override.price_id === price.id);
    return own === undefined ? price : compilePrice(price.id, price.version, own.input);
  });
  return { ...plan, prices };
}

const common: readonly string[] = [
  "key",
  "product_id",
  "metric_id",
  "currency",
  "interval",
  "interval_count",
  "timing",
  "filters",
];

/** A change of model drops the parameters of the old one. */
function ofModel(price: Price, model: unknown): object {
  if (model === undefined || model === price.input.model) return price.input;
  return Object.fromEntries(Object.entries(price.input).filter(([name]) => common.includes(name)));
}
