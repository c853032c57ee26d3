import Decimal from "decimal.js";
import type { PriceInput } from "../../src/pricing/price.ts";

/** What a quantity costs and the parts it is made of, as an invoice shows them. */
export interface DecimalJsCharge {
  readonly amount: Decimal;
  readonly parts: readonly { readonly quantity: Decimal; readonly amount: Decimal }[];
}

/** What is charged for, and how much of it fell into every cell of a matrix. */
export interface DecimalJsUsage {
  readonly quantity: Decimal;
  readonly cells: readonly Decimal[];
}

type Rater = (usage: DecimalJsUsage) => DecimalJsCharge;
interface Tier {
  readonly upTo: Decimal | null;
  readonly unit: Decimal;
  readonly flat: Decimal;
}

const none = new Decimal(0);
const noParts: DecimalJsCharge["parts"] = [];

/** How billing code is commonly written with decimal.js: parameters read once, then its arithmetic, tier by tier. */
export function decimalJsRaters(price: PriceInput): Rater {
  switch (price.model) {
    case "per_unit":
      return plain(price.unit_amount);
    case "seat": {
      const [unit, min, max] = [price.unit_amount, price.min ?? 0, price.max ?? Number.MAX_VALUE].map(read);
      return ({ quantity }) => ({
        amount: Decimal.min(Decimal.max(quantity, min ?? none), max ?? none).times(unit ?? none),
        parts: noParts,
      });
    }
    case "percentage": {
      const share = read(price.rate).div(100);
      return ({ quantity }) => ({ amount: quantity.times(share), parts: noParts });
    }
    case "package": {
      const [size, amount] = [read(price.package_size), read(price.package_amount)];
      return ({ quantity }) => ({ amount: quantity.div(size).ceil().times(amount), parts: noParts });
    }
    case "graduated":
      return graduated(price.tiers.map((tier) => tierOf(tier.up_to, tier.unit_amount, tier.flat_amount)));
    case "graduated_percentage":
      return graduated(
        price.tiers.map((tier) => tierOf(tier.up_to, read(tier.rate).div(100), tier.flat_amount)),
      );
    case "volume":
      return volume(price.tiers.map((tier) => tierOf(tier.up_to, tier.unit_amount, tier.flat_amount)));
    case "stairstep":
      return volume(price.tiers.map((tier) => tierOf(tier.up_to, 0, tier.flat_amount)));
    case "matrix":
      return matrix(price.cells.map((cell) => read(cell.unit_amount)));
    default:
      throw new Error(`there is nothing to reckon for ${price.model}`);
  }
}

function read(value: unknown): Decimal {
  return new Decimal(String(value));
}

function tierOf(upTo: unknown, unit: unknown, flat: unknown): Tier {
  return {
    upTo: upTo === null ? null : read(upTo),
    unit: read(unit),
    flat: flat === undefined ? none : read(flat),
  };
}

function plain(unitAmount: unknown): Rater {
  const unit = read(unitAmount);
  return ({ quantity }) => ({ amount: quantity.times(unit), parts: noParts });
}

function graduated(tiers: readonly Tier[]): Rater {
  return ({ quantity }) => {
    let amount = none;
    let floor = none;
    const parts = [];
    for (const { upTo, unit, flat } of tiers) {
      if (quantity.lte(floor)) break;
      const inTier = (upTo === null ? quantity : Decimal.min(quantity, upTo)).minus(floor);
      const part = { quantity: inTier, amount: inTier.times(unit).plus(flat) };
      parts.push(part);
      amount = amount.plus(part.amount);
      if (upTo === null) break;
      floor = upTo;
    }
    return { amount, parts };
  };
}

function volume(tiers: readonly Tier[]): Rater {
  return ({ quantity }) => {
    const tier = quantity.lte(0) ? undefined : tiers.find(({ upTo }) => upTo === null || quantity.lte(upTo));
    if (tier === undefined) return { amount: none, parts: noParts };
    const amount = quantity.times(tier.unit).plus(tier.flat);
    return { amount, parts: [{ quantity, amount }] };
  };
}

function matrix(units: readonly Decimal[]): Rater {
  return ({ cells }) => {
    const parts = cells.map((part, i) => ({ quantity: part, amount: part.times(units[i] ?? none) }));
    return { amount: parts.reduce((sum, part) => sum.plus(part.amount), none), parts };
  };
}
