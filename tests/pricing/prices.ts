import { formatDecimal } from "../../src/money/decimal.ts";
import { compilePrice, type Price, type PriceInput } from "../../src/pricing/price.ts";
import type { Charge } from "../../src/pricing/rate.ts";

/** The parameters of a metered price, made whole. */
export function priceOf(parameters: Record<string, unknown>): Price {
  const metered = parameters.model === "flat" ? {} : { metric_id: "met_calls" };
  return compilePrice("price_1", 1, { currency: "USD", ...metered, ...parameters } as PriceInput);
}

/** A charge in plain text: amount, unit amount, then quantity × unit amount + flat amount = amount of each tier. */
export function shown(charge: Charge): { amount: string; unit: string | null; tiers: string[] } {
  return {
    amount: formatDecimal(charge.amount),
    unit: charge.unitAmount === null ? null : formatDecimal(charge.unitAmount),
    tiers: charge.tiers.map((tier) => {
      const flat = tier.flatAmount === undefined ? "" : ` + ${formatDecimal(tier.flatAmount)}`;
      const unit = tier.unitAmount === null ? "-" : formatDecimal(tier.unitAmount);
      return `${formatDecimal(tier.quantity)} × ${unit}${flat} = ${formatDecimal(tier.amount)}`;
    }),
  };
}
