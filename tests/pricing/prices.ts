import { add, type Decimal, decimal, mul, ZERO } from "../../src/money/decimal.ts";
import { type Exact, formatExact } from "../../src/money/ratio.ts";
import { compilePrice, type Price, type PriceInput } from "../../src/pricing/price.ts";
import { type Charge, rate } from "../../src/pricing/rate.ts";
import { newTally, tallyWith } from "../../src/pricing/tally.ts";

/** The parameters of a price, made whole; all but a flat one are metered. */
export function priceOf(parameters: Record<string, unknown>): Price {
  const metered = parameters.model === "flat" ? {} : { metric_id: "met_calls" };
  return compilePrice("price_1", 1, { currency: "USD", ...metered, ...parameters } as PriceInput);
}

/** What a quantity costs. */
export function charged(price: Price, quantity: Exact | string): Charge {
  return rate(price, { quantity: typeof quantity === "string" ? decimal(quantity) : quantity });
}

/** An event of a price that looks at single ones: its time, amount, and how many equal ones it stands for. */
export type Priced = readonly [at: number, amount: string, times?: string];

/** What events cost a price that looks at single ones, taken in in the order given. */
export function chargedEvents(price: Price, events: readonly Priced[]): Charge {
  let tally = newTally(price.terms);
  let quantity: Decimal = ZERO;
  for (const [at, amount, times = "1"] of events) {
    const event = { at, amount: decimal(amount), times: decimal(times) };
    tally = tallyWith(price.terms, tally, event);
    quantity = add(quantity, mul(event.amount, event.times));
  }
  return rate(price, { quantity, tally });
}

/** A charge in plain text: amount, unit amount, then quantity × unit amount + flat amount = amount of each tier. */
export function shown(charge: Charge): { amount: string; unit: string | null; tiers: string[] } {
  return {
    amount: formatExact(charge.amount),
    unit: charge.unitAmount === null ? null : formatExact(charge.unitAmount),
    tiers: charge.tiers.map((tier) => {
      const flat = tier.flatAmount === undefined ? "" : ` + ${formatExact(tier.flatAmount)}`;
      const unit = tier.unitAmount === null ? "-" : formatExact(tier.unitAmount);
      return `${formatExact(tier.quantity)} × ${unit}${flat} = ${formatExact(tier.amount)}`;
    }),
  };
}

/** The cells of a charge: match, quantity × unit amount = amount. */
export function shownCells(charge: Charge): string[] {
  return charge.cells.map(({ match, quantity, unitAmount, amount }) => {
    const name = match === null ? "default" : Object.values(match).join(" ");
    return `${name}: ${formatExact(quantity)} × ${formatExact(unitAmount)} = ${formatExact(amount)}`;
  });
}
